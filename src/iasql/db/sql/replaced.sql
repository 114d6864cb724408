-- Names that the original had, and what has replaced them.

create or replace function iasql.raise_replaced(old text, new text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception '%() has been replaced by %()', old, new using errcode = 'feature_not_supported',
    hint = format('select * from %s()', new);
end $$;

create or replace function public.iasql_apply() returns table (action text, table_name text, id text, description text)
  language plpgsql set search_path = pg_catalog, pg_temp as $$ begin perform iasql.raise_replaced('iasql_apply', 'iasql_commit'); end $$;

create or replace function public.iasql_preview_apply() returns table (action text, table_name text, id text, description text)
  language plpgsql set search_path = pg_catalog, pg_temp as $$ begin perform iasql.raise_replaced('iasql_preview_apply', 'iasql_preview'); end $$;

create or replace function public.iasql_preview_sync() returns table (action text, table_name text, id text, description text)
  language plpgsql set search_path = pg_catalog, pg_temp as $$ begin perform iasql.raise_replaced('iasql_preview_sync', 'iasql_preview'); end $$;
comment on function public.iasql_apply is '{"description": "Replaced by iasql_commit().", "sample_usage": "SELECT * FROM iasql_commit()"}';
comment on function public.iasql_preview_apply is '{"description": "Replaced by iasql_preview().", "sample_usage": "SELECT * FROM iasql_preview()"}';
comment on function public.iasql_preview_sync is '{"description": "Replaced by iasql_preview().", "sample_usage": "SELECT * FROM iasql_preview()"}';
