-- What rpc.sql made; triggers go with their functions.
drop function load_balancer_place() cascade;
drop function target_group_place() cascade;
drop function check_load_balancer_subnets(text[]);
drop function check_load_balancer_availability_zones(character varying, character varying[]);
