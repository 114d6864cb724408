-- What rpc.sql made; the guards' triggers go with their functions.
drop function block_s3_primary_key_update() cascade;
drop function block_s3_object_primary_key_update() cascade;
drop function get_bucket_website_endpoint(text);
