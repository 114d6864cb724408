"""What a column type takes from AWS, gives to AWS, and holds for the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from iasql.resource import Cidr, Json, JsonSet, Policy, Port, Protocol, StringSet, Tags
from iasql.resource.kinds import KINDS, CidrText, kind_of

PRINCIPAL = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": ["s3:GetObject"], "Resource": ["*"]}


@pytest.mark.parametrize(
    ("annotation", "told", "image"),
    [
        (int, "30", 30),
        (bool, "true", True),
        (bool, "false", False),
        (float, 1, 1.0),
        (datetime, datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), "2024-01-02T03:04:05+00:00"),
        (datetime, datetime(2024, 1, 2, 3, 4, 5, 120000, tzinfo=UTC), "2024-01-02T03:04:05.12+00:00"),
        (datetime, 1704164645000, "2024-01-02T03:04:05+00:00"),
        (datetime, "1704164645", "2024-01-02T03:04:05+00:00"),
        (datetime, "2024-01-02T03:04:05Z", "2024-01-02T03:04:05+00:00"),
        (Tags, [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}], {"a": "1", "b": "2"}),
        (Tags, [{"TagKey": "a", "TagValue": "1"}], {"a": "1"}),
        (Tags, {"a": "1"}, {"a": "1"}),
        (Tags, [{"key": "a", "value": "1"}], {"a": "1"}),
        (Tags, [{"Key": "aws:cloudformation:stack", "Value": "x"}, {"Key": "iasql:intent", "Value": "y"}], None),
        (Tags, [], None),
        (Policy, '{"Version": "2012-10-17"}', {"Version": "2012-10-17"}),
        (Policy, "%7B%22Version%22%3A%20%222012-10-17%22%7D", {"Version": "2012-10-17"}),
        (StringSet, ["b", "a"], ["a", "b"]),
        (StringSet, [], None),
        (Cidr, "10.0.0.0/8", "10.0.0.0/8"),
        (Json, {"at": datetime(2024, 1, 2, tzinfo=UTC)}, {"at": "2024-01-02T00:00:00+00:00"}),
    ],
)
def test_load(annotation: Any, told: Any, image: Any) -> None:
    assert KINDS[annotation].load(told) == image


@pytest.mark.parametrize(
    ("annotation", "image", "taken"),
    [
        (Tags, {"b": "2", "aws:x": "no", "iasql:intent": "no"}, [{"Key": "b", "Value": "2"}]),
        (Policy, {"Version": "2012-10-17"}, '{"Version":"2012-10-17"}'),
        (StringSet, ["b", "a"], ["a", "b"]),
        (Protocol, "all", "-1"),
        (datetime, "2024-01-02T03:04:05+00:00", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_dump(annotation: Any, image: Any, taken: Any) -> None:
    assert KINDS[annotation].dump(image) == taken


@pytest.mark.parametrize(
    ("annotation", "one", "other"),
    [
        (Protocol, "all", "-1"),
        (Protocol, "tcp", "6"),
        (Protocol, "TCP", "tcp"),
        (Port, None, -1),
        (Cidr, "10.0.0.1/8", "10.0.0.0/8"),
        (Cidr, "2001:DB8::/32", "2001:db8:0::/32"),
        (StringSet, ["a", "b"], ["b", "a"]),
        (StringSet, None, []),
        (Tags, None, {}),
        (Tags, {"a": "1"}, {"a": "1", "iasql:intent": "x"}),
        (Json, None, []),
        (JsonSet, [{"a": 1}, {"b": 2}], [{"b": 2}, {"a": 1}]),
        (datetime, "2024-01-02T03:04:05+00:00", "2024-01-02T05:04:05+02:00"),
        (Policy, {"Statement": PRINCIPAL}, {"Statement": [PRINCIPAL | {"Action": "S3:getobject", "Resource": "*"}]}),
        (Policy, {"Statement": [PRINCIPAL]},
         {"Statement": [PRINCIPAL | {"Principal": {"AWS": ["arn:aws:iam::123456789012:root"]}}]}),
        (Policy, {"Statement": [PRINCIPAL | {"Principal": "*"}]},
         {"Statement": [PRINCIPAL | {"Principal": {"AWS": "*"}}]}),
        (Policy, {"Statement": [PRINCIPAL | {"Condition": {"Bool": {"aws:SecureTransport": True}}}]},
         {"Statement": [PRINCIPAL | {"Condition": {"Bool": {"AWS:securetransport": ["true"]}}}]}),
    ],
)  # fmt: skip
def test_same(annotation: Any, one: Any, other: Any) -> None:
    kind = KINDS[annotation]
    assert kind.same(one, other)
    assert kind.same(other, one)


@pytest.mark.parametrize(
    ("annotation", "one", "other"),
    [
        (str, "a", "A"),
        (int, None, 0),
        (bool, None, False),
        (Port, 0, -1),
        (Tags, {"a": "1"}, {"a": "2"}),
        (StringSet, ["a"], ["a", "b"]),
        (Policy, None, {}),
        (Policy, {"Statement": [PRINCIPAL]}, {"Statement": [PRINCIPAL | {"Effect": "Deny"}]}),
        (Policy, {"Statement": [PRINCIPAL]}, {"Statement": [PRINCIPAL | {"Resource": "arn:aws:s3:::a"}]}),
    ],
)
def test_not_same(annotation: Any, one: Any, other: Any) -> None:
    assert not KINDS[annotation].same(one, other)


@pytest.mark.parametrize(
    ("annotation", "wrong"),
    [
        (int, "1"),
        (int, True),
        (bool, 1),
        (Cidr, "10.0.0.1/8"),
        (CidrText, "10.0.0.0/33"),
        (Tags, {"aws:a": "1"}),
        (Tags, {"iasql:a": "1"}),
        (Tags, {"a": 1}),
        (Policy, "x"),
        (StringSet, "x"),
        (JsonSet, {}),
    ],
)
def test_fault(annotation: Any, wrong: Any) -> None:
    assert KINDS[annotation].fault(wrong)


def test_an_enum_value_that_the_declaration_does_not_know_is_null_and_not_a_failed_read() -> None:
    from typing import Literal

    kind = kind_of(Literal["a", "b"], "t_c_enum")
    assert (kind.sql, kind.load("a"), kind.load("z")) == ("t_c_enum", "a", None)
    assert kind.fault("z") == "one of a, b"
