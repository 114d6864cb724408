-- What rpc.sql made; the guard's trigger goes with its function.
drop function block_private_repository_region_update() cascade;
