"""Which calls read rows, and what their answers become."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import pytest

from iasql.cloud import reader
from iasql.cloud.verdict import CloudReadError
from iasql.modules import discover
from iasql.resource import Call, Resource
from tests.unit.cloud.canned import Canned

RESOURCES = {r.table: r for module in discover().values() for r in module.resources}
GROUP, BUCKET = RESOURCES["security_group"], RESOURCES["bucket"]
BLOCK, ROUTE, KEY = RESOURCES["public_access_block"], RESOURCES["route"], RESOURCES["access_key"]
ABSENT = {
    "GetBucketEncryption": "ServerSideEncryptionConfigurationNotFoundError",
    "GetBucketTagging": "NoSuchTagSet",
    "GetBucketPolicy": "NoSuchBucketPolicy",
}


def group(number: int) -> dict[str, Any]:
    return {"GroupId": f"sg-{number}", "GroupName": f"g{number}", "Description": "d", "VpcId": "vpc-1"}


def filtered(sent: Mapping[str, Any]) -> dict[str, Any]:
    """As EC2 answers a filter: without what is missing."""
    (asked,) = sent["Filters"]
    return {"SecurityGroups": [group(n) for n in range(1000) if f"sg-{n}" in asked["Values"]]}


def test_rows_have_every_column_and_the_region_of_the_scope() -> None:
    session = Canned(DescribeSecurityGroups={"SecurityGroups": [group(1)]})
    (image,) = reader.read_all(session, GROUP, "eu-west-1", {})
    assert set(image) == {column.name for column in GROUP.in_cloud}
    assert (image["group_id"], image["vpc_id"], image["region"]) == ("sg-1", "vpc-1", "eu-west-1")
    assert "id" not in image


def test_tags_of_ours_and_of_aws_are_not_shown() -> None:
    tags = [{"Key": "iasql:intent", "Value": "x"}, {"Key": "aws:a", "Value": "y"}, {"Key": "b", "Value": "z"}]
    session = Canned(DescribeSecurityGroups={"SecurityGroups": [group(1) | {"Tags": tags}]})
    assert [image["tags"] for image in reader.read_all(session, GROUP, "us-east-1", {})] == [{"b": "z"}]


def test_wanted_rows_are_asked_for_in_batches_by_a_filter_and_missing_ones_are_missing() -> None:
    session = Canned(DescribeSecurityGroups=filtered)
    wanted = [{"group_id": f"sg-{n}"} for n in (*range(250), 5000)]
    found = reader.read_some(session, GROUP, "us-east-1", wanted)
    assert [image["group_id"] for image in found] == [f"sg-{n}" for n in range(250)]
    assert len(session.calls) == 2
    assert session.sent("DescribeSecurityGroups")[0]["Filters"][0]["Name"] == "group-id"


def test_a_list_of_ids_that_fails_for_one_is_halved() -> None:
    def listed(sent: Mapping[str, Any]) -> Any:
        ids = sent["GroupIds"]
        return "InvalidGroup.NotFound" if "sg-13" in ids else {"SecurityGroups": [group(int(i[3:])) for i in ids]}

    by_ids = attrs.evolve(GROUP, list=Call("DescribeSecurityGroups", "SecurityGroups", by={"group_id": "GroupIds"}))
    wanted = [{"group_id": f"sg-{n}"} for n in range(20)]
    found = reader.read_some(Canned(DescribeSecurityGroups=listed), by_ids, "us-east-1", wanted)
    assert {image["group_id"] for image in found} == {f"sg-{n}" for n in range(20)} - {"sg-13"}


def test_what_aws_does_not_answer_is_not_taken_for_absence() -> None:
    with pytest.raises(CloudReadError) as raised:
        list(reader.read_all(Canned(DescribeSecurityGroups="UnauthorizedOperation"), GROUP, "us-east-1", {}))
    assert raised.value.kind == "refused"


def buckets(**answers: Any) -> Canned:
    places = {"here": "us-east-1", "there": "eu-west-1"}
    listed = [{"Name": name, "BucketRegion": place} for name, place in places.items()]
    return Canned(**{"ListBuckets": {"Buckets": listed}, **ABSENT, **answers})


def test_an_absent_aspect_is_null() -> None:
    (image,) = reader.read_all(buckets(), BUCKET, "us-east-1", {})
    assert (image["name"], image["policy"], image["tags"], image["encryption"]) == ("here", None, None, None)


def test_an_aspect_is_read() -> None:
    (image,) = reader.read_all(buckets(GetBucketPolicy={"Policy": '{"Version": "x"}'}), BUCKET, "us-east-1", {})
    assert image["policy"] == {"Version": "x"}


def test_an_aspect_that_cannot_be_read_fails_the_whole_read() -> None:
    with pytest.raises(CloudReadError, match="AccessDenied"):
        list(reader.read_all(buckets(GetBucketPolicy="AccessDenied"), BUCKET, "us-east-1", {}))


def test_rows_of_other_regions_that_a_list_call_tells_too_are_left_out() -> None:
    assert [image["name"] for image in reader.read_all(buckets(), BUCKET, "eu-west-1", {})] == ["there"]


def test_rows_are_read_once_for_each_parent() -> None:
    def listed(sent: Mapping[str, Any]) -> Any:
        if sent["Bucket"] == "open":
            return "NoSuchPublicAccessBlockConfiguration"
        return {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "IgnorePublicAcls": False}}

    session = Canned(GetPublicAccessBlock=listed)
    parents = {"bucket": [{"name": "open", "region": "us-east-1"}, {"name": "shut", "region": "eu-west-1"}]}
    (image,) = reader.read_all(session, BLOCK, None, parents)
    assert (image["bucket_name"], image["block_public_acls"], image["ignore_public_acls"]) == ("shut", True, False)


def test_a_wanted_child_asks_its_own_parent_only() -> None:
    session = Canned(GetPublicAccessBlock={"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}})
    (image,) = reader.read_some(session, BLOCK, None, [{"bucket_name": "shut"}])
    assert image["bucket_name"] == "shut"
    assert session.sent("GetPublicAccessBlock") == [{"Bucket": "shut"}]


def test_children_of_a_parent_that_is_gone_are_gone() -> None:
    parents = {"iam_user": [{"user_name": "gone"}, {"user_name": "there"}]}

    def listed(sent: Mapping[str, Any]) -> Any:
        keys = [{"AccessKeyId": "AKIA0123456789012345", "Status": "Active", "UserName": sent["UserName"]}]
        return "NoSuchEntity" if sent["UserName"] == "gone" else {"AccessKeyMetadata": keys}

    found = list(reader.read_all(Canned(ListAccessKeys=listed), KEY, None, parents))
    assert [image["user_name"] for image in found] == ["there"]


def test_one_item_becomes_the_rows_that_it_holds() -> None:
    routes = [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"},
              {"DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1"}]  # fmt: skip
    session = Canned(DescribeRouteTables={"RouteTables": [{"RouteTableId": "rtb-1", "Routes": routes}]})
    found = reader.read_some(session, ROUTE, "us-east-1", [{"route_table_id": "rtb-1", "destination": "::/0"}])
    assert [(image["destination"], image["gateway_id"]) for image in found] == [("::/0", "igw-1")]


def test_details_are_asked_for_each_row_and_a_row_that_vanishes_meanwhile_is_left_out() -> None:
    def attributes(sent: Mapping[str, Any]) -> Any:
        name = sent["QueueUrl"].rpartition("/")[2]
        arn = f"arn:aws:sqs:us-east-1:1:{name}"
        return "QueueDoesNotExist" if name == "gone" else {"Attributes": {"QueueArn": arn, "DelaySeconds": "5"}}

    session = Canned(ListQueues={"QueueUrls": ["https://q/1/a", "https://q/1/gone"]}, GetQueueAttributes=attributes)
    (image,) = reader.read_all(session, RESOURCES["queue"], "us-east-1", {})
    assert (image["name"], image["delay_seconds"], image["url"]) == ("a", 5, "https://q/1/a")


def test_rows_are_found_by_other_columns() -> None:
    session = Canned(DescribeSecurityGroups={"SecurityGroups": [group(1), group(2)]})
    wanted = [{"group_name": "g2", "vpc_id": "vpc-1", "region": "us-east-1"}]
    (image,) = reader.read_some(session, GROUP, "us-east-1", wanted, on=GROUP.natural)
    assert image["group_id"] == "sg-2"


def test_a_row_is_found_by_the_intent_that_its_create_carried() -> None:
    session = Canned(DescribeTags={"Tags": [{"ResourceId": "sg-7"}]}, DescribeSecurityGroups=filtered)
    found = reader.find_intent(session, GROUP, "us-east-1", "token")
    assert found is not None
    assert found["group_id"] == "sg-7"
    assert {"Name": "value", "Values": ["token"]} in session.sent("DescribeTags")[0]["Filters"]
    assert reader.find_intent(Canned(DescribeTags={"Tags": []}), GROUP, "us-east-1", "token") is None


def test_nothing_wanted_asks_nothing() -> None:
    session = Canned()
    assert reader.read_some(session, GROUP, "us-east-1", [{"group_id": None}]) == []
    assert session.calls == []


def test_every_readable_resource_can_be_asked_for_single_rows() -> None:
    unreadable = [r.table for r in RESOURCES.values() if r.service and not _readable(r)]
    assert unreadable == []


def _readable(resource: Resource) -> bool:
    return bool(resource.cloud_id) and (resource.list is not None or resource.get is not None)


def test_many_of_a_filter_are_looked_for_in_the_list_first() -> None:
    def listed(sent: Mapping[str, Any]) -> Any:
        return filtered(sent) if "Filters" in sent else {"SecurityGroups": [group(n) for n in range(900)]}

    session = Canned(DescribeSecurityGroups=listed)
    found = reader.read_some(session, GROUP, "us-east-1", [{"group_id": f"sg-{n}"} for n in range(800)])
    assert len(found) == 800
    assert session.sent("DescribeSecurityGroups") == [{}]
