"""Clusters of MemoryDB and their subnet groups go to a stand-in of AWS and come back."""

from __future__ import annotations

from typing import Any

import pytest

from iasql.cloud import reader, writer
from tests.declarations.stand_in import HERE, RESOURCES, THERE, Cloud, agrees
from tests.unit.cloud.canned import Canned

GROUP = {"subnet_group_name": "g", "description": "d", "region": HERE}


def default_subnets(cloud: Cloud) -> list[str]:
    return sorted(row["subnet_id"] for row in cloud.all("subnet") if row["default_for_az"])


def test_subnet_group(cloud: Cloud) -> None:
    subnets = default_subnets(cloud)[:2]
    row = cloud.create("subnet_group", subnet_group_name="g", description="d", subnets=subnets, tags={"a": "1"})
    assert agrees(row, description="d", subnets=subnets, tags={"a": "1"})
    row = cloud.update("subnet_group", row, tags={"b": "2"})
    assert agrees(row, tags={"b": "2"})
    cloud.delete("subnet_group", row)


def test_a_group_that_names_no_subnets_is_in_the_default_vpc(cloud: Cloud) -> None:
    row = cloud.create("subnet_group", subnet_group_name="g")
    assert agrees(row, subnets=default_subnets(cloud))


def here(*zones: str) -> dict[str, Any]:
    return {"DescribeVpcs": {"Vpcs": [{"VpcId": "vpc-1"}]},
            "DescribeSubnets": {"Subnets": [{"SubnetId": f"subnet-{zone}", "AvailabilityZone": f"us-east-1{zone}"}
                                            for zone in zones]}}  # fmt: skip


def test_default_subnets_are_those_where_memory_db_is() -> None:
    def create(said: Any) -> Any:
        return {"SubnetGroup": {}} if said["SubnetIds"] == ["subnet-b"] else "SubnetNotAllowedFault"

    row = GROUP | {"description": "MemoryDB is in us-east-1b"}  # the error repeats it
    aws = Canned(**here("a", "b"), CreateSubnetGroup=create)
    with pytest.raises(Exception, match="SubnetNotAllowedFault"):
        writer.create(Canned(**here("a"), CreateSubnetGroup=create), RESOURCES["subnet_group"], HERE, row, "t")
    writer.create(aws, RESOURCES["subnet_group"], HERE, row, "t")
    assert [said["SubnetIds"] for said in aws.sent("CreateSubnetGroup")] == [["subnet-a", "subnet-b"], ["subnet-b"]]


@pytest.mark.parametrize(
    ("change", "sent"),
    [
        ({"description": None}, {"Description": ""}),
        ({"subnets": ["subnet-2"]}, {"SubnetIds": ["subnet-2"]}),
        ({"subnets": None}, {"SubnetIds": ["subnet-b"]}),
    ],
)
def test_a_subnet_group_is_changed_by_itself(change: dict[str, Any], sent: dict[str, Any]) -> None:
    """The stand-in lacks UpdateSubnetGroup."""
    aws = Canned(**here("b"))
    row = GROUP | {"subnets": ["subnet-1"]}
    writer.update(aws, RESOURCES["subnet_group"], HERE, row, row | change, frozenset(change))
    assert aws.sent("UpdateSubnetGroup") == [{"SubnetGroupName": "g", **sent}]


def test_cluster_and_its_security_groups(cloud: Cloud) -> None:
    group = cloud.create("subnet_group", subnet_group_name="g", subnets=default_subnets(cloud)[:2])
    row = cloud.create("memory_db_cluster", cluster_name="c", description="d", node_type="db.t4g.small", port=6380,
                       acl_name="open-access", subnet_group_id=group["subnet_group_name"], tags={"a": "1"})  # fmt: skip
    assert agrees(row, cluster_name="c", description="d", node_type="db.t4g.small", port=6380, status="available",
                  subnet_group_id="g", tags={"a": "1"})  # fmt: skip
    assert row["address"]
    row = cloud.update("memory_db_cluster", row, description="e", snapshot_retention_limit=5, tags={"b": "2"})
    assert agrees(row, description="e", snapshot_retention_limit=5, tags={"b": "2"}, node_type="db.t4g.small")
    cloud.delete("memory_db_cluster", row)


@pytest.mark.parametrize("region", [HERE, THERE])
def test_security_groups_are_sent_whole(region: str) -> None:
    """The stand-in's UpdateCluster forgets SecurityGroupIds."""
    cluster = {"Name": "c", "NodeType": "db.t4g.small", "Status": "available",
               "SecurityGroups": [{"SecurityGroupId": "sg-1", "Status": "active"}]}  # fmt: skip
    aws = Canned(DescribeClusters={"Clusters": [cluster]})
    groups = RESOURCES["memory_db_cluster_security_groups"]
    (one,) = reader.read_all(aws, groups, region, {})
    assert one == {"memory_db_cluster_id": "c", "security_group_id": "sg-1", "region": region}
    writer.create(aws, groups, region, one | {"security_group_id": "sg-2"}, "t")
    writer.delete(aws, groups, region, one)
    writer.delete(aws, groups, region, one | {"security_group_id": "sg-3"})
    assert [said["SecurityGroupIds"] for said in aws.sent("UpdateCluster")] == [["sg-1", "sg-2"], []]


@pytest.mark.parametrize("told", [{"Status": "deleting"}, {"NodeType": "db.r7g.large"}])
def test_what_leaves_or_is_unknown_has_no_row(told: dict[str, Any]) -> None:
    aws = Canned(
        DescribeClusters={"Clusters": [{"Name": "c", "NodeType": "db.t4g.small", "Status": "available"} | told]}
    )
    for table in ("memory_db_cluster", "memory_db_cluster_security_groups"):
        assert list(reader.read_all(aws, RESOURCES[table], HERE, {})) == []
