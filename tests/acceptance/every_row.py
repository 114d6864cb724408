"""An account in which there is a row of every type: made as rows are made, or by whatever else makes such a thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from iasql.cloud.session import Session
from iasql.resource import Image, Resource
from property_tests.account.brought import BROUGHT
from property_tests.account.lacks import NOTHING, STATED, UNTOLD
from property_tests.account.verbs import creates
from property_tests.account.world import RESOURCES, World
from property_tests.strategies import plain

HOLDERS = ("iam_group", "iam_role", "iam_user")
"""Whose policies are AWS's own, which this stand-in is not asked to load."""


def guarded_cluster(session: Session, world: World) -> None:
    """A cluster of MemoryDB with a security group: only CreateCluster of the stand-in's takes one."""
    group = world.one(RESOURCES["security_group"])["group_id"]
    session.client("memorydb", world.region).create_cluster(
        ClusterName="guarded", NodeType="db.t4g.small", ACLName="open-access", SecurityGroupIds=[group]
    )


def alias(session: Session, world: World) -> None:
    """A record that leads to a load balancer."""
    balancer, zone = world.one(RESOURCES["load_balancer"]), world.one(RESOURCES["hosted_zone"])
    target = {"HostedZoneId": balancer["canonical_hosted_zone_id"], "DNSName": balancer["dns_name"]}
    record = {"Name": "alias.a.example.", "Type": "A", "AliasTarget": target | {"EvaluateTargetHealth": False}}
    session.client("route53").change_resource_record_sets(
        HostedZoneId=zone["hosted_zone_id"],
        ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]},
    )


def build(session: Session, world: World) -> None:
    """A build of a project."""
    project = world.one(RESOURCES["codebuild_project"])["project_name"]
    session.client("codebuild", world.region).start_build(projectName=project)


MORE: dict[str, Callable[[Session, World], None]] = {
    "memory_db_cluster_security_groups": guarded_cluster,
    "alias_target": alias,
    "codebuild_build_list": build,
}
"""Table -> how a row comes to be that no call of the stand-in's makes as a row's."""


def fill(session: Session) -> World:
    """A row of each type, and what was made."""
    world = World(session, plain, stated=STATED | {table: {"attached_policies_arns": None} for table in HOLDERS})
    for resource in RESOURCES.values():
        if creates(resource) and resource.table not in {*NOTHING, *UNTOLD}:
            world.one(resource)
    for table, bring in BROUGHT.items():
        bring(session, (world.there | world.everywhere).get(RESOURCES[table].per or "", {}))
    for make in MORE.values():
        make(session, world)
    return world


def told(session: Session, resource: Resource, made: Image) -> Image:
    """What AWS tells of a row by now."""
    return World(session, plain).read(resource, made)


def answers() -> dict[str, dict[str, Any]]:
    """What the operations answer that the stand-in lacks, by name."""
    arn = "arn:aws:ecr-public::123456789012:repository/app"
    about = {"repositoryArn": arn, "registryId": "1", "repositoryName": "app", "repositoryUri": "public.ecr.aws/x/app"}
    credential = {"arn": "arn:aws:codebuild:c", "serverType": "GITHUB", "authType": "PERSONAL_ACCESS_TOKEN"}
    return {
        "ecr-public.DescribeRepositories": {"repositories": [about]},
        "ecr-public.ListTagsForResource": {"tags": [{"Key": "a", "Value": "1"}]},
        "ecr-public.DescribeImages": {"imageDetails": []},
        "codebuild.ListSourceCredentials": {"sourceCredentialsInfos": [credential]},
    }
