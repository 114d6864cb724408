"""A domain: a cluster of OpenSearch or Elasticsearch. What its options are made of is in options.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.modules.aws_opensearch.options import COLUMNS, create, update, upgrade
from iasql.resource import (
    Aspect,
    Call,
    Json,
    Policy,
    Region,
    Resource,
    Tagging,
    Tags,
    Until,
    cloud_id,
    column,
    computed,
    ref,
    region,
    row,
    secret,
)

VERSION = r"(Elasticsearch_\d|OpenSearch_\d{1,2})\.\d{1,2}"


def zones(domain: Mapping[str, Any]) -> int | None:
    """In how many availability zones it is, which AWS tells only where there are several."""
    config = domain.get("ClusterConfig")
    if config is None:
        return None
    several = (config.get("ZoneAwarenessConfig") or {}).get("AvailabilityZoneCount", 2)
    return int(several) if config.get("ZoneAwarenessEnabled") else 1


def is_tuned(domain: Mapping[str, Any]) -> bool | None:
    """Whether AWS tunes it, or is about to; it tells nothing of machines that it cannot tune."""
    if domain.get("ClusterConfig") is None:
        return None
    return str((domain.get("AutoTuneOptions") or {}).get("State")).startswith("ENABLE")


@row
class Domain:
    """A cluster of OpenSearch or Elasticsearch."""

    domain_name: str = cloud_id()
    custom_endpoint: str | None = column(path="DomainEndpointOptions.CustomEndpoint")
    version: str = column(
        path="EngineVersion", pattern=VERSION, allowed="Elasticsearch_ or OpenSearch_ and a version, as OpenSearch_2.5"
    )
    availability_zone_count: int = column(path=zones, between=(1, 3))
    instance_type: str = column(path="ClusterConfig.InstanceType")
    instance_count: int = column(path="ClusterConfig.InstanceCount")
    ebs_options: Json | None = column(member="EBSOptions", path="EBSOptions")
    warm_instance_type: str | None = column(path="ClusterConfig.WarmType")
    warm_instance_count: int | None = column(path="ClusterConfig.WarmCount")
    cold_storage: bool | None = column(default=False, path="ClusterConfig.ColdStorageOptions.Enabled")
    dedicated_master_type: str | None = column(path="ClusterConfig.DedicatedMasterType")
    dedicated_master_count: int | None = column(path="ClusterConfig.DedicatedMasterCount")
    auto_tune: bool = column(default=True, path=is_tuned)
    enable_fine_grained_access_control: bool = column(default=False, path="AdvancedSecurityOptions.Enabled")
    fine_grained_access_control_user_arn: str | None = column(role="write_only")
    fine_grained_access_control_master_username: str | None = column(role="write_only")
    fine_grained_access_control_master_password: str | None = secret(
        role="write_only", comment="8 characters at least; null leaves the password that AWS has."
    )
    access_policy: Policy = column(member="AccessPolicies")
    endpoint: str | None = computed(path="Endpoint || Endpoints.vpc")
    encryption_at_rest: bool | None = column(
        path="EncryptionAtRestOptions.Enabled", comment="Null: where users sign in, which needs it."
    )
    kms_key_id: str | None = column(path="EncryptionAtRestOptions.KmsKeyId")
    node_to_node_encryption: bool | None = column(
        path="NodeToNodeEncryptionOptions.Enabled", comment="Null: where users sign in, which needs it."
    )
    arn: str | None = computed(member="ARN")
    tags: Tags | None = column()
    region: Region = region()
    endpoint_certificate_id: int | None = ref(
        "certificate", path="DomainEndpointOptions.CustomEndpointCertificateArn", with_region=False
    )


READY = Until(
    Call("DescribeDomain"),
    "DomainStatus.Created && !(DomainStatus.Processing) && !(DomainStatus.UpgradeProcessing)",
    delay=10,
    attempts=540,
)

DOMAIN = Resource(
    Domain,
    service="opensearch",
    shape="DomainStatus",
    says={"ARN": "$arn"},
    unique=(("domain_name", "region"),),
    list=Call("ListDomainNames", "DomainNames"),
    details=Call("DescribeDomain", "DomainStatus"),
    create=create,
    delete=Call("DeleteDomain"),
    wait=READY,
    gone=Until(Call("DescribeDomain"), "`false`", absent="ResourceNotFoundException", delay=10, attempts=360),
    absent="ResourceNotFoundException",
    exists="ResourceAlreadyExistsException",
    not_yet=("ConflictException",),
    holds_data="its documents",
    replace_order="delete_first",
    aspects=(
        Aspect(COLUMNS, put=update, wait=READY),
        Aspect("version", put=upgrade, wait=READY),
        Tagging("tags", get=Call("ListTags", "TagList"), put=Call("AddTags", TagList="$set"),
                remove=Call("RemoveTags", TagKeys="$unset")),
    ),
)  # fmt: skip
