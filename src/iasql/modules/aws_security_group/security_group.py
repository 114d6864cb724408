"""A security group; everything about it but its tags is fixed when it is made."""

from __future__ import annotations

from iasql.resource import Call, Image, Region, Resource, Sweep, Tags, cloud_id, column, ec2_tags, ref, region, row

TEXT = r"[a-zA-Z0-9 ._:/()#,@\[\]+=&;{}!$*-]{1,255}"
SAID = "1 to 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*"


@row
class SecurityGroup:
    """A virtual firewall: it decides which traffic reaches and leaves its members."""

    description: str = column(pattern=TEXT, allowed=SAID)
    group_name: str = column(pattern="(?!sg-)" + TEXT, allowed=f"{SAID}, which do not begin with sg-")
    owner_id: str | None = column()
    group_id: str | None = cloud_id()
    tags: Tags | None = column()
    region: Region = region()
    vpc_id: int | None = ref("vpc")


def stays(group: Image) -> str | None:
    """A VPC comes with its group, and takes it along."""
    return "the default security group belongs to its VPC" if group.get("group_name") == "default" else None


# What AWS lets a new group send, and nobody asked for; what a row asks for is authorized later.
ANYTHING = """IpPermissionsEgress[?IpProtocol == '-1'].{
    IpProtocol: IpProtocol,
    IpRanges: IpRanges[?CidrIp == '0.0.0.0/0'],
    Ipv6Ranges: Ipv6Ranges[?CidrIpv6 == '::/0']
}[?IpRanges || Ipv6Ranges]"""


SECURITY_GROUP = Resource(
    SecurityGroup,
    service="ec2",
    shape="SecurityGroup",
    unique=(("group_name", "vpc_id", "region"),),
    list=Call(
        "DescribeSecurityGroups",
        "SecurityGroups",
        by={"group_id": "Filters:group-id", "group_name": "Filters:group-name"},
    ),
    create=Call("CreateSecurityGroup"),
    delete=Call("DeleteSecurityGroup"),
    sweep=Sweep(
        # by ids, not by a filter: a group that AWS does not show yet is then an error, and not a group without rules
        Call(
            "DescribeSecurityGroups",
            f"SecurityGroups[].{{owner: GroupId, items: {ANYTHING}}}",
            by={"group_id": "GroupIds"},
        ),
        Call("RevokeSecurityGroupEgress", GroupId="$group_id", SecurityGroupRuleIds=None, IpPermissions="$items"),
    ),
    stays=stays,
    # Its name is taken until it is gone.
    replace_order="delete_first",
    aspects=(ec2_tags("security-group", "group_id"),),
)
