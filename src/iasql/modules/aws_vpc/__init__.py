"""EC2's networks: VPCs, what they are divided into, and the ways in and out."""

from __future__ import annotations

from iasql.modules.aws_vpc.availability_zone import AVAILABILITY_ZONE
from iasql.modules.aws_vpc.dhcp_options import DHCP_OPTIONS
from iasql.modules.aws_vpc.elastic_ip import ELASTIC_IP
from iasql.modules.aws_vpc.endpoint_gateway import ENDPOINT_GATEWAY
from iasql.modules.aws_vpc.endpoint_interface import ENDPOINT_INTERFACE
from iasql.modules.aws_vpc.endpoint_interface_subnets import ENDPOINT_INTERFACE_SUBNETS
from iasql.modules.aws_vpc.internet_gateway import INTERNET_GATEWAY
from iasql.modules.aws_vpc.nat_gateway import NAT_GATEWAY
from iasql.modules.aws_vpc.network_acl import NETWORK_ACL
from iasql.modules.aws_vpc.peering_connection import PEERING_CONNECTION
from iasql.modules.aws_vpc.route import ROUTE
from iasql.modules.aws_vpc.route_table import ROUTE_TABLE
from iasql.modules.aws_vpc.route_table_association import ROUTE_TABLE_ASSOCIATION
from iasql.modules.aws_vpc.subnet import SUBNET
from iasql.modules.aws_vpc.vpc import VPC
from iasql.resource import Module

MODULE = Module(
    name="aws_vpc",
    dependencies=("aws_account",),
    resources=(
        AVAILABILITY_ZONE,
        DHCP_OPTIONS,
        VPC,
        NETWORK_ACL,
        SUBNET,
        INTERNET_GATEWAY,
        ROUTE_TABLE,
        ROUTE,
        ROUTE_TABLE_ASSOCIATION,
        ELASTIC_IP,
        NAT_GATEWAY,
        ENDPOINT_GATEWAY,
        ENDPOINT_INTERFACE,
        ENDPOINT_INTERFACE_SUBNETS,
        PEERING_CONNECTION,
    ),
    comment="VPCs, subnets, routes, gateways, endpoints and peerings.",
)
