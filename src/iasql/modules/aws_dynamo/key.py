"""The key and the capacity of a DynamoDB table, between AWS's several members and the one JSON value of a column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.resource import takes

ON_DEMAND = "PAY_PER_REQUEST"
UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")


def table_class(table: Mapping[str, Any]) -> str | None:
    """The class of a table, which AWS tells only where it once was another than the standard one."""
    return (table.get("TableClassSummary") or {}).get("TableClass", "STANDARD") if "KeySchema" in table else None


def throughput(table: Mapping[str, Any]) -> Any:
    """`"PAY_PER_REQUEST"`, or the units that are provided."""
    if "KeySchema" not in table:
        return None
    if (table.get("BillingModeSummary") or {}).get("BillingMode") == ON_DEMAND:
        return ON_DEMAND
    return {name: table["ProvisionedThroughput"][name] for name in UNITS}


def attributes(table: Mapping[str, Any]) -> dict[str, str] | None:
    """The attributes of the key with their types, the partition key first."""
    types = {one["AttributeName"]: one["AttributeType"] for one in table.get("AttributeDefinitions", ())}
    parts = sorted(table.get("KeySchema", ()), key=lambda part: str(part["KeyType"]))  # HASH before RANGE
    return {part["AttributeName"]: types[part["AttributeName"]] for part in parts} or None


def partition(table: Mapping[str, Any]) -> str | None:
    """The attribute that chooses the partition."""
    return next((part["AttributeName"] for part in table.get("KeySchema", ()) if part["KeyType"] == "HASH"), None)


def capacity(value: Any) -> dict[str, Any]:
    """The arguments that say a throughput."""
    if value == ON_DEMAND:
        return {"BillingMode": ON_DEMAND}
    return {"BillingMode": "PROVISIONED", "ProvisionedThroughput": value}


def schema(table: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that say a key."""
    types = table["primary_key"]
    first = table.get("partition_key") or next(iter(types))
    return {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()],
        "KeySchema": [
            {"AttributeName": name, "KeyType": "HASH" if name == first else "RANGE"}
            for name in sorted(types, key=lambda name: name != first)
        ],
    }


def encryption(table: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that say under which key a new table is encrypted; none for DynamoDB's own."""
    if not table.get("sse_enabled"):
        return {}
    key = {"KMSMasterKeyId": table["kms_master_key_id"]} if table.get("kms_master_key_id") else {}
    return {"SSESpecification": {"Enabled": True, "SSEType": "KMS", **key}}


@takes("table_name", "table_class", "throughput", "primary_key", "partition_key", "sse_enabled", "kms_master_key_id",
       "deletion_protection_enabled", "tags")  # fmt: skip
def create(dynamodb: Any, table: Mapping[str, Any]) -> Any:
    """Makes the table with all that one call takes."""
    said = {
        "TableClass": table.get("table_class"),
        "DeletionProtectionEnabled": table.get("deletion_protection_enabled"),
        "Tags": table.get("tags"),
    }
    return dynamodb.create_table(
        TableName=table["table_name"],
        **schema(table),
        **capacity(table["throughput"]),
        **encryption(table),
        **{name: value for name, value in said.items() if value},
    )["TableDescription"]


@takes("table_name", "throughput")
def set_throughput(dynamodb: Any, table: Mapping[str, Any]) -> None:
    """Changes how a table is paid for, or how much it provides."""
    dynamodb.update_table(TableName=table["table_name"], **capacity(table["throughput"]))
