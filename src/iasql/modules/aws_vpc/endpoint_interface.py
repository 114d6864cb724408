"""An interface endpoint: an AWS service at private addresses of a VPC. Its subnets are rows of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from iasql.modules.aws_vpc.endpoint_service import long_name, of, short_name
from iasql.resource import (
    Aspect,
    Call,
    Policy,
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

Service = Literal[
    "s3", "s3-global.accesspoint", "execute-api", "rds", "logs", "codebuild", "codedeploy", "codepipeline", "ec2",
    "ecr", "ecs", "elasticloadbalancing", "elasticache", "lambda", "memory-db",
]  # fmt: skip


@row
class EndpointInterface:
    """An AWS service at private addresses of a VPC."""

    vpc_endpoint_id: str | None = cloud_id()
    service: Service = column(path=short_name)
    policy: Policy | None = column(path="PolicyDocument", comment="Who may use it; null: everybody in the VPC.")
    state: str | None = column()
    private_dns_enabled: bool | None = column(default=False)
    dns_name_record_type: Literal["dualstack", "ipv4", "ipv6", "service-defined"] | None = column(
        default="ipv4", path="DnsOptions.DnsRecordIpType"
    )
    tags: Tags | None = column()
    region: Region = region()
    vpc_id: int = ref("vpc")


@takes("service", "policy", "private_dns_enabled", "dns_name_record_type", "region", "vpc_id")
def create(ec2: Any, endpoint: Mapping[str, Any]) -> Any:
    """Makes the endpoint, in no subnet yet."""
    said = {"PolicyDocument": endpoint.get("policy"), "PrivateDnsEnabled": endpoint.get("private_dns_enabled")}
    kind = endpoint.get("dns_name_record_type")
    said["DnsOptions"] = {"DnsRecordIpType": kind} if kind else None
    return ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=endpoint["vpc_id"],
        ServiceName=long_name(endpoint["region"], endpoint["service"]),
        ClientToken=endpoint["token"],
        **{member: value for member, value in said.items() if value is not None},
    )["VpcEndpoint"]


ENDPOINT_INTERFACE = Resource(
    EndpointInterface,
    service="ec2",
    shape="VpcEndpoint",
    list=Call("DescribeVpcEndpoints", "VpcEndpoints", by={"vpc_endpoint_id": "VpcEndpointIds"}),
    unfold=of("Interface", get_args(Service)),
    create=create,
    repeatable=True,
    delete=Call("DeleteVpcEndpoints", VpcEndpointIds=["$vpc_endpoint_id"]),
    aspects=(
        Aspect("policy", put=Call("ModifyVpcEndpoint", PolicyDocument="$policy"),
               clear=Call("ModifyVpcEndpoint", ResetPolicy=True)),
        Aspect("private_dns_enabled", put=Call("ModifyVpcEndpoint")),
        Aspect("dns_name_record_type", put=Call("ModifyVpcEndpoint", PrivateDnsEnabled=None,
               DnsOptions={"DnsRecordIpType": "$dns_name_record_type"})),
        ec2_tags("vpc-endpoint", "vpc_endpoint_id"),
    ),
)  # fmt: skip
