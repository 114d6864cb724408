"""A key: it never leaves the service, and is deleted only some days after that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from iasql.resource import (
    Aspect,
    Call,
    Image,
    Policy,
    Region,
    Resource,
    Tagging,
    Tags,
    cloud_id,
    column,
    computed,
    region,
    row,
    takes,
)


@row
class KmsKey:
    """A key that encrypts data or signs it."""

    key_id: str | None = cloud_id()
    arn: str | None = computed()
    description: str | None = column(cleared="")
    key_usage: Literal["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"] | None = column(
        why="a key is made for one use"
    )
    key_spec: str | None = column(why="a key stays what it was made as")
    multi_region: bool | None = column(why="a key stays what it was made as")
    enabled: bool | None = column(comment="Whether it may be used; null: AWS has it on.")
    key_rotation_enabled: bool | None = column(comment="Whether it gets new material every year.")
    policy: Policy | None = column(comment="Who may use it; null: whoever IAM lets.")
    key_manager: Literal["AWS", "CUSTOMER"] | None = computed()
    key_state: str | None = computed()
    creation_date: datetime | None = computed()
    deletion_window_in_days: int | None = column(
        role="write_only",
        between=(7, 30),
        allowed="7 to 30 days",
        comment="How long AWS keeps the key once its row is deleted, so that this can be taken back; null: 30 days.",
    )
    tags: Tags | None = column()
    region: Region = region()


@takes("key_id", "enabled")
def put_enabled(kms: Any, key: Mapping[str, Any]) -> None:
    """Lets the key be used, or not."""
    (kms.disable_key if key.get("enabled") is False else kms.enable_key)(KeyId=key["key_id"])


@takes("key_id", "key_rotation_enabled")
def put_rotation(kms: Any, key: Mapping[str, Any]) -> None:
    """Lets the key get new material every year, or not."""
    (kms.enable_key_rotation if key.get("key_rotation_enabled") else kms.disable_key_rotation)(KeyId=key["key_id"])


def stays(key: Image) -> str | None:
    """Services make keys of their own, which only they may change."""
    return "an AWS service owns this key" if key.get("key_manager") == "AWS" else None


KMS_KEY = Resource(
    KmsKey,
    service="kms",
    shape="KeyMetadata",
    unique_if_set=(("key_id", "region"),),
    list=Call("ListKeys", "Keys[].{KeyId: KeyId}"),
    # A key whose deletion was asked for is gone: it can be used no more.
    details=Call("DescribeKey", "[KeyMetadata][?KeyState != 'PendingDeletion'] | [0]"),
    create=Call("CreateKey", "KeyMetadata"),
    delete=Call("ScheduleKeyDeletion", PendingWindowInDays="$deletion_window_in_days"),
    absent="NotFoundException",
    stays=stays,
    holds_data="what was encrypted with it, some days later",
    aspects=(
        Aspect("description", put=Call("UpdateKeyDescription")),
        Aspect("policy", Call("GetKeyPolicy", "Policy", PolicyName="default"),
               put=Call("PutKeyPolicy", PolicyName="default")),
        Aspect("key_rotation_enabled", Call("GetKeyRotationStatus", "KeyRotationEnabled"), put=put_rotation,
               absent=("UnsupportedOperationException", "AccessDeniedException")),
        Aspect("enabled", put=put_enabled),
        Tagging("tags", get=Call("ListResourceTags", "Tags[].{Key: TagKey, Value: TagValue}"),
                put=Call("TagResource", Tags="$set"), remove=Call("UntagResource", TagKeys="$unset")),
    ),
)  # fmt: skip
