"""Clusters, task definitions with their containers, and services against a stand-in."""

from __future__ import annotations

import pytest

from iasql.cloud import reader, writer
from iasql.modules.aws_ecs_fargate.cpu_memory import CpuMemory, parts, told
from iasql.modules.aws_ecs_fargate.sent_container import image_of, split
from iasql.resource import Image
from tests.declarations.stand_in import HERE, RESOURCES, THERE, Cloud, agrees

WEB: Image = {"name": "web", "image": "nginx", "tag": "1.27", "essential": True, "container_port": 80, "host_port": 80,
              "protocol": "tcp", "env_variables": {"A": "1"}, "memory_reservation": 128}  # fmt: skip


def define(cloud: Cloud, region: str = HERE, **values: object) -> Image:
    """A task definition with one container."""
    return cloud.create("task_definition", region, **{
        "family": "web", "cpu_memory": "vCPU0.5-1GB", "$container_definition": [WEB], **values,
    })  # fmt: skip


@pytest.mark.parametrize("region", [HERE, THERE])
def test_cluster(cloud: Cloud, region: str) -> None:
    row = cloud.create("cluster", region, cluster_name="c", tags={"a": "1"})
    assert agrees(row, cluster_name="c", cluster_status="ACTIVE", tags={"a": "1"}, region=region)
    row = cloud.update("cluster", row, region, tags={"b": "2"})
    assert agrees(row, tags={"b": "2"})
    cloud.delete("cluster", row, region)


def test_task_definition_and_its_containers(cloud: Cloud) -> None:
    trust = {"Version": "2012-10-17", "Statement": []}
    role = cloud.create("iam_role", role_name="r", assume_role_policy_document=trust)["arn"]
    row = define(cloud, task_role_name=role, execution_role_name=role, tags={"a": "1"})
    assert agrees(row, family="web", revision=1, status="ACTIVE", cpu_memory="vCPU0.5-1GB", task_role_name=role,
                  execution_role_name=role, tags={"a": "1"})  # fmt: skip
    (container,) = cloud.all("container_definition")
    assert agrees(container, **WEB, task_definition_id=row["task_definition_arn"], repository_id=None)
    row = cloud.update("task_definition", row, tags={"b": "2"})
    cloud.delete("task_definition", row)


def test_a_container_in_a_repository(cloud: Cloud) -> None:
    uri = cloud.create("repository", repository_name="app")["repository_uri"]
    cloud.create("log_group", log_group_name="/web")
    define(cloud, **{"$container_definition": [
        {"name": "web", "repository_id": uri, "digest": "sha256:1", "log_group_id": "/web", "essential": True}
    ]})  # fmt: skip
    (container,) = cloud.all("container_definition")
    assert agrees(container, repository_id=uri, digest="sha256:1", tag=None, log_group_id="/web", image=uri)


@pytest.fixture
def service(cloud: Cloud) -> Image:
    """A service in the default VPC, a member of one security group."""
    vpc = next(row for row in cloud.all("vpc") if row["is_default"])["vpc_id"]
    subnet = next(row for row in cloud.all("subnet") if row["vpc_id"] == vpc)["subnet_id"]
    group = cloud.create("security_group", group_name="web", description="d", vpc_id=vpc)["group_id"]
    target = cloud.create("target_group", target_group_name="web", target_type="ip", protocol="HTTP", port=80, vpc=vpc)
    cluster = cloud.create("cluster", cluster_name="c")["cluster_arn"]
    return cloud.create("service", **{
        "name": "web", "desired_count": 1, "subnets": [subnet], "assign_public_ip": "ENABLED", "cluster_id": cluster,
        "task_definition_id": define(cloud)["task_definition_arn"], "tags": {"a": "1"},
        "target_group_id": target["target_group_arn"], "$service_security_groups": [{"security_group_id": group}],
    })  # fmt: skip


def test_service(cloud: Cloud, service: Image) -> None:
    assert agrees(service, name="web", status="ACTIVE", desired_count=1, assign_public_ip="ENABLED", tags={"a": "1"})
    assert service["target_group_id"]
    second = define(cloud)["task_definition_arn"]
    other = next(row["subnet_id"] for row in cloud.all("subnet") if row["subnet_id"] not in service["subnets"])
    row = cloud.update("service", service, desired_count=2, task_definition_id=second, subnets=[other], tags={"b": "2"})
    assert agrees(row, desired_count=2, task_definition_id=second, subnets=[other], tags={"b": "2"},
                  assign_public_ip="ENABLED")  # fmt: skip
    cloud.delete("service", row)


def test_security_groups_of_a_service(cloud: Cloud, service: Image) -> None:
    table, (held,) = RESOURCES["service_security_groups"], cloud.all("service_security_groups")
    vpc = next(row for row in cloud.all("vpc") if row["is_default"])["vpc_id"]
    group = cloud.create("security_group", group_name="more", description="d", vpc_id=vpc)["group_id"]
    more = {"service_id": service["arn"], "security_group_id": group, "region": HERE}
    writer.create(cloud.session, table, HERE, more, "token")
    assert reader.read_some(cloud.session, table, HERE, [more, held]) == [more, held]
    cloud.delete("service_security_groups", held)
    assert cloud.all("service_security_groups") == [more]
    assert agrees(cloud.read("service", service), subnets=service["subnets"])


@pytest.mark.parametrize("pair", CpuMemory.__args__)
def test_every_size_is_told_as_it_was_sent(pair: str) -> None:
    assert told(parts(pair)) == pair


@pytest.mark.parametrize(
    "image", ["nginx", "nginx:1", "localhost:5000/a/b", "localhost:5000/a/b:1", "public.ecr.aws/x/y@sha256:0"]
)
def test_an_image_is_told_as_it_was_sent(image: str) -> None:
    said = split(image)
    assert image_of({"image": said["uri"], "tag": said["tag"], "digest": said["digest"]}) == image
