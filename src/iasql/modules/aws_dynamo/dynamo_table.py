"""A DynamoDB table. Its key and its capacity are one JSON value each, as they are written down (key.py)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from iasql.modules.aws_dynamo.key import attributes, create, partition, set_throughput, table_class, throughput
from iasql.resource import (
    Aspect,
    Call,
    Image,
    Json,
    Region,
    Resource,
    Tagging,
    Tags,
    Until,
    cloud_id,
    column,
    computed,
    given,
    region,
    row,
    sql,
)
from iasql.resource.kinds import JsonValue


@row
class DynamoTable:
    """A DynamoDB table: items found by their primary key."""

    table_name: str = cloud_id(
        pattern=r"[A-Za-z0-9_.-]{3,255}", allowed="3 to 255 letters, digits, dots, hyphens and underscores"
    )
    table_class: Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"] = column(default="STANDARD", path=table_class)
    throughput: Json = column(
        default=sql("""'"PAY_PER_REQUEST"'"""),
        path=throughput,
        comment='"PAY_PER_REQUEST", or {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}.',
    )
    table_id: str | None = computed()
    primary_key: Json = column(
        path=attributes,
        kind=JsonValue(sql="json"),
        comment='The attributes of the key with their types, the partition key first: {"id": "S", "at": "N"}.',
    )
    partition_key: str | None = column(
        path=partition, comment="Which attribute of the key chooses the partition; null: the one named first."
    )
    created_at: datetime | None = computed(member="CreationDateTime")
    arn: str | None = computed(member="TableArn")
    sse_enabled: bool = column(
        default=False,
        path="SSEDescription.Status == 'ENABLED' || SSEDescription.Status == 'UPDATING'",
        comment="Encrypted by a KMS key of the account; false: by one that DynamoDB owns.",
    )
    kms_master_key_id: str | None = column(
        path="SSEDescription.KMSMasterKeyArn", comment="The KMS key; null: the account's aws/dynamodb key."
    )
    point_in_time_recovery: bool = column(
        default=False,
        path="PointInTimeRecoveryStatus == 'ENABLED'",
        comment="Continuous backups: the table may be restored to any second of the recovery period.",
    )
    recovery_period_in_days: int | None = column(
        between=(1, 35), comment="How far back point-in-time recovery goes; null: what AWS decides."
    )
    deletion_protection_enabled: bool = column(default=False)
    tags: Tags | None = column()
    region: Region = region()


def stays(table: Image) -> str | None:
    """Its owner said so."""
    protected = table.get("deletion_protection_enabled")
    return "deletion protection is on; set deletion_protection_enabled to false and commit first" if protected else None


def updated(*columns: str, **arguments: Any) -> Aspect:
    """Columns that one UpdateTable writes; it takes one kind of change at a time, on an active table."""
    return Aspect(columns, put=Call("UpdateTable", **NOTHING | arguments), wait="TableExists")


NOTHING: dict[str, Any] = dict.fromkeys(("TableClass", "DeletionProtectionEnabled"))
SSE = {"Enabled": "$sse_enabled", "SSEType": given("sse_enabled", "KMS", when=True),
       "KMSMasterKeyId": given("sse_enabled", "$kms_master_key_id", when=True)}  # fmt: skip
RECOVERY = {"PointInTimeRecoveryEnabled": "$point_in_time_recovery",
            "RecoveryPeriodInDays": given("point_in_time_recovery", "$recovery_period_in_days", when=True)}  # fmt: skip

DYNAMO_TABLE = Resource(
    DynamoTable,
    service="dynamodb",
    shape="TableDescription",
    unique=(("table_name", "region"),),
    list=Call("ListTables", "TableNames[].{TableName: @}"),
    details=Call("DescribeTable", "Table"),
    create=create,
    delete=Call("DeleteTable"),
    wait="TableExists",
    gone=Until(Call("DescribeTable"), "`false`", absent="ResourceNotFoundException"),
    absent=("ResourceNotFoundException", "TableNotFoundException"),
    not_yet=("LimitExceededException", "ContinuousBackupsUnavailableException"),
    stays=stays,
    holds_data="its items",
    # A name is free again only when the table is gone.
    replace_order="delete_first",
    aspects=(
        Aspect("throughput", put=set_throughput, wait="TableExists"),
        updated("table_class", TableClass="$table_class"),
        updated("sse_enabled", "kms_master_key_id", SSESpecification=SSE),
        updated("deletion_protection_enabled", DeletionProtectionEnabled="$deletion_protection_enabled"),
        Aspect(("point_in_time_recovery", "recovery_period_in_days"),
               Call("DescribeContinuousBackups", "ContinuousBackupsDescription.PointInTimeRecoveryDescription"),
               put=Call("UpdateContinuousBackups", PointInTimeRecoverySpecification=RECOVERY)),
        Tagging("tags", get=Call("ListTagsOfResource", "Tags", ResourceArn="$arn"),
                put=Call("TagResource", ResourceArn="$arn", Tags="$set"),
                remove=Call("UntagResource", ResourceArn="$arn", TagKeys="$unset")),
    ),
)  # fmt: skip
