"""What the stand-in does wrongly, and tests go round: when one of these fails, what goes round it can go too."""

from __future__ import annotations

import pytest

from tests.declarations.stand_in import Cloud


def subnets(cloud: Cloud) -> list[str]:
    return [subnet["SubnetId"] for subnet in cloud.client("ec2").describe_subnets()["Subnets"]]


def test_an_api_that_is_gone_cannot_be_deleted(cloud: Cloud) -> None:
    with pytest.raises(KeyError):
        cloud.client("appsync").delete_graphql_api(apiId="none")


def test_a_subnet_group_that_is_changed_is_lost(cloud: Cloud) -> None:
    rds, found = cloud.client("rds"), subnets(cloud)
    rds.create_db_subnet_group(DBSubnetGroupName="g", DBSubnetGroupDescription="d", SubnetIds=found[:2])
    rds.modify_db_subnet_group(DBSubnetGroupName="g", SubnetIds=found[2:4])
    assert rds.describe_db_subnet_groups()["DBSubnetGroups"] == []


def test_a_cluster_keeps_its_security_groups(cloud: Cloud) -> None:
    memorydb = cloud.client("memorydb")
    memorydb.create_subnet_group(SubnetGroupName="g", SubnetIds=subnets(cloud)[:2])
    said = {"NodeType": "db.t4g.small", "ACLName": "open-access", "SubnetGroupName": "g"}
    memorydb.create_cluster(ClusterName="c", SecurityGroupIds=["sg-1"], **said)
    memorydb.update_cluster(ClusterName="c", SecurityGroupIds=["sg-2"])
    (cluster,) = memorydb.describe_clusters()["Clusters"]
    assert [group["SecurityGroupId"] for group in cluster["SecurityGroups"]] == ["sg-1"]
