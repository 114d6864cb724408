"""What an AWS error means for who called: to give up, to wait, to try again, or that there is nothing there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from iasql.errors import CloudError, HostError
from iasql.resource import Image, Resource

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

Kind: TypeAlias = Literal["refused", "throttled", "not_yet", "gone", "unknown", "credentials", "exists"]

MASK = "********"

THROTTLED = frozenset(
    (
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    )
)
NOT_YET = frozenset(
    (
        "AWS.SimpleQueueService.QueueDeletedRecently",
        "ConcurrentModification",
        "ConcurrentModificationException",
        "DeleteConflict",
        "DependencyViolation",
        "EntityTemporarilyUnmodifiable",
        "IncorrectInstanceState",
        "IncorrectState",
        "OperationAborted",
        "QueueDeletedRecently",
        "ResourceInUse",
        "ResourceInUseException",
    )
)
CREDENTIALS = frozenset(
    (
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "MissingAuthenticationToken",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    )
)
GONE = ("NotFound", "NotFoundException", "NotFoundFault", "DoesNotExist", "NonExistentQueue", "Unknown")
EXISTS = (
    "AlreadyExists",
    "AlreadyExistsException",
    "AlreadyExistsFault",
    "OwnedByYou",
    "Duplicate",
    "NameExists",
)
UNSENT = frozenset(("ConnectTimeoutError", "EndpointConnectionError", "ProxyConnectionError"))
"""Names of botocore's exceptions that mean that AWS was not reached, so that nothing can have happened."""
NO_CREDENTIALS = frozenset(
    (
        "CredentialRetrievalError",
        "InvalidConfigError",
        "NoAuthTokenError",
        "NoCredentialsError",
        "PartialCredentialsError",
        "ProfileNotFound",
        "SSOTokenLoadError",
        "TokenRetrievalError",
        "UnauthorizedSSOTokenError",
    )
)
"""Names of botocore's exceptions that mean there are no usable credentials."""


class CloudFailure(CloudError):
    """A call to AWS failed.

    kind      what it means: refused (no use trying again), throttled (wait), not_yet (something else must happen
              first), gone (there is no such thing), exists (the name is taken), credentials, or unknown (the call may
              have landed)
    partial   what a create had made before a later call of it failed, so that it can be taken away again
    """

    def __init__(
        self, kind: Kind, *, code: str, text: str, operation: str | None = None, request_id: str | None = None
    ) -> None:
        where = f" by {operation}" if operation else ""
        super().__init__(f"{code}{where}: {text}", operation=operation, code=code, text=text, request_id=request_id)
        self.kind: Kind = kind
        self.partial: Image | None = None


class CloudReadError(CloudFailure):
    """AWS could not be read, so that nothing is known about what is there."""

    def about(self, rows: str) -> CloudReadError:
        """The same failure, told with the rows that should have been read."""
        told = CloudReadError(
            self.kind,
            code=self.code or "",
            text=self.text or "",
            operation=self.operation,
            request_id=self.request_id,
        )
        told.args = (f"{rows}: {self}",)
        return told


def verdict(error: BaseException, resource: Resource | None = None, operation: str | None = None) -> CloudFailure:
    """What a botocore error means; `resource` adds the error codes that its declaration names."""
    from botocore.exceptions import ClientError, ParamValidationError, WaiterError

    if isinstance(error, CloudFailure):
        return error
    if isinstance(error, HostError):
        return CloudFailure(cast(Kind, error.kind), code="Host", text=str(error), operation=operation)
    if isinstance(error, ClientError):
        return _answered(error, resource)
    name = type(error).__name__
    if isinstance(error, ParamValidationError):
        return CloudFailure("refused", code=name, text=str(error), operation=operation)
    if isinstance(error, WaiterError):
        return _waited(error, operation)
    kind: Kind = "credentials" if name in NO_CREDENTIALS else "throttled" if name in UNSENT else "unknown"
    return CloudFailure(kind, code=name, text=str(error), operation=operation)


def unread(failure: CloudFailure) -> CloudReadError:
    """The same failure, of a read."""
    return CloudReadError(
        failure.kind,
        code=failure.code or "",
        text=failure.text or "",
        operation=failure.operation,
        request_id=failure.request_id,
    )


def scrub(failure: CloudFailure, secrets: Iterable[str]) -> CloudFailure:
    """The same failure without the secrets that its text may repeat."""
    text = failure.text or ""
    clean = text
    for secret in sorted((s for s in secrets if s), key=len, reverse=True):
        clean = clean.replace(secret, MASK)
    if clean == text:
        return failure
    return CloudFailure(
        failure.kind,
        code=failure.code or "",
        text=clean,
        operation=failure.operation,
        request_id=failure.request_id,
    )


def kind_of(code: str, status: int, resource: Resource | None = None, text: str = "") -> Kind:
    """What an error code means; codes that the declaration names go first, then AWS's general ones, then the status."""
    if resource is not None:
        declared: tuple[tuple[Kind, tuple[str, ...]], ...] = (
            ("gone", resource.absent),
            ("exists", resource.exists),
            ("not_yet", resource.not_yet),
        )
        for kind, codes in declared:
            if any(_is_meant(each, code, text) for each in codes):
                return kind
    return _general(code) or _by_status(status)


def _is_meant(declared: str, code: str, text: str) -> bool:
    """Whether a declared error is this one: by its code, or, where one code means several things, by words too."""
    name, _, words = declared.partition(": ")
    return name == code and words in text


def _general(code: str) -> Kind | None:
    if code in THROTTLED:
        return "throttled"
    if code in NOT_YET:
        return "not_yet"
    if code in CREDENTIALS:
        return "credentials"
    if code.startswith("NoSuch") or code.endswith(GONE) or code == "404":
        return "gone"
    return "exists" if code.endswith(EXISTS) or code == "BucketAlreadyExists" else None


def _by_status(status: int) -> Kind:
    if status in (429, 503):
        return "throttled"
    return "unknown" if status >= 500 else "refused"


def _answered(error: ClientError, resource: Resource | None) -> CloudFailure:
    answer: Any = error.response
    told, about = answer.get("Error", {}), answer.get("ResponseMetadata", {})
    code = str(told.get("Code", "Unknown error"))
    return CloudFailure(
        kind_of(code, int(about.get("HTTPStatusCode", 400)), resource, str(told.get("Message", ""))),
        code=code,
        text=str(told.get("Message", "")),
        operation=error.operation_name,
        request_id=about.get("RequestId"),
    )


def _waited(error: Any, operation: str | None) -> CloudFailure:
    ended = "terminal failure" in str(error)
    return CloudFailure(
        "refused" if ended else "not_yet", code=type(error).__name__, text=str(error), operation=operation
    )
