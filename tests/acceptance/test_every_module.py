"""All modules in one statement on an account in use, in three regions: everything arrives, and goes again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from iasql.cloud.session import Credentials, Session
from iasql.db import rows
from iasql.engine.links import Links
from iasql.modules import discover
from iasql.resource import Image, Resource
from property_tests.account.lacks import LACKS, UNTOLD
from property_tests.account.world import RESOURCES
from tests.acceptance.conftest import Sql, Stack
from tests.acceptance.every_row import answers, fill, told
from tests.unit.cloud.canned import Http

REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")
EVERY = {resource.table: resource for module in discover().values() for resource in module.resources}
ERRORS = "select distinct table_name from iasql_freshness where error is not null"


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, dict[str, Any]]]:
    """What operations answer that the stand-in lacks: nothing at first."""
    said: dict[str, dict[str, Any]] = {}
    plain = Session._new_client

    def new_client(self: Session, service: str, region: str) -> Any:
        client = plain(self, service, region)

        def answer(model: Any, **_: Any) -> tuple[Http, dict[str, Any]] | None:
            found = said.get(f"{service}.{model.name}")
            about = {"HTTPStatusCode": 200, "RequestId": "r"}
            here = {} if region == REGIONS[0] else {key: [] for key in found or ()}
            return None if found is None else (Http(200), found | here | {"ResponseMetadata": about})

        client.meta.events.register("before-call", answer)
        return client

    monkeypatch.setattr(Session, "_new_client", new_client)
    return said


def in_the_clouds_terms(stack: Stack) -> dict[str, list[Image]]:
    """All rows of the tables, with the cloud's ids for ours."""
    connection = stack.connect("iasql_engine")
    links = Links(connection=connection, resources=EVERY)
    found: dict[str, list[Image]] = defaultdict(list)
    for table, resource in EVERY.items():
        images = rows.read(connection, table)
        links.load(resource, images, from_cloud=False)
        found[table] = [links.to_cloud(resource, image) for image in images]
    return found


def differing(resource: Resource, there: list[Image], image: Image) -> list[str]:
    """In which columns the row of what the cloud has differs from it; all of them where there is none."""
    same = [row for row in there if all(row[name] == image[name] for name in resource.cloud_id)]
    told = (c for c in resource.columns if c.in_cloud and (resource.table, c.name) not in LACKS)
    # what is kept secret stands in the tables as a digest
    compared = [c for c in told if c.role not in ("volatile", "write_only", "computed") and not c.masked]
    if len(same) != 1:
        return [f"{len(same)} rows of {image}"]
    return [f"{c.name}: {same[0][c.name]}, {image[c.name]}" for c in compared
            if not c.kind.same(same[0][c.name], image[c.name])]  # fmt: skip


def test_all_modules_at_once(sql: Sql, stack: Stack, late: dict[str, dict[str, Any]]) -> None:
    with Session(Credentials(access_key_id="testing", secret_access_key="testing"), stack.endpoint) as session:
        world = fill(session)
        made = [(resource, told(session, resource, image)) for resource, image in world.made]
    for region in REGIONS[1:]:
        stack.client("sqs", region).create_queue(QueueName=f"of-{region}")
    said: list[str] = []
    sql.connection.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
    sql("select * from iasql_install('aws_account')")
    sql("update aws_regions set is_enabled = region = any (%s)", list(REGIONS))
    installed = sql("select * from iasql_install(variadic array(select module_name from iasql_modules_list()))")
    assert {row["module_name"] for row in installed} == {name for name, m in discover().items() if m.resources}
    assert any("creating the tables of aws_vpc" in line for line in said)
    assert any(line.startswith("vpc: ") for line in said)

    # what the cloud has is there, of every type, each row equal
    there = in_the_clouds_terms(stack)
    differ = [(r.table, found) for r, image in made if (found := differing(r, there[r.table], image))]
    assert not differ, "\n".join(map(str, differ))
    assert {table for table in RESOURCES if not there[table]} == set(UNTOLD)
    for table in ("queue", "vpc", "subnet", "security_group"):
        assert {row["region"] for row in there[table]} == set(REGIONS)

    # what could not be read is told, tried again, and not taken for empty
    assert {row["table_name"] for row in sql(ERRORS)} >= set(UNTOLD)
    late |= answers()
    sql("select * from iasql_refresh()")
    assert sql(ERRORS) == []
    assert sql.one("select repository_name n, tags from public_repository") == {"n": "app", "tags": {"a": "1"}}
    assert sql.one("select source_type s, region from source_credentials_list") == {"s": "GITHUB", "region": REGIONS[0]}
    late.clear()
    sql("select * from iasql_refresh(array['public_repository', 'source_credentials_list'])")
    assert {row["table_name"] for row in sql(ERRORS)} == set(UNTOLD)
    assert len(sql("select 1 from public_repository union all select 2 from source_credentials_list")) == 2
    assert sql("select * from iasql_get_errors()")

    gone = sql("select * from iasql_uninstall(variadic array(select module_name from iasql_modules_installed()))")
    assert sum(row["record_count"] for row in gone) > len(made)
    left = {row["module_name"] for row in sql("select * from iasql_modules_installed()")}
    assert left <= {"iasql_platform", "iasql_functions"}
    assert stack.client("sqs").list_queues()["QueueUrls"]
