-- What rpc.sql made; triggers go with their functions.
drop function route_table_association_place() cascade;
drop function peering_connection_place() cascade;
drop function endpoint_interface_subnets_place() cascade;
drop function check_route_table_ids_region_update() cascade;
