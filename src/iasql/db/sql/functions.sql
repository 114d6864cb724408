-- The functions that users call. Comments are JSON: iasql_help() shows them.

-- how functions speak with the engine ----------------------------------------------------------------------------------

-- what every function that the engine answers goes through: where no engine is, a commit that one left is named
create or replace function iasql.ask(op text, arguments jsonb default '{}') returns setof jsonb language plpgsql as $$
begin
  return query select * from iasql.call(op, arguments);
exception when system_error then
  perform iasql.refuse_interrupted();
  raise;
end $$;

-- what a SQL function refuses is told to the engine, which logs it; with no engine it is in the server's log only
create or replace function iasql.report_refusal(op text, state text, told text) returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform iasql.call('refused', jsonb_build_object('operation', op, 'sqlstate', state, 'message', told));
exception when system_error or active_sql_transaction or insufficient_privilege then
  return;
end $$;

-- transactions, from the log alone -----------------------------------------------------------------------------------

create or replace function public.iasql_begin(inout message text default null, out transaction_id uuid) language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform iasql.refuse_inside_transaction();
  begin
    transaction_id := iasql.open_transaction(message);
  exception when object_in_use then
    perform iasql.report_refusal('begin', sqlstate, sqlerrm);
    raise;
  end;
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
exception when object_in_use or no_active_sql_transaction or insufficient_privilege or sqlstate 'IA002' then
  perform iasql.report_refusal('rollback', sqlstate, sqlerrm);
  raise;
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
    from iasql.ask('preview', '{}') r;
exception when system_error then
  raise warning '%: this is what the log knows, the cloud was not asked', sqlerrm;
  return query select p.*, null::text from iasql.changes_of_open() p union all select * from iasql.left_of_open();
end $$;
comment on function public.iasql_preview is '{"description": "What iasql_commit() would do now.", "sample_usage": "SELECT * FROM iasql_preview()"}';

create or replace function public.iasql_commit(
  message text default null, force boolean default false, allow text[] default '{}', expect text default null,
  wait boolean default true, expires interval default null
) returns table (action text, table_name text, id text, description text) language plpgsql as $$
begin
  if expires <= interval '0' then
    raise exception 'expires: % is no time to come', expires using errcode = 'invalid_parameter_value', hint = 'For instance: interval ''2 hours''';
  end if;
  return query select r->>'action', r->>'table_name', r->>'id', r->>'description'
    from iasql.ask('commit', jsonb_build_object('message', message, 'force', force, 'allow', to_jsonb(allow),
      'expect', expect, 'wait', wait, 'expires', extract(epoch from expires))) r;
end $$;
comment on function public.iasql_commit is '{"description": "Carries the open transaction out in the cloud, wholly or not at all. expect: refuse any plan but the one with this digest. expires: the clock undoes it after that time.", "sample_usage": "SELECT * FROM iasql_commit(''why'')"}';

create or replace function public.iasql_cancel() returns table (message text, transaction_id uuid) language plpgsql as $$
begin
  return query select r->>'message', (r->>'transaction_id')::uuid from iasql.ask('cancel') r;
end $$;
comment on function public.iasql_cancel is '{"description": "Asks what the engine is carrying out to stop at its next safe point: a commit brings back what it has done, unless it has begun to destroy.", "sample_usage": "SELECT * FROM iasql_cancel()"}';

create or replace function public.iasql_result(
  inout transaction_id uuid default null, out state text, out message text, out changes bigint, out cloud_calls bigint,
  out error text, out opened_at timestamptz, out closed_at timestamptz
) language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  asked constant uuid := transaction_id;
begin
  select t.transaction_id, t.state, t.message, t.changes, t.cloud_calls, t.error, t.opened_at, t.closed_at
    into transaction_id, state, message, changes, cloud_calls, error, opened_at, closed_at
    from public.iasql_transaction t where asked is null or t.transaction_id = asked order by t.opened_at desc limit 1;
  if not found then
    raise exception 'there is no transaction %', coalesce(asked::text, 'yet') using errcode = 'invalid_parameter_value',
      hint = 'select * from iasql_transaction';
  end if;
end $$;
comment on function public.iasql_result is '{"description": "What became of a transaction, by default the last one: open, committing, committed, rolled_back or failed, and why.", "sample_usage": "SELECT * FROM iasql_result()"}';

create or replace function public.iasql_refresh(table_names text[] default null) returns table (
  action text, table_name text, id text, description text
) language plpgsql as $$
begin
  return query select r->>'action', r->>'table_name', r->>'id', r->>'description'
    from iasql.ask('refresh', jsonb_build_object('table_names', to_jsonb(table_names))) r;
end $$;
comment on function public.iasql_refresh is '{"description": "Brings the tables in line with the cloud; nothing is pushed.", "sample_usage": "SELECT * FROM iasql_refresh(array[''bucket''])"}';

create or replace function public.iasql_sync(table_names text[] default null) returns table (
  action text, table_name text, id text, description text, side text
) language plpgsql as $$
begin
  return query select r->>'action', r->>'table_name', r->>'id', r->>'description', r->>'side'
    from iasql.ask('sync', jsonb_build_object('table_names', to_jsonb(table_names))) r;
end $$;
comment on function public.iasql_sync is '{"description": "What the clock does, now: pending changes go to the cloud, then the tables follow it.", "sample_usage": "SELECT * FROM iasql_sync()"}';

create or replace function public.iasql_drift(table_names text[] default null) returns table (
  side text, kind text, table_name text, key jsonb, description text, column_name text, agreed jsonb, present jsonb,
  changed_by text, event text, event_at timestamptz, reason text
) language plpgsql as $$
begin
  return query select r->>'side', r->>'kind', r->>'table_name', nullif(r->'key', 'null'), r->>'description', r->>'column_name',
    nullif(r->'agreed', 'null'), nullif(r->'present', 'null'), r->>'changed_by', r->>'event', (r->>'event_at')::timestamptz, r->>'reason'
    from iasql.ask('drift', jsonb_build_object('table_names', to_jsonb(table_names))) r;
end $$;
comment on function public.iasql_drift is '{"description": "What differs from what the tables and the cloud last agreed on, on either side; nothing is written. Changes made in the cloud name whoever made them, where CloudTrail tells it.", "sample_usage": "SELECT side, kind, table_name, description, column_name, agreed, present FROM iasql_drift()"}';

create or replace function public.iasql_install(variadic modules text[]) returns table (
  module_name text, created_table_name text, record_count integer
) language plpgsql as $$
begin
  return query select r->>'module_name', r->>'created_table_name', (r->>'record_count')::integer
    from iasql.ask('install', jsonb_build_object('modules', to_jsonb(modules))) r;
end $$;
comment on function public.iasql_install is '{"description": "Installs modules with what they depend on: their tables, filled from the cloud.", "sample_usage": "SELECT * FROM iasql_install(''aws_s3'', ''aws_iam'')"}';

create or replace function public.iasql_uninstall(variadic modules text[]) returns table (
  module_name text, dropped_table_name text, record_count integer
) language plpgsql as $$
begin
  return query select r->>'module_name', r->>'dropped_table_name', (r->>'record_count')::integer
    from iasql.ask('uninstall', jsonb_build_object('modules', to_jsonb(modules))) r;
end $$;
comment on function public.iasql_uninstall is '{"description": "Drops the tables of modules; the cloud is not touched, the history stays.", "sample_usage": "SELECT * FROM iasql_uninstall(''aws_s3'')"}';

create or replace function public.iasql_modules_list() returns table (
  module_name text, module_version text, dependencies json
) language plpgsql as $$
begin
  return query select r->>'module_name', r->>'module_version', (r->'dependencies')::json
    from iasql.ask('modules_list', '{}') r;
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
  where c.told ? 'description'
    and p.proowner in ((select o.relowner from pg_class o where o.oid = 'iasql.gate'::regclass), 'iasql_module'::regrole)
  order by 1, 2, 3
$$;
comment on function public.iasql_help is '{"description": "Every function: what it takes, gives and does.", "sample_usage": "SELECT * FROM iasql_help()"}';

create or replace function iasql.told_in_comment(comment text) returns jsonb language plpgsql immutable as $$
begin
  return case when left(comment, 1) = '{' then comment::jsonb end;
exception when invalid_text_representation then
  return null;
end $$;

-- waiting ------------------------------------------------------------------------------------------------------------

-- each look is a statement of its own, which sees what was committed before it
create or replace function public.iasql_wait_for(
  table_name text, key jsonb, condition jsonb default '{}', seconds integer default 60
) returns boolean language plpgsql as $$
declare
  ends constant timestamptz := clock_timestamp() + make_interval(secs => coalesce(seconds, 60));
  rel constant regclass := iasql.table_to_watch(table_name, key, condition);
  pause double precision := 0.05;
  image jsonb;
begin
  perform iasql.refuse_inside_transaction();
  loop
    execute format('select to_jsonb(t.*) from %1$s t join jsonb_populate_record(null::%1$s, $1) k on %2$s limit 1', rel,
      (select string_agg(format('t.%1$I = k.%1$I', c), ' and ') from jsonb_object_keys(key) c)) into image using key;
    if image is not null and not exists (select from jsonb_each(coalesce(condition, '{}')) e where image->e.key is distinct from e.value) then
      return true;
    elsif clock_timestamp() >= ends then
      raise exception '% % did not become % within % s', table_name, key, condition, seconds using errcode = 'query_canceled',
        detail = case when image is null then 'There is no such row.' else format('It has %s.',
          (select jsonb_object_agg(c, image->c) from jsonb_object_keys(coalesce(condition, '{}')) c)) end;
    end if;
    perform pg_sleep(pause);
    pause := least(2 * pause, 0.5);
  end loop;
end $$;
comment on function public.iasql_wait_for is '{"description": "Waits until a row has these values, and fails when that takes longer.", "sample_usage": "SELECT iasql_wait_for(''queue'', ''{\"name\": \"jobs\"}'', ''{\"visibility_timeout\": 90}'', 300)"}';

create or replace function public.iasql_wait_for_all(seconds integer default 300) returns boolean language plpgsql as $$
declare
  ends constant timestamptz := clock_timestamp() + make_interval(secs => coalesce(seconds, 300));
  pause double precision := 0.05;
  waiting text;
begin
  perform iasql.refuse_inside_transaction();
  loop
    waiting := iasql.still_waiting();
    if waiting is null then
      return true;
    elsif clock_timestamp() >= ends then
      raise exception 'there is something left to carry out after % s', seconds using errcode = 'query_canceled', detail = waiting,
        hint = 'select * from iasql_conflict tells what is held, and why.';
    end if;
    perform pg_sleep(pause);
    pause := least(2 * pause, 0.5);
  end loop;
end $$;
comment on function public.iasql_wait_for_all is '{"description": "Waits until every change outside of an open transaction is carried out, and fails when that takes longer.", "sample_usage": "SELECT iasql_wait_for_all(300)"}';

-- the table that somebody waits for, after its columns were looked at
create or replace function iasql.table_to_watch(tab text, row_key jsonb, condition jsonb) returns regclass language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  w iasql.watched;
  unknown text;
begin
  select * into w from iasql.watched x where x.table_name = tab;
  if w.rel is null then
    raise exception 'no installed module has a table %', tab using errcode = 'undefined_table', hint = 'select * from iasql_tables';
  elsif coalesce(row_key, '{}') = '{}' or jsonb_typeof(row_key) <> 'object' then
    raise exception 'a row of % is named by its columns', tab using errcode = 'invalid_parameter_value',
      hint = format('For instance %L.', (select jsonb_object_agg(k, 1) from unnest(w.keys) k));
  end if;
  select string_agg(c, ', ') into unknown from jsonb_object_keys(row_key || coalesce(condition, '{}')) c
    where not exists (select from pg_attribute a where a.attrelid = w.rel and a.attname = c and a.attnum > 0 and not a.attisdropped);
  if unknown is not null then
    raise exception '% has no column %', tab, unknown using errcode = 'undefined_column';
  end if;
  return w.rel;
end $$;

-- what has not been carried out yet, in words; the changes of an open transaction wait for its commit
create or replace function iasql.still_waiting() returns text language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select string_agg(w.told, ', ') from (
    select 'a commit is running' told from iasql.gate g where g.state in ('committing', 'reverting')
    union all
    (select format('%s %s', p.table_name, p.key) from iasql.pending() p where not exists (
      select from iasql.gate g join public.iasql_audit_log l on l.transaction_id = g.user_transaction
      where g.state = 'open' and l.id > g.since and l.table_name = p.table_name and l.key = p.key and l.origin = 'user')
    order by 1 limit 20)) w
$$;

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
