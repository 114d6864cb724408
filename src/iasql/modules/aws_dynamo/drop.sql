-- What rpc.sql made; the guard's trigger goes with its function.
drop function before_dynamo_table_insert_update() cascade;
