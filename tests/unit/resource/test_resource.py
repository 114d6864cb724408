"""What follows from a row class and the calls beside it."""

from __future__ import annotations

import subprocess
import sys

import attrs
import pytest

from iasql.modules import discover
from iasql.resource import (
    Aspect,
    Call,
    Fault,
    Members,
    Module,
    Policy,
    Region,
    Resource,
    StringSet,
    Tags,
    cloud_id,
    column,
    computed,
    ec2_tags,
    key,
    ref,
    region,
    row,
    secret,
    volatile,
)
from iasql.resource.translate import dump, load


@row
class Group:
    """A virtual firewall."""

    group_id: str | None = cloud_id()
    group_name: str = column()
    description: str = column()
    owner_id: str | None = column()
    vpc_id: int | None = ref("vpc")
    members: int | None = volatile()
    tags: Tags | None = column()
    region: Region = region()


GROUP = Resource(
    Group,
    service="ec2",
    shape="SecurityGroup",
    unique=(("group_name", "vpc_id", "region"),),
    create=Call("CreateSecurityGroup"),
    delete=Call("DeleteSecurityGroup"),
    aspects=(ec2_tags("security-group", "group_id"),),
)


@row
class Person:
    """Somebody."""

    user_name: str = key()
    arn: str | None = column()
    path: str | None = column()
    policy: Policy | None = column(role="write_only")
    attached: StringSet | None = column()
    user_id: str | None = computed()
    password: str | None = secret(role="write_only")


PERSON = Resource(
    Person,
    service="iam",
    shape="User",
    create=Call("CreateUser", "User"),
    update=Call("UpdateUser", NewPath="$path"),
    delete=Call("DeleteUser"),
    aspects=(Members("attached", add=Call("AttachUserPolicy", PolicyArn="$item")),),
)


def roles(resource: Resource) -> dict[str, str]:
    return {column.name: column.role for column in resource.columns}


def test_roles_follow_from_the_inputs_that_know_a_column() -> None:
    assert roles(GROUP) == {
        "id": "local",
        "group_id": "computed",
        "group_name": "replace",
        "description": "replace",
        "owner_id": "computed",
        "vpc_id": "replace",
        "members": "volatile",
        "tags": "mutable",
        "region": "replace",
    }
    assert roles(PERSON) == {
        "user_name": "key",
        "arn": "computed",
        "path": "mutable",
        "policy": "write_only",
        "attached": "mutable",
        "user_id": "computed",
        "password": "write_only",
    }


def test_a_table_without_a_key_gets_a_number() -> None:
    assert GROUP.primary_key == ("id",)
    assert GROUP.columns[0].surrogate
    assert "id" not in GROUP.settable
    assert PERSON.primary_key == ("user_name",)


def test_names_of_rows() -> None:
    assert GROUP.cloud_id == ("group_id",)
    assert GROUP.natural == ("group_name", "vpc_id", "region")
    assert PERSON.cloud_id == PERSON.natural == ("user_name",)


def test_names_that_a_user_gives_are_names_within_their_region() -> None:
    modules = discover()
    assert modules["aws_cloudwatch"].resource("log_group").cloud_id == ("log_group_name", "region")
    assert modules["aws_vpc"].resource("vpc").cloud_id == ("vpc_id",)
    assert modules["aws_iam"].resource("iam_role").cloud_id == ("role_name",)


def test_scopes() -> None:
    assert GROUP.scope == "region"
    assert PERSON.scope == "global"


def test_a_module_names_itself_in_its_resources() -> None:
    module = Module(name="aws_x", resources=(GROUP,))
    assert module.resource("group").module == "aws_x"
    with pytest.raises(KeyError):
        module.resource("nothing")


def test_delete_binds_what_names_the_row_and_nothing_else() -> None:
    assert GROUP.delete is not None
    values = {"group_id": "sg-1", "group_name": "web"}
    assert isinstance(GROUP.delete, Call)
    assert GROUP.arguments(GROUP.delete, values, narrow=True) == {"GroupId": "sg-1"}


def test_load_and_dump_are_each_others_inverse_on_what_aws_tells() -> None:
    item = {"GroupId": "sg-1", "GroupName": "web", "VpcId": "vpc-1", "Tags": [{"Key": "a", "Value": "b"}], "Other": 1}
    image = load(GROUP, item)
    assert image == {"group_id": "sg-1", "group_name": "web", "vpc_id": "vpc-1", "tags": {"a": "b"}}
    assert dump(GROUP, image) == image | {"tags": [{"Key": "a", "Value": "b"}]}


def test_faults_name_column_value_and_what_is_allowed() -> None:
    assert PERSON.faults({"user_name": "a b"}) == [Fault("user_name", "a b", r"a text matching [\w+=,.@-]+")]
    assert PERSON.faults({"user_name": "x" * 65})[0].allowed == "1 to 64 characters"
    assert PERSON.faults({"user_name": "alice", "path": None}) == []


def test_faults_look_at_the_named_columns_only() -> None:
    assert PERSON.faults({"user_name": "a b", "path": "/x/"}, ["path"]) == []


def test_a_new_row_must_say_what_aws_asks_for() -> None:
    assert GROUP.faults({"group_name": "web"}) == [Fault("description", None, "a value: AWS asks for Description")]


def test_a_number_is_one_of_those_that_aws_takes() -> None:
    limited = attrs.evolve(PERSON, row=_limited())
    assert limited.faults({"user_name": "a", "days": 2}) == [Fault("days", 2, "one of 1, 3, 7")]
    assert limited.faults({"user_name": "a", "days": 3}) == []


def test_a_fault_never_shows_a_secret() -> None:
    limited = attrs.evolve(PERSON, row=_limited())
    assert limited.faults({"user_name": "a", "password": "short"}) == [
        Fault("password", "********", "8 to 99 characters")
    ]
    assert limited.faults({"user_name": "a", "password": "********"}) == []


def _limited() -> type:
    @row
    class Limited:
        """Somebody."""

        user_name: str = key()
        password: str | None = secret(role="write_only", length=(8, 99))
        days: int | None = column(role="mutable", among=(1, 3, 7))

    return Limited


def test_an_aspect_says_what_it_waits_for() -> None:
    policy = Aspect("policy", put=Call("PutBucketPolicy"), later_than="public_access_block")
    assert attrs.evolve(PERSON, aspects=(policy,)).later() == {"policy": ("public_access_block",)}


def test_importing_every_declaration_loads_no_model_and_no_boto3() -> None:
    question = (
        "import sys; from iasql.modules import discover; [r.primary_key for m in discover().values() "
        "for r in m.resources]; from iasql.resource.service import model; "
        "print(model.cache_info().currsize, 'boto3' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True).stdout
    assert answer.split() == ["0", "False"]
