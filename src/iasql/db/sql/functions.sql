-- The functions that users call. Comments are JSON: iasql_help() shows them.

-- transactions, from the log alone -----------------------------------------------------------------------------------

create or replace function public.iasql_begin(inout message text default null, out transaction_id uuid) language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform iasql.refuse_inside_transaction();
  transaction_id := iasql.open_transaction(message);
  message := 'Transaction started';
end $$;
comment on function public.iasql_begin is '{"description": "Opens a transaction: what is changed from now on is previewed, committed or rolled back as one.", "sample_usage": "SELECT * FROM iasql_begin(''why'')"}';

create or replace function public.iasql_rollback(force boolean default false) returns table (
  action text, table_name text, id text, description text
) language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform iasql.refuse_inside_transaction();
  return query select r.action, r.table_name, d.id, coalesce(r.image->>'name', d.id)
    from iasql.roll_back(coalesce(force, false)) r cross join lateral (
      select string_agg(k.value, '|' order by k.key) id from jsonb_each_text(r.key) k) d;
end $$;
comment on function public.iasql_rollback is '{"description": "Undoes what was changed since iasql_begin(), from the log, and closes the transaction.", "sample_usage": "SELECT * FROM iasql_rollback()"}';

-- answered by the engine ---------------------------------------------------------------------------------------------

create or replace function public.iasql_preview() returns table (
  action text, table_name text, id text, description text, side text, changes jsonb, conflict jsonb, reversible text,
  changed_by text, plan_digest text
) language plpgsql as $$
begin
  return query select r->>'action', r->>'table_name', r->>'id', r->>'description', r->>'side',
    nullif(r->'changes', 'null'), nullif(r->'conflict', 'null'), r->>'reversible', r->>'changed_by', r->>'plan_digest'
    from iasql.call('preview', '{}') r;
exception when system_error then
  raise warning '%: this is what the log knows, the cloud was not asked', sqlerrm;
  return query select p.*, null::text from iasql.changes_of_open() p;
end $$;
comment on function public.iasql_preview is '{"description": "What iasql_commit() would do now.", "sample_usage": "SELECT * FROM iasql_preview()"}';

create or replace function public.iasql_commit(
  message text default null, force boolean default false, allow text[] default '{}', expect text default null,
  wait boolean default true, expires interval default null
) returns table (action text, table_name text, id text, description text) language plpgsql as $$
begin
  return query select r->>'action', r->>'table_name', r->>'id', r->>'description'
    from iasql.call('commit', jsonb_build_object('message', message, 'force', force, 'allow', to_jsonb(allow),
      'expect', expect, 'wait', wait, 'expires', expires)) r;
end $$;
comment on function public.iasql_commit is '{"description": "Carries the open transaction out in the cloud, wholly or not at all. expect: refuse any plan but the one with this digest.", "sample_usage": "SELECT * FROM iasql_commit(''why'')"}';

create or replace function public.iasql_refresh(table_names text[] default null) returns table (
  action text, table_name text, id text, description text
) language plpgsql as $$
begin
  return query select r->>'action', r->>'table_name', r->>'id', r->>'description'
    from iasql.call('refresh', jsonb_build_object('table_names', to_jsonb(table_names))) r;
end $$;
comment on function public.iasql_refresh is '{"description": "Brings the tables in line with the cloud; nothing is pushed.", "sample_usage": "SELECT * FROM iasql_refresh(array[''bucket''])"}';

create or replace function public.iasql_sync(table_names text[] default null) returns table (
  action text, table_name text, id text, description text, side text
) language plpgsql as $$
begin
  return query select r->>'action', r->>'table_name', r->>'id', r->>'description', r->>'side'
    from iasql.call('sync', jsonb_build_object('table_names', to_jsonb(table_names))) r;
end $$;
comment on function public.iasql_sync is '{"description": "What the clock does, now: pending changes go to the cloud, then the tables follow it.", "sample_usage": "SELECT * FROM iasql_sync()"}';

create or replace function public.iasql_install(variadic modules text[]) returns table (
  module_name text, created_table_name text, record_count integer
) language plpgsql as $$
begin
  return query select r->>'module_name', r->>'created_table_name', (r->>'record_count')::integer
    from iasql.call('install', jsonb_build_object('modules', to_jsonb(modules))) r;
end $$;
comment on function public.iasql_install is '{"description": "Installs modules with what they depend on: their tables, filled from the cloud.", "sample_usage": "SELECT * FROM iasql_install(''aws_s3'', ''aws_iam'')"}';

create or replace function public.iasql_uninstall(variadic modules text[]) returns table (
  module_name text, dropped_table_name text, record_count integer
) language plpgsql as $$
begin
  return query select r->>'module_name', r->>'dropped_table_name', (r->>'record_count')::integer
    from iasql.call('uninstall', jsonb_build_object('modules', to_jsonb(modules))) r;
end $$;
comment on function public.iasql_uninstall is '{"description": "Drops the tables of modules; the cloud is not touched, the history stays.", "sample_usage": "SELECT * FROM iasql_uninstall(''aws_s3'')"}';

create or replace function public.iasql_modules_list() returns table (
  module_name text, module_version text, dependencies json
) language plpgsql as $$
begin
  return query select r->>'module_name', r->>'module_version', (r->'dependencies')::json
    from iasql.call('modules_list', '{}') r;
end $$;
comment on function public.iasql_modules_list is '{"description": "Every module that can be installed.", "sample_usage": "SELECT * FROM iasql_modules_list()"}';

create or replace function public.iasql_progress() returns table (
  done integer, total integer, current text, seconds double precision
) language sql security definer set search_path = pg_catalog, pg_temp as $$
  select p.done, p.total, p.current, extract(epoch from clock_timestamp() - p.since)::double precision
  from iasql.progress p order by p.since
$$;
comment on function public.iasql_progress is '{"description": "How far the engine is with what it does now.", "sample_usage": "SELECT * FROM iasql_progress()"}';

-- what is known ------------------------------------------------------------------------------------------------------

create or replace function public.iasql_modules_installed() returns table (
  module_name text, module_version text, dependencies text[]
) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select m.name, m.version, array(
    select d.dependency || '@' || n.version from public.iasql_dependencies d join public.iasql_module n on n.name = d.dependency
    where d.module = m.name order by 1)
  from public.iasql_module m order by m.name
$$;
comment on function public.iasql_modules_installed is '{"description": "The installed modules.", "sample_usage": "SELECT * FROM iasql_modules_installed()"}';

create or replace function public.iasql_get_errors() returns table (ts timestamptz, message text) language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select l.ts, l.message from public.iasql_audit_log l
  where l.key is null and l.change_type = 'ERROR' order by l.id desc limit 500
$$;
comment on function public.iasql_get_errors is '{"description": "What failed, newest first.", "sample_usage": "SELECT * FROM iasql_get_errors()"}';

create or replace function public.iasql_version() returns table (version text) language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select m.version from public.iasql_module m where m.name = 'iasql_platform'
$$;
comment on function public.iasql_version is '{"description": "The version of IaSQL that this database was last migrated by.", "sample_usage": "SELECT * FROM iasql_version()"}';

create or replace function public.iasql_help() returns table (
  module text, name text, signature text, description text, sample_usage text
) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(c.told->>'module', 'iasql_functions'), p.proname::text,
    format('(%s) => (%s)', coalesce(a.given, ''), coalesce(a.answer, format_type(p.prorettype, null))),
    c.told->>'description', c.told->>'sample_usage'
  from pg_proc p cross join lateral (select iasql.told_in_comment(obj_description(p.oid, 'pg_proc')) told) c
  cross join lateral (
    select
      string_agg(case x.mode when 'v' then 'variadic ' else '' end || coalesce(x.name || ' ', '') || format_type(x.type, null), ', ' order by x.n)
        filter (where x.mode in ('i', 'b', 'v')) given,
      string_agg(coalesce(x.name || ' ', '') || format_type(x.type, null), ', ' order by x.n) filter (where x.mode in ('o', 'b', 't')) answer
    from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargnames, p.proargmodes::text[]) with ordinality y (type, name, mode, n)
    cross join lateral (select y.type, y.name, coalesce(y.mode, 'i') mode, y.n) x) a
  where c.told ? 'description' and p.proowner = (select o.relowner from pg_class o where o.oid = 'iasql.gate'::regclass)
  order by 1, 2, 3
$$;
comment on function public.iasql_help is '{"description": "Every function: what it takes, gives and does.", "sample_usage": "SELECT * FROM iasql_help()"}';

create or replace function iasql.told_in_comment(comment text) returns jsonb language plpgsql immutable as $$
begin
  return case when left(comment, 1) = '{' then comment::jsonb end;
exception when invalid_text_representation then
  return null;
end $$;

-- many rows at once --------------------------------------------------------------------------------------------------

create or replace function public.delete_all_records() returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  tab regclass;
begin
  set constraints all deferred;
  for tab in select iasql.emptied_tables() loop
    execute format('delete from %s', tab);
  end loop;
  set constraints all immediate;
end $$;
comment on function public.delete_all_records is '{"description": "Deletes every row of every module''s tables but credentials and regions; inside of a transaction only.", "sample_usage": "SELECT delete_all_records()"}';

create or replace function iasql.emptied_tables() returns setof regclass language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from iasql.gate g where g.state <> 'open' and not g.bulk) then
    raise exception 'delete_all_records() works inside of a transaction only' using errcode = 'no_active_sql_transaction',
      hint = 'Call iasql_begin() first, or set truncate_outside_transaction to allow.';
  end if;
  return query select w.rel from iasql.watched w
    where not w.platform and w.table_name not in ('aws_credentials', 'aws_regions') order by w.table_name;
end $$;

-- old names ----------------------------------------------------------------------------------------------------------

create or replace function iasql.raise_replaced(old text, new text) returns void language plpgsql as $$
begin
  raise exception '%() has been replaced by %()', old, new using errcode = 'feature_not_supported',
    hint = format('select * from %s()', new);
end $$;

create or replace function public.iasql_apply() returns table (action text, table_name text, id text, description text)
  language plpgsql as $$ begin perform iasql.raise_replaced('iasql_apply', 'iasql_commit'); end $$;
create or replace function public.iasql_preview_apply() returns table (action text, table_name text, id text, description text)
  language plpgsql as $$ begin perform iasql.raise_replaced('iasql_preview_apply', 'iasql_preview'); end $$;
create or replace function public.iasql_preview_sync() returns table (action text, table_name text, id text, description text)
  language plpgsql as $$ begin perform iasql.raise_replaced('iasql_preview_sync', 'iasql_preview'); end $$;
comment on function public.iasql_apply is '{"description": "Replaced by iasql_commit().", "sample_usage": "SELECT * FROM iasql_commit()"}';
comment on function public.iasql_preview_apply is '{"description": "Replaced by iasql_preview().", "sample_usage": "SELECT * FROM iasql_preview()"}';
comment on function public.iasql_preview_sync is '{"description": "Replaced by iasql_preview().", "sample_usage": "SELECT * FROM iasql_preview()"}';
