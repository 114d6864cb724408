"""DynamoDB tables go to a stand-in of AWS and come back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.declarations.stand_in import HERE, RESOURCES, THERE, Cloud, agrees

ON_DEMAND = {"table_class": "STANDARD", "throughput": "PAY_PER_REQUEST", "primary_key": {"id": "S"}}
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}


@pytest.mark.parametrize("region", [HERE, THERE])
def test_dynamo_table(cloud: Cloud, region: str) -> None:
    row = cloud.create("dynamo_table", region, table_name="things", tags={"a": "1"}, **ON_DEMAND)
    assert agrees(row, table_name="things", region=region, tags={"a": "1"}, partition_key="id", sse_enabled=False,
                  point_in_time_recovery=False, deletion_protection_enabled=False, **ON_DEMAND)  # fmt: skip
    assert row["created_at"]
    row = cloud.update("dynamo_table", row, region, throughput=UNITS, tags={"b": "2"}, deletion_protection_enabled=True,
                       point_in_time_recovery=True, recovery_period_in_days=7)  # fmt: skip
    assert agrees(row, throughput=UNITS, tags={"b": "2"}, deletion_protection_enabled=True,
                  point_in_time_recovery=True, recovery_period_in_days=7)  # fmt: skip
    stays = RESOURCES["dynamo_table"].stays
    assert stays is not None
    assert stays(row)
    row = cloud.update("dynamo_table", row, region, deletion_protection_enabled=False, point_in_time_recovery=False,
                       recovery_period_in_days=None)  # fmt: skip
    assert agrees(row, point_in_time_recovery=False)
    assert stays(row) is None
    cloud.delete("dynamo_table", row, region)


@pytest.mark.parametrize("first", ["id", "at"])
def test_the_partition_key_is_the_one_that_is_named(cloud: Cloud, first: str) -> None:
    row = cloud.create("dynamo_table", table_name="things", table_class="STANDARD", throughput=UNITS,
                       primary_key={"at": "N", "id": "S"}, partition_key=first)  # fmt: skip
    assert agrees(row, primary_key={"id": "S", "at": "N"}, partition_key=first, throughput=UNITS)


def test_encryption(cloud: Cloud) -> None:
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    row = cloud.create("dynamo_table", table_name="things", sse_enabled=True, kms_master_key_id=key, **ON_DEMAND)
    assert agrees(row, sse_enabled=True, kms_master_key_id=key)


@pytest.mark.parametrize(
    ("column", "value"), [("table_name", "a"), ("recovery_period_in_days", 36), ("table_class", "COLD")]
)
def test_what_dynamodb_refuses(column: str, value: Any) -> None:
    row = {"table_name": "things", "region": HERE, **ON_DEMAND} | {column: value}
    assert [fault.column for fault in RESOURCES["dynamo_table"].faults(row)] == [column]
