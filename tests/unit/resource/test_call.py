"""Arguments of a call: by name, by template, in the form that AWS's model asks for."""

from __future__ import annotations

from typing import Any

import pytest

from iasql.resource import Call, Either, given
from iasql.resource.template import fill, names


def test_members_are_bound_by_their_snake_names_and_null_ones_left_out() -> None:
    values = {"group_name": "web", "description": "d", "vpc_id": None, "owner_id": "1"}
    assert Call("CreateSecurityGroup").binding("ec2").bind(values) == {"GroupName": "web", "Description": "d"}


def test_false_and_zero_are_sent() -> None:
    call = Call("PutPublicAccessBlock", PublicAccessBlockConfiguration={"BlockPublicAcls": "$block"})
    assert call.binding("s3").bind({"bucket": "b", "block": False}) == {
        "Bucket": "b",
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": False},
    }


def test_none_keeps_a_member_from_being_bound() -> None:
    call = Call("DeleteSecurityGroup", GroupName=None)
    assert call.binding("ec2").bind({"group_id": "sg-1", "group_name": "web"}) == {"GroupId": "sg-1"}


def test_only_the_named_columns_are_bound_by_name() -> None:
    values = {"group_id": "sg-1", "group_name": "web"}
    assert Call("DeleteSecurityGroup").binding("ec2").bind(values, only=frozenset({"group_id"})) == {"GroupId": "sg-1"}


def test_a_row_is_named_in_calls_that_have_the_member_only() -> None:
    says = {"Bucket": "$name"}
    assert Call("DeleteBucket").binding("s3", says=says).bind({"name": "b"}) == {"Bucket": "b"}
    assert Call("ListBuckets").binding("s3", says=says).bind({"name": "b"}) == {}


def test_a_column_may_be_bound_to_a_member_of_another_name() -> None:
    assert Call("CreateQueue").binding("sqs", feeds={"QueueName": "name"}).bind({"name": "q"}) == {"QueueName": "q"}


@pytest.mark.parametrize(
    ("call", "service", "values", "bound"),
    [
        (Call("CreateQueue", Attributes={"DelaySeconds": "$d", "FifoQueue": "$f"}), "sqs", {"d": 5, "f": True},
         {"Attributes": {"DelaySeconds": "5", "FifoQueue": "true"}}),
        (Call("TagQueue", Tags="$set"), "sqs", {"set": [{"Key": "a", "Value": "b"}]}, {"Tags": {"a": "b"}}),
        (Call("TagResource", tags="$set"), "ecs", {"set": [{"Key": "a", "Value": "b"}]},
         {"tags": [{"key": "a", "value": "b"}]}),
        (Call("CreateTags", Tags="$set"), "ec2", {"set": {"a": "b"}}, {"Tags": [{"Key": "a", "Value": "b"}]}),
        (Call("PutBucketPolicy"), "s3", {"policy": {"Version": "x"}}, {"Policy": '{"Version":"x"}'}),
        (Call("TagResource"), "kms", {"tags": [{"Key": "a", "Value": "b"}]},
         {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
    ],
)  # fmt: skip
def test_values_take_the_form_that_the_shape_asks_for(
    call: Call, service: str, values: dict[str, Any], bound: dict[str, Any]
) -> None:
    assert call.binding(service).bind(values) == bound


def test_an_idempotency_token_is_bound_where_the_model_has_one() -> None:
    bound = Call("CreateNatGateway").binding("ec2").bind({"subnet_id": "s", "token": "t"})
    assert bound == {"SubnetId": "s", "ClientToken": "t"}
    assert "ClientToken" not in Call("CreateVpc").binding("ec2").bind({"cidr_block": "10.0.0.0/16", "token": "t"})


def test_either_is_chosen_by_its_column() -> None:
    either = Either("is_egress", Call("AuthorizeSecurityGroupEgress"), Call("AuthorizeSecurityGroupIngress"))
    assert either.chosen({"is_egress": True}).operation == "AuthorizeSecurityGroupEgress"
    assert either.chosen({"is_egress": False}).operation == "AuthorizeSecurityGroupIngress"


def test_a_part_that_is_given_for_a_column_falls_out_without_it() -> None:
    template = {"IpRanges": [given("cidr", {"CidrIp": "$cidr", "Description": "$description"})]}
    assert fill(template, {"cidr": "10.0.0.0/8"}) == {"IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    assert fill(template, {"description": "d"}) == {}
    assert names(template) == {"cidr", "description"}


def test_a_part_that_is_given_for_a_value_falls_out_for_another() -> None:
    template = {"FifoQueue": given("fifo", "true", when=True)}
    assert fill(template, {"fifo": True}) == {"FifoQueue": "true"}
    assert fill(template, {"fifo": False}) == {}
