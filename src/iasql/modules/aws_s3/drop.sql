-- What rpc.sql made.
drop function get_bucket_website_endpoint(text);
