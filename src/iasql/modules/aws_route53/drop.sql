-- What rpc.sql made; triggers go with their functions.
drop function whole_domain_name() cascade;
drop function whole_record_name() cascade;
