"""The options of a domain: AWS groups them, and takes and tells each group whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.resource import takes

Domain = Mapping[str, Any]


def cluster(domain: Domain) -> dict[str, Any]:
    """How many machines of which kind."""
    zones = domain["availability_zone_count"]
    warm, master = domain.get("warm_instance_type"), domain.get("dedicated_master_type")
    said = {
        "InstanceType": domain["instance_type"],
        "InstanceCount": domain["instance_count"],
        "ZoneAwarenessEnabled": zones > 1,
        "ZoneAwarenessConfig": {"AvailabilityZoneCount": zones} if zones > 1 else None,
        "DedicatedMasterEnabled": master is not None,
        "DedicatedMasterType": master,
        "DedicatedMasterCount": domain.get("dedicated_master_count") if master else None,
        "WarmEnabled": warm is not None,
        "WarmType": warm,
        "WarmCount": domain.get("warm_instance_count") if warm else None,
        "ColdStorageOptions": {"Enabled": bool(domain.get("cold_storage"))} if warm else None,
    }
    return {name: value for name, value in said.items() if value is not None}


def address(domain: Domain) -> dict[str, Any]:
    """The name of your own under which it answers; who signs in does so by HTTPS only."""
    custom, certificate = domain.get("custom_endpoint"), domain.get("endpoint_certificate_id")
    said = {"CustomEndpoint": custom, "CustomEndpointCertificateArn": certificate if custom else None}
    secure = {"EnforceHTTPS": True} if domain.get("enable_fine_grained_access_control") else {}
    return secure | {"CustomEndpointEnabled": custom is not None} | {n: v for n, v in said.items() if v is not None}


def users(domain: Domain) -> dict[str, Any]:
    """Whether users sign in, and who is the first."""
    if not domain.get("enable_fine_grained_access_control"):
        return {"Enabled": False}
    said = {
        "MasterUserARN": domain.get("fine_grained_access_control_user_arn"),
        "MasterUserName": domain.get("fine_grained_access_control_master_username"),
        "MasterUserPassword": domain.get("fine_grained_access_control_master_password"),
    }
    first = {name: value for name, value in said.items() if value is not None}
    within = {"InternalUserDatabaseEnabled": "MasterUserName" in first} if first else {}
    return {"Enabled": True, **within, **({"MasterUserOptions": first} if first else {})}


def encryption(domain: Domain) -> dict[str, Any]:
    """At rest; who signs in needs it."""
    on = domain.get("encryption_at_rest") or domain.get("enable_fine_grained_access_control")
    key = domain.get("kms_key_id")
    return {"Enabled": bool(on), **({"KmsKeyId": key} if on and key else {})}


def between_nodes(domain: Domain) -> dict[str, Any]:
    """Encryption of what nodes tell each other; who signs in needs it."""
    wanted = domain.get("node_to_node_encryption") or domain.get("enable_fine_grained_access_control")
    return {"Enabled": bool(wanted)}


def tuning(domain: Domain) -> dict[str, Any]:
    """Whether AWS tunes it by itself."""
    return {"DesiredState": "ENABLED" if domain["auto_tune"] else "DISABLED"}


CLUSTER = ("availability_zone_count", "instance_type", "instance_count", "warm_instance_type", "warm_instance_count",
           "cold_storage", "dedicated_master_type", "dedicated_master_count")  # fmt: skip
USERS = ("enable_fine_grained_access_control", "fine_grained_access_control_user_arn",
         "fine_grained_access_control_master_username", "fine_grained_access_control_master_password")  # fmt: skip
GROUPS: dict[str, tuple[tuple[str, ...], Any]] = {
    "ClusterConfig": (CLUSTER, cluster),
    "EBSOptions": (("ebs_options",), lambda domain: domain.get("ebs_options") or {"EBSEnabled": False}),
    "AccessPolicies": (("access_policy",), lambda domain: domain["access_policy"]),
    "DomainEndpointOptions": (("custom_endpoint", "endpoint_certificate_id"), address),
    "AdvancedSecurityOptions": (USERS, users),
    "EncryptionAtRestOptions": (("encryption_at_rest", "kms_key_id"), encryption),
    "NodeToNodeEncryptionOptions": (("node_to_node_encryption",), between_nodes),
    "AutoTuneOptions": (("auto_tune",), tuning),
}
"""AWS's name of a group -> the columns in it, and what makes it of a row."""
COLUMNS = tuple(column for columns, _ in GROUPS.values() for column in columns)


@takes("domain_name", "version", "tags", *COLUMNS)
def create(opensearch: Any, domain: Domain) -> Any:
    """Makes a domain with all of its options, in the VPC where subnets are named with it."""
    where = {
        "SubnetIds": [row["subnet_id"] for row in domain.get("$domain_subnets", ())],
        "SecurityGroupIds": [row["security_group_id"] for row in domain.get("$domain_security_groups", ())],
    }
    said = {"VPCOptions": {name: ids for name, ids in where.items() if ids}, "TagList": domain.get("tags")}
    return opensearch.create_domain(
        DomainName=domain["domain_name"],
        EngineVersion=domain["version"],
        **{name: make(domain) for name, (_, make) in GROUPS.items()},
        **{name: value for name, value in said.items() if value},
    )["DomainStatus"]


@takes("domain_name", *COLUMNS)
def update(opensearch: Any, domain: Domain) -> None:
    """Sends the groups of options in which something changed."""
    other = {column for column in COLUMNS if domain.get(column) != domain["$before"].get(column)}
    changed = {name: make(domain) for name, (columns, make) in GROUPS.items() if other.intersection(columns)}
    if "AdvancedSecurityOptions" in changed and domain["enable_fine_grained_access_control"]:
        needed = ("DomainEndpointOptions", "EncryptionAtRestOptions", "NodeToNodeEncryptionOptions")
        changed |= {name: GROUPS[name][1](domain) for name in needed}
    opensearch.update_domain_config(DomainName=domain["domain_name"], **changed)


@takes("domain_name", "version")
def upgrade(opensearch: Any, domain: Domain) -> None:
    """Gives the domain a later version."""
    opensearch.upgrade_domain(DomainName=domain["domain_name"], TargetVersion=domain["version"])
