"""A web application in one row, both ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.acceptance.conftest import Sql, Stack, look_at_one_region, moto_server


@pytest.fixture(scope="module")
def moto_endpoint() -> Iterator[str]:
    """A stand-in that knows AWS's own policies, which takes it seconds."""
    with moto_server(MOTO_IAM_LOAD_MANAGED_POLICIES="true") as endpoint:
        yield endpoint


@pytest.fixture
def installed(sql: Sql) -> Sql:
    look_at_one_region(sql, "aws_ecs_simplified")
    return sql


def container(ecs: Any, service: dict[str, Any]) -> dict[str, Any]:
    told = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    (found,) = told["containerDefinitions"]
    return found


def service_of(ecs: Any) -> dict[str, Any]:
    (service,) = ecs.describe_services(cluster="my-shop-cluster", services=["my-shop-service"])["services"]
    return service


def test_a_row_becomes_an_application_changes_in_place_and_goes(installed: Sql, stack: Stack) -> None:
    ecs, elb = stack.client("ecs"), stack.client("elbv2")
    installed("select * from iasql_begin()")
    installed(
        "insert into ecs_simplified (app_name, app_port, image_tag, public_ip, env_variables)"
        """ values ('my-shop', 8088, 'v1', true, '{"TOKEN": "geheim-17"}')"""
    )
    installed("select * from iasql_commit()")
    service = service_of(ecs)
    made = container(ecs, service)
    assert made["environment"] == [{"name": "TOKEN", "value": "geheim-17"}]
    assert (made["memoryReservation"], made["image"].endswith("/my-shop-repository:v1")) == (8192, True)
    assert made["portMappings"][0]["containerPort"] == 8088
    assert elb.describe_listeners(LoadBalancerArn=elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"])[
        "Listeners"][0]["Port"] == 8088  # fmt: skip
    row = installed.one("select * from ecs_simplified")
    assert row["load_balancer_dns"]
    assert row["repository_uri"].endswith("/my-shop-repository")
    assert row["env_variables"] == "********"
    assert not any("geheim" in str(each) for each in installed("select change::text, message from iasql_audit_log"))

    ids = installed("select id from service union all select id from load_balancer union all select id from cluster")
    installed("select * from iasql_begin()")
    installed("update ecs_simplified set desired_count = 3, image_tag = 'v2'")
    steps = {(step["action"], step["table_name"]) for step in installed("select * from iasql_preview()")}
    assert steps == {("replace", "task_definition"), ("update", "service")} | (
        steps & {("replace", "container_definition")}
    )
    installed("select * from iasql_commit()")
    service = service_of(ecs)
    assert (service["desiredCount"], container(ecs, service)["image"].endswith(":v2")) == (3, True)
    assert container(ecs, service)["environment"] == [{"name": "TOKEN", "value": "geheim-17"}]
    assert ids == installed(
        "select id from service union all select id from load_balancer union all select id from cluster"
    )

    ecs.update_service(cluster="my-shop-cluster", service="my-shop-service", desiredCount=5)
    installed("select * from iasql_refresh()")
    assert installed.one("select app_name, desired_count from ecs_simplified") == {
        "app_name": "my-shop",
        "desired_count": 5,
    }

    installed("select * from iasql_begin()")
    installed("delete from ecs_simplified")
    installed("select * from iasql_rollback()")
    assert installed.one("select app_name, desired_count from ecs_simplified") == {
        "app_name": "my-shop",
        "desired_count": 5,
    }
    installed("update service set desired_count = 2")
    assert installed.one("select desired_count from ecs_simplified") == {"desired_count": 2}

    installed("select * from iasql_begin()")
    installed("delete from ecs_simplified")
    installed("select * from iasql_commit(allow => array['destroys_data'])")
    assert elb.describe_load_balancers()["LoadBalancers"] == elb.describe_target_groups()["TargetGroups"] == []
    assert stack.client("iam").list_roles()["Roles"] == []
    assert installed("select from ecs_simplified") == []


def test_what_does_not_fit_is_refused(installed: Sql) -> None:
    with pytest.raises(psycopg.Error, match="valid_image_fields"):
        installed("insert into ecs_simplified (app_name, app_port, image_tag, image_digest) values ('a', 80, 'b', 'c')")
    with pytest.raises(psycopg.Error, match="env_variables must be a JSON object") as refused:
        installed("insert into ecs_simplified (app_name, app_port, env_variables) values ('a', 80, 'geheim-17')")
    assert "geheim" not in str(refused.value)
    installed("insert into ecs_simplified (app_name, app_port, repository_uri) values ('a-b', 80, 'nginx')")
    assert installed.one("select image, repository_id from container_definition") == {
        "image": "nginx",
        "repository_id": None,
    }
    with pytest.raises(psycopg.Error, match="Region cannot be modified"):
        installed("update ecs_simplified set region = 'eu-west-1'")
    installed("delete from ecs_simplified")
    assert installed("select from service") == installed("select from iam_role where role_name like 'a-b%%'") == []
    assert installed.one("select get_cpu_mem_enum_from_parts(256, 512)::text c") == {"c": "vCPU0.25-0.5GB"}
    assert installed.one("select get_mem_from_cpu_mem_enum('vCPU0.25-0.5GB') m") == {"m": 512}
    installed("select * from iasql_uninstall('aws_ecs_simplified')")
    assert installed("select from pg_proc where proname like '%%ecs_simplified%%'") == []
