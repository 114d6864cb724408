"""Policies, groups and instance profiles against a stand-in of AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iasql.cloud import reader, writer
from iasql.cloud.verdict import CloudFailure, CloudReadError
from iasql.modules.aws_iam.policy_versions import VERSIONS
from tests.declarations.stand_in import RESOURCES, Cloud, agrees
from tests.unit.cloud.canned import Canned

OLD, NEW = (f"arn:aws:iam::123456789012:policy/{path}p" for path in ("", "new/"))
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip


def allowing(action: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def test_policy(cloud: Cloud) -> None:
    row = cloud.create("iam_policy", policy_name="p", policy_document=allowing("s3:Get*"), description="d", path="/x/",
                       tags={"a": "1"})  # fmt: skip
    assert agrees(row, policy_document=allowing("s3:Get*"), description="d", path="/x/", tags={"a": "1"},
                  default_version_id="v1", attachment_count=0)  # fmt: skip
    for number in range(VERSIONS + 1):
        row = cloud.update("iam_policy", row, policy_document=allowing(f"s3:Get{number}"), tags={"b": str(number)})
        assert agrees(row, policy_document=allowing(f"s3:Get{number}"), tags={"b": str(number)})
    kept = cloud.client("iam").list_policy_versions(PolicyArn=row["arn"])["Versions"]
    assert [version["IsDefaultVersion"] for version in kept].count(True) == 1
    assert len(kept) == VERSIONS
    cloud.delete("iam_policy", row)


def test_a_policy_that_is_made_again_is_attached_where_it_was(cloud: Cloud) -> None:
    row = cloud.create(
        "iam_policy", policy_name="p", policy_document=allowing("s3:*"), description="d", tags={"a": "1"}
    )
    held = [row["arn"]]
    cloud.create("iam_role", role_name="r", assume_role_policy_document=TRUST, attached_policies_arns=held)
    cloud.create("iam_user", user_name="u", attached_policies_arns=held)
    cloud.create("iam_group", group_name="g", attached_policies_arns=held)
    again = cloud.update("iam_policy", row, description="e", path="/y/")
    assert agrees(again, description="e", path="/y/", tags={"a": "1"}, policy_document=allowing("s3:*"))
    assert again["arn"] != row["arn"]
    for table in ("iam_role", "iam_user", "iam_group"):
        assert [each["attached_policies_arns"] for each in cloud.all(table)] == [[again["arn"]]]


def test_a_policy_that_cannot_be_made_again_stays_as_it_is() -> None:
    made = {"Policy": {"Arn": NEW, "PolicyName": "p"}}
    answers = iter(["LimitExceeded", made])
    session = Canned(
        ListEntitiesForPolicy={"PolicyUsers": [{"UserName": "u"}]},
        ListPolicyVersions={"Versions": []},
        CreatePolicy=lambda sent: next(answers),
        GetPolicy="NoSuchEntity",
    )
    before = {"policy_name": "p", "arn": OLD, "policy_document": allowing("s3:*"), "description": "d"}
    with pytest.raises(CloudFailure, match="LimitExceeded"):
        after = before | {"description": "e"}
        writer.update(session, RESOURCES["iam_policy"], None, before, after, frozenset({"description"}))
    assert [sent["Description"] for sent in session.sent("CreatePolicy")] == ["e", "d"]
    assert session.sent("AttachUserPolicy") == [{"PolicyArn": NEW, "UserName": "u"}]


@pytest.mark.parametrize("holder", ["role", "user", "group"])
def test_inline_policy(cloud: Cloud, holder: str) -> None:
    more = {"assume_role_policy_document": TRUST} if holder == "role" else {}
    name = {f"{holder}_name": "h"}
    cloud.create(f"iam_{holder}", **name, **more)
    row = cloud.create(f"iam_{holder}_policy", **name, policy_name="p", policy_document=allowing("s3:Get*"))
    assert agrees(row, **name, policy_name="p", policy_document=allowing("s3:Get*"))
    row = cloud.update(f"iam_{holder}_policy", row, policy_document=allowing("s3:*"))
    assert agrees(row, policy_document=allowing("s3:*"))
    cloud.delete(f"iam_{holder}_policy", row)


def test_group(cloud: Cloud) -> None:
    for name in ("u", "v"):
        cloud.create("iam_user", user_name=name)
    row = cloud.create("iam_group", group_name="g", path="/g/", user_names=["u"])
    assert agrees(row, path="/g/", user_names=["u"], attached_policies_arns=None)
    row = cloud.update("iam_group", row, user_names=["v"])
    assert agrees(row, path="/g/", user_names=["v"])
    cloud.delete("iam_group", row)
    cloud.delete("iam_user", next(each for each in cloud.all("iam_user") if each["user_name"] == "v"))


def test_instance_profile(cloud: Cloud) -> None:
    for name in ("r", "s"):
        cloud.create("iam_role", role_name=name, assume_role_policy_document=TRUST)
    row = cloud.create("iam_instance_profile", instance_profile_name="i", path="/i/", role_name="r", tags={"a": "1"})
    assert agrees(row, path="/i/", role_name="r", tags={"a": "1"})
    row = cloud.update("iam_instance_profile", row, role_name="s", tags=None)
    assert agrees(row, role_name="s", tags=None)
    row = cloud.update("iam_instance_profile", row, role_name=None)
    assert agrees(row, role_name=None)
    row = cloud.update("iam_instance_profile", row, role_name="r")
    cloud.delete("iam_instance_profile", row)


def test_an_instance_profile_that_came_with_its_role_is_that_row(cloud: Cloud) -> None:
    document = json.loads(json.dumps(TRUST).replace("lambda", "ec2"))
    cloud.create("iam_role", role_name="r", assume_role_policy_document=document)
    row = cloud.create("iam_instance_profile", instance_profile_name="r", role_name="r", tags={"a": "1"})
    assert agrees(row, path="/", role_name="r", tags={"a": "1"})
    with pytest.raises(CloudFailure):
        cloud.create("iam_instance_profile", instance_profile_name="r", role_name=None)
    assert RESOURCES["iam_instance_profile"].faults({"instance_profile_name": "a b"}, ["instance_profile_name"])


HOLDERS = {"iam_role": "Role", "iam_user": "User", "iam_group": "Group"}


@pytest.mark.parametrize("table", HOLDERS)
def test_what_many_hold_is_told_by_one_call(cloud: Cloud, table: str) -> None:
    called: list[str] = []
    arns = [cloud.create("iam_policy", policy_name=f"p{n}", policy_document=allowing("s3:*"))["arn"] for n in range(2)]
    name = f"{table.removeprefix('iam_')}_name"
    given = {"assume_role_policy_document": TRUST} if table == "iam_role" else {}
    for n in range(6):
        tags = {} if table == "iam_group" else {"tags": {"n": str(n)} if n % 2 else None}
        cloud.create(table, **{name: f"h{n}"}, **given, **tags, attached_policies_arns=arns[: n % 3] or None)
    cloud.client("iam").meta.events.register("before-call", lambda model, **_: called.append(model.name))
    rows = sorted(cloud.all(table), key=lambda row: str(row[name]))
    members = ["GetGroup"] * 6 if table == "iam_group" else []
    assert called == [f"List{HOLDERS[table]}s", "GetAccountAuthorizationDetails", *members]
    assert [len(row["attached_policies_arns"] or ()) for row in rows] == [0, 1, 2, 0, 1, 2]
    assert [cloud.read(table, row) for row in rows] == rows  # as each is told by itself


def test_what_many_hold_is_told_one_by_one_where_that_call_is_refused() -> None:
    names = [f"r{n}" for n in range(6)]
    told = {"Path": "/", "RoleId": "i", "CreateDate": "2020-01-01", "AssumeRolePolicyDocument": json.dumps(TRUST)}
    session = Canned(
        ListRoles={"Roles": [told | {"RoleName": name, "Arn": f"arn:aws:iam::1:role/{name}"} for name in names]},
        GetAccountAuthorizationDetails="AccessDenied",
        ListAttachedRolePolicies={"AttachedPolicies": [{"PolicyArn": OLD}]},
    )
    rows = reader.read_all(session, RESOURCES["iam_role"], None, {})
    assert [row["attached_policies_arns"] for row in rows] == [[OLD]] * 6
    assert len(session.sent("ListRoleTags")) == len(names)


def test_an_answer_that_did_not_come_is_no_refusal() -> None:
    told = {"Path": "/", "RoleId": "i", "CreateDate": "2020-01-01", "AssumeRolePolicyDocument": json.dumps(TRUST)}
    roles = [told | {"RoleName": f"r{n}", "Arn": f"arn:aws:iam::1:role/r{n}"} for n in range(6)]
    session = Canned(ListRoles={"Roles": roles}, GetAccountAuthorizationDetails="Throttling")
    with pytest.raises(CloudReadError):
        list(reader.read_all(session, RESOURCES["iam_role"], None, {}))
