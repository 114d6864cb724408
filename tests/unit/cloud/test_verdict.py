"""What an AWS error means."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    WaiterError,
)

from iasql.cloud.verdict import CloudFailure, kind_of, scrub, unread, verdict
from iasql.errors import CloudError
from iasql.resource import Resource, key, row


@row
class Thing:
    """Anything."""

    name: str = key()


THING = Resource(Thing, absent="NotThere", exists="Taken", not_yet=("Busy", "NoSuchThing"))


def answered(code: str, status: int = 400, text: str = "no") -> ClientError:
    about = {"HTTPStatusCode": status, "RequestId": "r-1"}
    return ClientError({"Error": {"Code": code, "Message": text}, "ResponseMetadata": about}, "DoThing")  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDenied", "refused"),
        ("UnauthorizedOperation", "refused"),
        ("InvalidParameterValue", "refused"),
        ("LimitExceeded", "refused"),
        ("BucketNotEmpty", "refused"),
        ("Throttling", "throttled"),
        ("RequestLimitExceeded", "throttled"),
        ("SlowDown", "throttled"),
        ("DependencyViolation", "not_yet"),
        ("DeleteConflict", "not_yet"),
        ("OperationAborted", "not_yet"),
        ("NoSuchBucket", "gone"),
        ("NoSuchEntity", "gone"),
        ("InvalidVpcID.NotFound", "gone"),
        ("ResourceNotFoundException", "gone"),
        ("AWS.SimpleQueueService.NonExistentQueue", "gone"),
        ("404", "gone"),
        ("EntityAlreadyExists", "exists"),
        ("BucketAlreadyOwnedByYou", "exists"),
        ("BucketAlreadyExists", "exists"),
        ("InvalidGroup.Duplicate", "exists"),
        ("ResourceAlreadyExistsException", "exists"),
        ("InvalidClientTokenId", "credentials"),
        ("ExpiredToken", "credentials"),
        ("AuthFailure", "credentials"),
    ],
)
def test_general_codes(code: str, kind: str) -> None:
    assert verdict(answered(code)).kind == kind


@pytest.mark.parametrize(
    ("status", "kind"), [(400, "refused"), (429, "throttled"), (503, "throttled"), (500, "unknown")]
)
def test_an_unknown_code_is_judged_by_its_status(status: int, kind: str) -> None:
    assert kind_of("Strange", status) == kind


def test_what_the_declaration_says_goes_first() -> None:
    found = [verdict(answered(code), THING).kind for code in ("NotThere", "Taken", "Busy", "NoSuchThing")]
    assert found == ["gone", "exists", "not_yet", "not_yet"]


def test_a_failure_tells_operation_code_text_and_request() -> None:
    failure = verdict(answered("AccessDenied", text="not you"))
    assert isinstance(failure, CloudError)
    assert (failure.operation, failure.code, failure.text, failure.request_id) == (
        "DoThing",
        "AccessDenied",
        "not you",
        "r-1",
    )
    assert str(failure) == "AccessDenied by DoThing: not you"
    assert failure.sqlstate == "IA003"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NoCredentialsError(), "credentials"),
        (ParamValidationError(report="x"), "refused"),
        (EndpointConnectionError(endpoint_url="http://x"), "throttled"),
        (WaiterError(name="w", reason="Max attempts exceeded", last_response={}), "not_yet"),
        (WaiterError(name="w", reason="Waiter encountered a terminal failure state", last_response={}), "refused"),
    ],
)
def test_errors_of_botocores_own(error: Exception, kind: str) -> None:
    assert verdict(error, None, "DoThing").kind == kind


def test_a_read_that_failed_keeps_what_it_meant() -> None:
    failure = unread(verdict(answered("Throttling")))
    assert (failure.kind, failure.request_id) == ("throttled", "r-1")


def test_a_secret_never_stays_in_the_text() -> None:
    failure = scrub(CloudFailure("refused", code="Bad", text="the password hunter2 is weak"), ["hunter2"])
    assert failure.text == "the password ******** is weak"
    assert "hunter2" not in str(failure)
