-- What rpc.sql made; the guard's trigger goes with its function.
drop function before_queue_insert_update() cascade;
