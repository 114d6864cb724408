-- What rpc.sql made; the guard's trigger goes with its function.
drop function block_rds_in_cluster_pk_update() cascade;
