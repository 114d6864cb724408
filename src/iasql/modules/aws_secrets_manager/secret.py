"""A secret: its value goes to AWS and is read back by nobody here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.resource import (
    Call,
    Region,
    Resource,
    Tagging,
    Tags,
    Until,
    cloud_id,
    column,
    computed,
    region,
    row,
    secret,
)


def version(item: Mapping[str, Any]) -> str | None:
    """The id of the value that is current: told by a write, and by a read among the stages of each version."""
    stages = item.get("VersionIdsToStages") or item.get("SecretVersionsToStages") or {}
    return item.get("VersionId") or next((name for name, said in stages.items() if "AWSCURRENT" in said), None)


@row
class Secret:
    """A secret text that programs read from AWS Secrets Manager."""

    name: str = cloud_id(pattern=r"[A-Za-z0-9/_+=.@-]{1,512}", allowed="1 to 512 letters, digits and /_+=.@-")
    description: str | None = column(cleared="")
    value: str | None = secret(
        member="SecretString", role="write_only", comment="The secret; null leaves the value that AWS has."
    )
    version_id: str | None = computed(path=version, comment="The version of the value that is current.")
    kms_key_id: str | None = column(comment="The KMS key that encrypts it; null: the account's aws/secretsmanager key.")
    arn: str | None = computed(member="ARN")
    tags: Tags | None = column()
    region: Region = region()


SECRET = Resource(
    Secret,
    service="secretsmanager",
    shape="SecretListEntry",
    says={"SecretId": "$name"},
    unique=(("name", "region"),),
    list=Call("ListSecrets", "SecretList[?!DeletedDate]"),
    # One that waits for its deletion is described as ever.
    get=Call("DescribeSecret", "[@][?!DeletedDate] | [0]"),
    create=Call("CreateSecret"),
    update=Call("UpdateSecret"),
    delete=Call("DeleteSecret", ForceDeleteWithoutRecovery=True),
    gone=Until(Call("DescribeSecret"), "`false`", absent="ResourceNotFoundException"),
    exists="ResourceExistsException",
    holds_data="its value",
    replace_order="delete_first",
    aspects=(Tagging("tags", put=Call("TagResource", Tags="$set"), remove=Call("UntagResource", TagKeys="$unset")),),
)
