-- What rpc.sql made; the triggers go with their functions.
drop function block_codepipeline_primary_key_update() cascade;
drop function hide_codepipeline_token() cascade;
