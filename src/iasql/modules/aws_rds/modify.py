"""Changes of instances and clusters: one call with what changed and nothing else, so that no other column goes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.resource import Tagging
from iasql.resource.call import Call, Handwritten, takes

TAGGING = Tagging(
    "tags",
    put=Call("AddTagsToResource", ResourceName="$arn", Tags="$set"),
    remove=Call("RemoveTagsFromResource", ResourceName="$arn", TagKeys="$unset"),
)
INSTANCE = {
    "allocated_storage": "AllocatedStorage",
    "db_instance_class": "DBInstanceClass",
    "engine_version": "EngineVersion",
    "master_user_password": "MasterUserPassword",
    "backup_retention_period": "BackupRetentionPeriod",
    "preferred_backup_window": "PreferredBackupWindow",
    "deletion_protection": "DeletionProtection",
    "parameter_group_id": "DBParameterGroupName",
}
CLUSTER = {
    "allocated_storage": "AllocatedStorage",
    "iops": "Iops",
    "db_cluster_instance_class": "DBClusterInstanceClass",
    "engine_version": "EngineVersion",
    "master_user_password": "MasterUserPassword",
    "backup_retention_period": "BackupRetentionPeriod",
    "preferred_backup_window": "PreferredBackupWindow",
    "deletion_protection": "DeletionProtection",
}


def changed(values: Mapping[str, Any], members: Mapping[str, str]) -> dict[str, Any]:
    """The arguments that say the columns that changed; null leaves what AWS has."""
    named = {members[name]: values.get(name) for name in values["$columns"] if name in members}
    said = {member: value for member, value in named.items() if value is not None}
    # who names a version means it, also where it is the next major one
    return said | ({"AllowMajorVersionUpgrade": True} if "EngineVersion" in said else {})


def modify(method: str, name: tuple[str, str], members: Mapping[str, str]) -> Handwritten:
    """The verb that sends what changed; name: the column that names the row, and AWS's name of it."""

    @takes(name[0], *members)
    def modify(rds: Any, values: Mapping[str, Any]) -> None:
        said = changed(values, members)
        if said:
            getattr(rds, method)(**{name[1]: values[name[0]]}, ApplyImmediately=True, **said)

    return modify


modify_instance = modify("modify_db_instance", ("db_instance_identifier", "DBInstanceIdentifier"), INSTANCE)
modify_cluster = modify("modify_db_cluster", ("db_cluster_identifier", "DBClusterIdentifier"), CLUSTER)
