"""What is sent to AWS for one row."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from iasql.cloud import traces, writer
from iasql.cloud.verdict import CloudFailure
from iasql.modules import discover
from iasql.resource import Aspect, Call, Precondition, Resource, key, row, secret
from iasql.resource.column import column
from tests.unit.cloud.canned import Canned

RESOURCES = {r.table: r for module in discover().values() for r in module.resources}
GROUP = RESOURCES["security_group"]
ROLE = RESOURCES["iam_role"]
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "x"}, "Action": "y"}]}
EVERYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
WEB = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": []}
WITHIN = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}], "Ipv6Ranges": []}
BOTH = EVERYWHERE | {"IpRanges": EVERYWHERE["IpRanges"] + WITHIN["IpRanges"]}
RULES = {"SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": [EVERYWHERE], "IpPermissionsEgress": [BOTH, WEB]}]}
NEW = {"group_name": "web", "description": "d", "vpc_id": "vpc-1", "region": "us-east-1", "tags": {"a": "1"}}


def test_a_new_group_is_tagged_at_once_and_its_allow_all_egress_undone() -> None:
    session = Canned(
        CreateSecurityGroup={"GroupId": "sg-1"},
        DescribeSecurityGroups=RULES,
        RevokeSecurityGroupEgress="InvalidPermission.NotFound",
    )
    made = writer.create(session, GROUP, "us-east-1", NEW, "token")
    assert made["group_id"] == "sg-1"
    (sent,) = session.sent("CreateSecurityGroup")
    assert sent["TagSpecifications"] == [
        {"ResourceType": "security-group",
         "Tags": [{"Key": "a", "Value": "1"}, {"Key": "iasql:intent", "Value": "token"}]}
    ]  # fmt: skip
    assert session.operations == ["CreateSecurityGroup", "DescribeSecurityGroups", "RevokeSecurityGroupEgress"]
    assert session.sent("DescribeSecurityGroups") == [{"GroupIds": ["sg-1"]}]
    assert session.sent("RevokeSecurityGroupEgress") == [{"GroupId": "sg-1", "IpPermissions": [EVERYWHERE]}]


def test_a_new_group_that_sends_nowhere_needs_nothing_undone() -> None:
    shut = {"GroupId": "sg-1", "IpPermissions": [EVERYWHERE], "IpPermissionsEgress": [WITHIN, WEB]}
    session = Canned(CreateSecurityGroup={"GroupId": "sg-1"}, DescribeSecurityGroups={"SecurityGroups": [shut]})
    writer.create(session, GROUP, "us-east-1", NEW, "token")
    assert session.operations == ["CreateSecurityGroup", "DescribeSecurityGroups"]


def test_the_image_of_a_create_never_shows_the_intent() -> None:
    session = Canned(CreateSecurityGroup={"GroupId": "sg-1", "Tags": [{"Key": "iasql:intent", "Value": "token"}]})
    assert writer.create(session, GROUP, "us-east-1", NEW | {"tags": None}, "token")["tags"] is None


def test_what_was_made_before_a_failure_is_named() -> None:
    session = Canned(
        CreateSecurityGroup={"GroupId": "sg-1"},
        DescribeSecurityGroups=RULES,
        RevokeSecurityGroupEgress="UnauthorizedOperation",
    )
    with pytest.raises(CloudFailure) as raised:
        writer.create(session, GROUP, "us-east-1", NEW, "token")
    assert raised.value.kind == "refused"
    assert raised.value.operation == "RevokeSecurityGroupEgress"
    assert raised.value.partial is not None
    assert raised.value.partial["group_id"] == "sg-1"


def test_nothing_was_made_when_the_create_itself_fails() -> None:
    with pytest.raises(CloudFailure) as raised:
        writer.create(Canned(CreateSecurityGroup="InvalidGroup.Duplicate"), GROUP, "us-east-1", NEW, "token")
    assert (raised.value.kind, raised.value.partial) == ("exists", None)


def test_an_idempotency_token_follows_from_the_token() -> None:
    tokens = []
    for token in ("one", "one", "two"):
        there = {"NatGatewayId": "nat-1", "State": "available"}
        session = Canned(CreateNatGateway={"NatGateway": there}, DescribeNatGateways={"NatGateways": [there]})
        values = {"connectivity_type": "private", "subnet_id": "subnet-1", "region": "us-east-1"}
        writer.create(session, RESOURCES["nat_gateway"], "us-east-1", values, token)
        tokens.append(session.sent("CreateNatGateway")[0]["ClientToken"])
    assert tokens[0] == tokens[1] != tokens[2]


def test_only_tags_that_differ_are_written_and_removed_ones_are_named() -> None:
    session = Canned()
    before = NEW | {"group_id": "sg-1", "tags": {"same": "1", "old": "1", "other": "1"}}
    after = before | {"tags": {"same": "1", "other": "2", "new": "1"}}
    writer.update(session, GROUP, "us-east-1", before, after, frozenset({"tags"}))
    assert session.calls == [
        ("CreateTags", {"Resources": ["sg-1"], "Tags": [{"Key": "new", "Value": "1"}, {"Key": "other", "Value": "2"}]}),
        ("DeleteTags", {"Resources": ["sg-1"], "Tags": [{"Key": "old"}]}),
    ]


def test_an_update_sends_the_named_columns_and_the_clouds_own_values_for_the_rest() -> None:
    session = Canned()
    before = {"role_name": "r", "description": "theirs", "max_session_duration": 3600}
    after = before | {"description": "ours, not asked for", "max_session_duration": 7200}
    writer.update(session, ROLE, None, before, after, frozenset({"max_session_duration"}))
    assert session.calls == [("UpdateRole", {"RoleName": "r", "Description": "theirs", "MaxSessionDuration": 7200})]


def test_null_is_sent_as_the_value_that_clears() -> None:
    session = Canned()
    before = {"role_name": "r", "description": "d", "assume_role_policy_document": TRUST}
    writer.update(session, ROLE, None, before, before | {"description": None}, frozenset({"description"}))
    assert session.sent("UpdateRole")[0]["Description"] == ""


def test_a_set_is_changed_one_element_at_a_time() -> None:
    session = Canned()
    before = {"role_name": "r", "attached_policies_arns": ["arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"]}
    after = before | {"attached_policies_arns": ["arn:aws:iam::aws:policy/B", "arn:aws:iam::aws:policy/C"]}
    writer.update(session, ROLE, None, before, after, frozenset({"attached_policies_arns"}))
    assert session.calls == [
        ("AttachRolePolicy", {"RoleName": "r", "PolicyArn": "arn:aws:iam::aws:policy/C"}),
        ("DetachRolePolicy", {"RoleName": "r", "PolicyArn": "arn:aws:iam::aws:policy/A"}),
    ]


def test_a_set_is_emptied_of_what_the_cloud_has_before_its_row_is_deleted() -> None:
    attached = [{"PolicyName": "B", "PolicyArn": "arn:aws:iam::aws:policy/B"}]
    session = Canned(ListAttachedRolePolicies={"AttachedPolicies": attached}, GetInstanceProfile="NoSuchEntity")
    writer.delete(session, ROLE, None, {"role_name": "r", "attached_policies_arns": None})
    assert session.operations.index("DetachRolePolicy") < session.operations.index("DeleteRole")


def test_deleting_what_is_gone_is_success() -> None:
    writer.delete(Canned(DeleteSecurityGroup="InvalidGroup.NotFound"), GROUP, "us-east-1", NEW | {"group_id": "sg-1"})


def test_a_deletion_that_must_wait_says_so() -> None:
    session = Canned(DeleteSecurityGroup="DependencyViolation")
    with pytest.raises(CloudFailure) as raised:
        writer.delete(session, GROUP, "us-east-1", NEW | {"group_id": "sg-1"})
    assert raised.value.kind == "not_yet"
    assert session.sent("DeleteSecurityGroup") == [{"GroupId": "sg-1"}]


def test_the_journal_is_told_of_calls_that_change_something_and_of_no_others() -> None:
    noted: list[tuple[str, str]] = []
    profile = {"InstanceProfile": {"Roles": [{"RoleName": "r"}]}}
    session = Canned(
        ListAttachedRolePolicies={"AttachedPolicies": []}, GetInstanceProfile=profile,
        RemoveRoleFromInstanceProfile="NoSuchEntity",
    )  # fmt: skip
    writer.delete(
        session, ROLE, None, {"role_name": "r"}, lambda operation, request, _: noted.append((operation, request))
    )
    assert [operation for operation, _ in noted] == ["RemoveRoleFromInstanceProfile", "DeleteRole"]
    assert all(request.startswith("request-") for _, request in noted)


@row
class Person:
    """Somebody with a password."""

    user_name: str = key()
    password: str | None = secret(role="write_only", member="Password")
    path: str | None = column()


PERSON = Resource(Person, service="iam", shape="User", create=Call("CreateLoginProfile"), delete=Call("DeleteUser"))


def test_a_secret_is_in_no_failure_and_in_no_image() -> None:
    values = {"user_name": "a", "password": "hunter2"}
    with pytest.raises(CloudFailure) as raised:
        writer.create(Canned(CreateLoginProfile="PasswordPolicyViolation"), PERSON, None, values, "t")
    assert "hunter2" not in str(raised.value)
    assert "********" in str(raised.value)
    assert raised.value.__cause__ is None
    assert "password" not in writer.create(Canned(), PERSON, None, values, "t")


def stopping(**answers: Any) -> tuple[Canned, Resource]:
    state = Precondition(holds="path == 'stopped'", enter=Call("UpdateUser", NewPath="/stop/"), leave=Call("TagUser",
                         Tags=[{"Key": "on", "Value": "1"}]))  # fmt: skip
    aspect = Aspect("path", put=Call("UpdateUser", NewPath="$path"), while_="stopped")
    return Canned(**answers), attrs.evolve(PERSON, aspects=(aspect,), preconditions={"stopped": state})


def test_a_precondition_is_brought_about_and_undone() -> None:
    session, resource = stopping()
    writer.update(session, resource, None, {"user_name": "a"}, {"user_name": "a", "path": "/x/"}, frozenset({"path"}))
    assert [sent.get("NewPath", "leave") for _, sent in session.calls] == ["/stop/", "/x/", "leave"]


def test_a_precondition_is_undone_after_a_failure_too() -> None:
    session, resource = stopping(UpdateUser=lambda sent: "NotSo" if sent["NewPath"] == "/x/" else {})
    with pytest.raises(CloudFailure, match="NotSo"):
        writer.update(
            session, resource, None, {"user_name": "a"}, {"user_name": "a", "path": "/x/"}, frozenset({"path"})
        )
    assert session.operations[-1] == "TagUser"


def test_intents_are_taken_off_many_at_a_time() -> None:
    session = Canned()
    traces.clear(session, "us-east-1", [f"sg-{n}" for n in range(501)])
    assert [len(sent["Resources"]) for sent in session.sent("DeleteTags")] == [500, 1]
    assert session.sent("DeleteTags")[0]["Tags"] == [{"Key": "iasql:intent"}]
