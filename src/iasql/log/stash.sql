-- Change sets that are put aside: many proposals wait side by side, and the database is free meanwhile. A set is nothing
-- but its transaction, closed as stashed; it is put back row by row, three-way, by what names each row.

-- those that wait: not taken up again, or taken up and rolled back
create or replace function iasql.stashed() returns table (name text, transaction_id uuid, closed bigint, about jsonb) language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  with taken as materialized (   -- once, and the state of these alone: the log has many transactions
    select o.change->>'unstash' id, (select t.state from public.iasql_transaction t where t.transaction_id = o.transaction_id) state
    from public.iasql_audit_log o where o.key is null and o.change_type = 'OPEN_TRANSACTION' and o.change ? 'unstash'
  )
  select l.change->>'stash', l.transaction_id, l.id, l.change from public.iasql_audit_log l
  where l.key is null and l.change_type = 'CLOSE_TRANSACTION' and l.change ? 'stash'
    and not exists (select from public.iasql_audit_log d where d.transaction_id = l.transaction_id and d.key is null
      and d.id > l.id and d.change_type = 'SETTING' and d.change ? 'discarded')
    and not exists (select from taken t where t.id = l.transaction_id::text and t.state <> 'rolled_back')
$$;

create or replace function iasql.refuse_stash(name text) returns void language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  if coalesce(btrim(name), '') = '' then
    raise exception 'a change set that is put aside needs a name' using errcode = 'invalid_parameter_value',
      hint = 'select * from iasql_stash(''bigger queues'')';
  elsif exists (select from iasql.stashed() s where s.name = refuse_stash.name) then
    raise exception 'there is a stash % already', name using errcode = 'duplicate_object', hint = 'Give another name, or iasql_discard() that one.';
  elsif exists (select from iasql.gate g where g.state = 'open' and not exists (select from iasql.net(g.user_transaction))) then
    raise exception 'nothing was changed: there is nothing to put aside' using errcode = 'object_not_in_prerequisite_state',
      hint = 'select * from iasql_rollback()';
  end if;
end $$;

-- closes the open transaction as a change set under this name; false when it has grown since `seen`. rows, digest: the
-- plan as it was shown
create or replace function iasql.put_aside(
  name text, tx uuid, seen bigint, rows jsonb, digest text, person text, login text
) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off as $$
declare
  g iasql.gate;
begin
  perform iasql.refuse_stash(name);
  perform iasql.take_gate();
  select * into g from iasql.gate;
  if g.state <> 'open' or g.user_transaction <> tx then
    raise exception 'transaction % is not open', tx using errcode = 'no_active_sql_transaction';
  elsif iasql.last_id(tx) > seen then
    return false;
  end if;
  perform iasql.switch('reverting', tx, g.verb_transaction, g.opened_by);
  perform iasql.mark('START_REVERT', tx, null, null, person);
  perform from iasql.rollback_span(tx);
  perform iasql.mark('END_REVERT', tx, null, null, person);
  perform iasql.mark('CLOSE_TRANSACTION', tx, null, jsonb_strip_nulls(jsonb_build_object('state', 'stashed', 'stash', name,
    'digest', digest, 'login', login)) || jsonb_build_object('rows', rows), person);
  perform iasql.switch('clean', iasql.new_id(), g.verb_transaction);
  perform iasql.note_statement();
  return true;
end $$;

-- the same where no engine can tell the plan
create or replace function iasql.put_aside_alone(name text) returns jsonb language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  tx uuid;
  seen bigint;
  rows jsonb;
begin
  perform iasql.refuse_rollback(false);
  select g.user_transaction, iasql.last_id(g.user_transaction) into tx, seen from iasql.gate g;
  select coalesce(jsonb_agg(to_jsonb(p.*)), '[]') into rows from iasql.changes_of_open() p;
  if not iasql.put_aside(name, tx, seen, rows, null, coalesce(nullif(current_setting('iasql.actor', true), ''), session_user), session_user) then
    raise exception 'somebody kept writing into the transaction; try again' using errcode = 'serialization_failure';
  end if;
  return rows;
end $$;

create or replace function public.iasql_stash(name text) returns table (
  action text, table_name text, id text, description text, side text, changes jsonb, conflict jsonb, reversible text,
  changed_by text, plan_digest text
) language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  rows jsonb;
begin
  perform iasql.refuse_inside_transaction();
  perform iasql.refuse_stash($1);
  begin
    select coalesce(jsonb_agg(r), '[]') into rows from iasql.ask('stash', jsonb_build_object('name', $1)) r;
  exception when system_error or sqlstate 'IA005' then
    raise warning '%: put aside without a plan, which somebody could approve', sqlerrm;
    rows := iasql.put_aside_alone($1);
  end;
  return query select r.* from jsonb_to_recordset(rows) as r (action text, table_name text, id text, description text, side text,
    changes jsonb, conflict jsonb, reversible text, changed_by text, plan_digest text);
end $$;
comment on function public.iasql_stash is '{"description": "Puts the open transaction aside under a name, and closes it: the tables are as before iasql_begin(), and others can go on. Answers what it would have done.", "sample_usage": "SELECT * FROM iasql_stash(''bigger queues'')"}';

create or replace function public.iasql_stashes() returns table (
  action text, table_name text, id text, description text, side text, changes jsonb, conflict jsonb, reversible text,
  changed_by text, plan_digest text, name text, transaction_id uuid, message text, stashed_by text, stashed_at timestamptz, approved_by text
) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select r.*, s.name, s.transaction_id, iasql.message_of(s.transaction_id), l.changed_by, l.ts,
    (select string_agg(a.who, ', ' order by a.who) from iasql.approvers(s.transaction_id, s.about->>'digest') a (who))
  from iasql.stashed() s join public.iasql_audit_log l on l.id = s.closed
    cross join lateral jsonb_to_recordset(s.about->'rows') as r (action text, table_name text, id text, description text, side text,
      changes jsonb, conflict jsonb, reversible text, changed_by text, plan_digest text)
  order by s.closed
$$;
comment on function public.iasql_stashes is '{"description": "The change sets that are put aside, with what each would have done.", "sample_usage": "SELECT name, stashed_by, action, table_name, description FROM iasql_stashes()"}';

create or replace function iasql.stash_named(name text) returns uuid language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  tx constant uuid := (select s.transaction_id from iasql.stashed() s where s.name = stash_named.name);
begin
  if tx is null then
    raise exception 'there is no stash %', coalesce(name, 'null') using errcode = 'undefined_object',
      hint = coalesce('There are: ' || (select string_agg(s.name, ', ' order by s.closed) from iasql.stashed() s), 'There is none.');
  end if;
  return tx;
end $$;

create or replace function public.iasql_unstash(name text) returns table (
  action text, table_name text, id text, description text, side text, changes jsonb, conflict jsonb, reversible text,
  changed_by text, plan_digest text
) language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off as $$
declare
  was uuid;
  tx uuid;
begin
  perform iasql.refuse_inside_transaction();
  perform iasql.refuse_to_open('unstash');
  was := iasql.stash_named($1);
  tx := iasql.open_for(iasql.message_of(was), 'unstash', jsonb_build_object('unstash', was, 'stash', $1));
  return query select * from iasql.write_way(tx, iasql.way_again(was), true);
end $$;
comment on function public.iasql_unstash is '{"description": "Opens a transaction with a change set that was put aside, as the changes of those who made them. What others changed meanwhile is a conflict, named and left as it is. Rolled back, it is put aside again.", "sample_usage": "SELECT * FROM iasql_unstash(''bigger queues'')"}';

create or replace function public.iasql_discard(name text) returns table (message text, transaction_id uuid) language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  was constant uuid := iasql.stash_named($1);
begin
  perform iasql.mark('SETTING', was, format('stash %s discarded', $1), '{"discarded": true}');
  return query select format('stash %s is discarded; its history stays', $1), was;
end $$;
comment on function public.iasql_discard is '{"description": "Gives up a change set that was put aside.", "sample_usage": "SELECT * FROM iasql_discard(''bigger queues'')"}';
