-- What rpc.sql made; the guard's trigger goes with its function.
drop function check_subnet_group_subnets() cascade;
