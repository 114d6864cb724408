-- What users call around a transaction. Comments are JSON here and in the files beside it: iasql_help() shows them.

create or replace function public.iasql_begin(inout message text default null, out transaction_id uuid) language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform iasql.refuse_inside_transaction();
  transaction_id := iasql.open_for(message, 'begin');
  message := 'Transaction started';
end $$;
comment on function public.iasql_begin is '{"description": "Opens a transaction: what is changed from now on is previewed, committed or rolled back as one.", "sample_usage": "SELECT * FROM iasql_begin(''why'')"}';

create or replace function public.iasql_rollback(force boolean default false) returns table (
  action text, table_name text, id text, description text
) language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform iasql.refuse_inside_transaction();
  return query with undone as materialized (
      select r.*, row_number() over () place from iasql.roll_back(coalesce(force, false)) r
    )
    select u.action, u.table_name, iasql.row_id(u.key), l.label
    from undone u join iasql.labels((select jsonb_agg(jsonb_build_object('table', x.table_name, 'key', x.key, 'image', x.image)) from undone x)) l
      on l.table_name = u.table_name and l.key = u.key order by u.place;
exception when object_in_use or no_active_sql_transaction or insufficient_privilege or sqlstate 'IA002' then
  perform iasql.report_refusal('rollback', sqlstate, sqlerrm);
  raise;
end $$;
comment on function public.iasql_rollback is '{"description": "Undoes what was changed since iasql_begin(), from the log, and closes the transaction.", "sample_usage": "SELECT * FROM iasql_rollback()"}';

create or replace function public.iasql_preview() returns table (
  action text, table_name text, id text, description text, side text, changes jsonb, conflict jsonb, reversible text,
  changed_by text, plan_digest text
) language plpgsql set search_path = pg_catalog, pg_temp as $$
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
) returns table (action text, table_name text, id text, description text) language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if expires <= interval '0' then
    raise exception 'expires: % is no time to come', expires using errcode = 'invalid_parameter_value', hint = 'For instance: interval ''2 hours''';
  end if;
  return query select r->>'action', r->>'table_name', r->>'id', r->>'description'
    from iasql.ask('commit', jsonb_build_object('message', message, 'force', force, 'allow', to_jsonb(allow),
      'expect', expect, 'wait', wait, 'expires', extract(epoch from expires))) r;
end $$;
comment on function public.iasql_commit is '{"description": "Carries the open transaction out in the cloud, wholly or not at all. expect: refuse any plan but the one with this digest. expires: the clock undoes it after that time.", "sample_usage": "SELECT * FROM iasql_commit(''why'')"}';

create or replace function public.iasql_cancel() returns table (message text, transaction_id uuid) language plpgsql set search_path = pg_catalog, pg_temp as $$
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
