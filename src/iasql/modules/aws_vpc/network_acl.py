"""A network ACL with its entries; the default ones of VPCs are AWS's and have no row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.resource import (
    Aspect,
    Call,
    JsonSet,
    Region,
    Resource,
    Tags,
    cloud_id,
    column,
    ec2_tags,
    ref,
    region,
    row,
    takes,
)

LAST = 32_767
"""The number of the entries that every ACL ends with, which nobody may change."""


@row
class NetworkAcl:
    """Numbered rules for the traffic that enters and leaves subnets."""

    network_acl_id: str | None = cloud_id()
    entries: JsonSet | None = column(path=f"Entries[?RuleNumber < `{LAST}`]", comment="The rules, as AWS writes them.")
    tags: Tags | None = column()
    region: Region = region()
    vpc_id: int = ref("vpc", on_delete="cascade")


def place(entry: Mapping[str, Any]) -> tuple[bool, int]:
    """What tells an entry from the others of its ACL."""
    return bool(entry["Egress"]), int(entry["RuleNumber"])


@takes("network_acl_id", "entries")
def write(ec2: Any, acl: Mapping[str, Any]) -> None:
    """Brings the entries to what the row says: one call for each that differs, none for the others."""
    which = acl["network_acl_id"]
    found = ec2.describe_network_acls(NetworkAclIds=[which])["NetworkAcls"]
    held = {place(entry): entry for one in found for entry in one["Entries"] if entry["RuleNumber"] < LAST}
    wanted = {place(entry): entry for entry in acl.get("entries") or ()}
    for egress, number in sorted(held.keys() - wanted.keys()):
        ec2.delete_network_acl_entry(NetworkAclId=which, Egress=egress, RuleNumber=number)
    for where, entry in sorted(wanted.items()):
        if where not in held:
            ec2.create_network_acl_entry(NetworkAclId=which, **entry)
        elif held[where] != entry:
            ec2.replace_network_acl_entry(NetworkAclId=which, **entry)


NETWORK_ACL = Resource(
    NetworkAcl,
    service="ec2",
    shape="NetworkAcl",
    unique_if_set=(("network_acl_id", "region"),),
    list=Call("DescribeNetworkAcls", "NetworkAcls[?!IsDefault]", by={"network_acl_id": "NetworkAclIds"}),
    create=Call("CreateNetworkAcl", "NetworkAcl"),
    delete=Call("DeleteNetworkAcl"),
    aspects=(Aspect("entries", put=write, clear=write), ec2_tags("network-acl", "network_acl_id")),
)
