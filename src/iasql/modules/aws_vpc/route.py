"""The routes of a route table: AWS lists them inside the table, and knows each by its destination."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iasql.resource import Call, CidrText, Image, Region, Resource, column, ref, region, row, takes

TARGETS = {
    "egress_only_internet_gateway_id": "EgressOnlyInternetGatewayId",
    "gateway_id": "GatewayId",
    "instance_id": "InstanceId",
    "nat_gateway_id": "NatGatewayId",
    "transit_gateway_id": "TransitGatewayId",
    "local_gateway_id": "LocalGatewayId",
    "carrier_gateway_id": "CarrierGatewayId",
    "network_interface_id": "NetworkInterfaceId",
    "vpc_peering_connection_id": "VpcPeeringConnectionId",
    "core_network_arn": "CoreNetworkArn",
}
DESTINATION = r"""destination like 'pl-%' or destination ~ '^([0-9]{1,3}\.){3}[0-9]{1,3}/[0-9]{1,2}$'
    or destination ~ '^[0-9a-fA-F:]*:[0-9a-fA-F:.]*/[0-9]{1,3}$'"""


@row
class Route:
    """Where a route table sends traffic for one destination."""

    destination: CidrText = column(
        cloud_id=True, path="DestinationCidrBlock || DestinationIpv6CidrBlock || DestinationPrefixListId"
    )
    egress_only_internet_gateway_id: str | None = column()
    gateway_id: str | None = column()
    instance_id: str | None = column()
    instance_owner_id: str | None = column()
    nat_gateway_id: str | None = column()
    transit_gateway_id: str | None = column()
    local_gateway_id: str | None = column()
    carrier_gateway_id: str | None = column()
    network_interface_id: str | None = column()
    vpc_peering_connection_id: str | None = column()
    core_network_arn: str | None = column()
    region: Region = region()
    route_table_id: int = ref("route_table", cloud_id=True, on_delete="cascade")


def routes(table: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of a route table's routes."""
    return (route | {"RouteTableId": table["RouteTableId"]} for route in table["Routes"])


def place(route: Mapping[str, Any]) -> dict[str, str]:
    """The arguments that name a route."""
    to = route["destination"]
    form = "PrefixListId" if to.startswith("pl-") else "Ipv6CidrBlock" if ":" in to else "CidrBlock"
    return {"RouteTableId": route["route_table_id"], f"Destination{form}": to}


def target(route: Mapping[str, Any]) -> dict[str, str]:
    """The argument that says where a route leads; of an instance and its interface only the one set is."""
    said = {member: route[column] for column, member in TARGETS.items() if route.get(column)}
    if "InstanceId" in said and "NetworkInterfaceId" in said:
        said.pop("InstanceId" if "network_interface_id" in route.get("$columns", ()) else "NetworkInterfaceId")
    if said.get("GatewayId", "").startswith("vpce-"):
        said["VpcEndpointId"] = said.pop("GatewayId")
    return said


@takes("destination", "route_table_id", *TARGETS)
def create(ec2: Any, route: Mapping[str, Any]) -> None:
    """Makes the route."""
    ec2.create_route(**place(route), **target(route))


@takes(*TARGETS)
def replace(ec2: Any, route: Mapping[str, Any]) -> None:
    """Leads the route somewhere else, without a moment in which there is none."""
    ec2.replace_route(**place(route), **target(route))


@takes("destination", "route_table_id")
def delete(ec2: Any, route: Mapping[str, Any]) -> None:
    """Takes the route away."""
    ec2.delete_route(**place(route))


def stays(route: Image) -> str | None:
    """A table comes with its local routes, an endpoint with its own."""
    gateway = route.get("gateway_id") or ""
    if gateway == "local":
        return "the local route belongs to its table"
    by_endpoint = gateway.startswith("vpce-") and str(route.get("destination")).startswith("pl-")
    return "the route belongs to its endpoint" if by_endpoint else None


ROUTE = Resource(
    Route,
    service="ec2",
    shape="Route",
    unique=(("route_table_id", "region", "destination"),),
    checks={"CHK_56dc081b0a3649dd2ea516920f": DESTINATION},
    list=Call("DescribeRouteTables", "RouteTables", by={"route_table_id": "Filters:route-table-id"}),
    unfold=routes,
    create=create,
    update=replace,
    delete=delete,
    absent="InvalidRoute.NotFound",
    exists="RouteAlreadyExists",
    stays=stays,
)
