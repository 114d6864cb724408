"""A rule of a security group: one direction, one protocol, one source or destination."""

from __future__ import annotations

from typing import Any

from iasql.resource import (
    Aspect,
    Call,
    Cidr,
    Either,
    Image,
    Joint,
    Port,
    Protocol,
    Region,
    Resource,
    cloud_id,
    column,
    computed,
    given,
    ref,
    region,
    row,
)


@row
class SecurityGroupRule:
    """One kind of traffic that a security group lets in or out."""

    security_group_rule_id: str | None = cloud_id()
    is_egress: bool = column()
    ip_protocol: Protocol | None = column()
    from_port: Port | None = column()
    to_port: Port | None = column()
    cidr_ipv4: Cidr | None = column()
    cidr_ipv6: Cidr | None = column()
    prefix_list_id: str | None = column()
    description: str | None = column()
    region: Region = region()
    security_group_id: int | None = ref("security_group", path="GroupId", needed=True)
    source_security_group: int | None = ref("security_group", path="ReferencedGroupInfo.GroupId", with_region=False)
    referenced_group_id: str | None = computed(
        path="ReferencedGroupInfo.GroupId", comment="The group the rule names, also one of another account."
    )


TRAFFIC = {
    "IpProtocol": "$ip_protocol",
    "FromPort": "$from_port",
    "ToPort": "$to_port",
    "IpRanges": [given("cidr_ipv4", {"CidrIp": "$cidr_ipv4", "Description": "$description"})],
    "Ipv6Ranges": [given("cidr_ipv6", {"CidrIpv6": "$cidr_ipv6", "Description": "$description"})],
    "PrefixListIds": [given("prefix_list_id", {"PrefixListId": "$prefix_list_id", "Description": "$description"})],
    "UserIdGroupPairs": [
        given("source_security_group", {"GroupId": "$source_security_group", "Description": "$description"})
    ],
}
RULE = {
    "IpProtocol": "$ip_protocol", "FromPort": "$from_port", "ToPort": "$to_port", "CidrIpv4": "$cidr_ipv4",
    "CidrIpv6": "$cidr_ipv6", "PrefixListId": "$prefix_list_id", "ReferencedGroupId": "$referenced_group_id",
    "Description": "$description",
}  # fmt: skip


def as_made(rule: Image) -> Image:
    """The answer to a new rule is the rule as lists tell it."""
    return rule


def either(verb: str, path: str, joint: Joint, **arguments: Any) -> Either:
    """The twin operations of a verb on one of the group's rules, or on several."""
    said = {"IpProtocol": None, "FromPort": None, "ToPort": None, "GroupId": "$security_group_id", **arguments}
    return Either("is_egress", Call(f"{verb}SecurityGroupEgress", path, joint=joint, **said),
                  Call(f"{verb}SecurityGroupIngress", path, joint=joint, **said))  # fmt: skip


SECURITY_GROUP_RULE = Resource(
    SecurityGroupRule,
    service="ec2",
    shape="SecurityGroupRule",
    unique=(("security_group_id", "is_egress", "ip_protocol", "from_port", "to_port", "cidr_ipv4", "cidr_ipv6",
             "prefix_list_id", "source_security_group", "region"),),
    checks={
        "Check_security_or_ip_permissions": """
            num_nonnulls(cidr_ipv4, cidr_ipv6, prefix_list_id, source_security_group) <= 1
            and num_nonnulls(cidr_ipv4, cidr_ipv6, prefix_list_id, source_security_group, referenced_group_id) >= 1
            and (num_nonnulls(cidr_ipv4, cidr_ipv6) = 0 or num_nonnulls(from_port, to_port) = 2
                 or ip_protocol not in ('tcp', 'udp', 'icmp', 'icmpv6'))""",
    },
    list=Call("DescribeSecurityGroupRules", "SecurityGroupRules",
              by={"security_group_rule_id": "Filters:security-group-rule-id", "security_group_id": "Filters:group-id"}),
    create=either("Authorize", "SecurityGroupRules[0]", Joint("IpPermissions", "SecurityGroupRules"),
                  IpPermissions=[TRAFFIC]),
    as_made=as_made,
    delete=either("Revoke", "@", Joint("SecurityGroupRuleIds"), SecurityGroupRuleIds=["$security_group_rule_id"]),
    aspects=(
        Aspect("description", put=Call(
            "ModifySecurityGroupRules", GroupId="$security_group_id", joint=Joint("SecurityGroupRules"),
            SecurityGroupRules=[{"SecurityGroupRuleId": "$security_group_rule_id", "SecurityGroupRule": RULE}])),
    ),
)  # fmt: skip
