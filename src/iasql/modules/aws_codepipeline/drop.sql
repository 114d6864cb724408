-- What rpc.sql made; its trigger goes with it.
drop function hide_codepipeline_token() cascade;
