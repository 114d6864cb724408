-- What rpc.sql made. A user's own table that still calls default_aws_region() is named in the error.
drop function aws_default_region_trigger() cascade;
drop function default_aws_region(text);
drop function default_aws_region();
