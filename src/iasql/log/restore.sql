-- The way back: a transaction is opened that holds it, to be looked at, committed or rolled back like any.

create or replace aggregate iasql.merged(jsonb) (sfunc = pg_catalog.jsonb_concat, stype = jsonb, initcond = '{}');

-- tables that say how we work, not what the cloud has: restored only when named
create or replace function iasql.restored_when_named() returns text[] language sql immutable as $$
  select '{aws_credentials,aws_regions}'::text[]
$$;

-- what leads back to a moment, as rows for iasql.inverse: whatever changed since, whoever did it
create or replace function iasql.way_to(at timestamptz, tables text[]) returns table (
  table_name text, key jsonb, existed boolean, remains boolean, before jsonb, after jsonb, changed_by text[], imported boolean
) language sql stable security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  select b.table_name, b.key, b.before is not null, b.after is not null,
    case when b.after is null then b.before else iasql.differing(b.before, b.after) end, b.after, b.changed_by, b.imported
  from iasql.between(at, 'infinity') b
  where case when tables is null then b.table_name <> all (iasql.restored_when_named()) else b.table_name = any (tables) end
    and not exists (select from iasql.watched w where w.table_name = b.table_name and w.platform)
    and (b.before is not null or b.after is not null) and b.before is distinct from b.after
$$;

-- the same for what one person changed since: back to what it was before him. What others made of it afterwards is
-- not his; what the cloud made of it is
create or replace function iasql.way_to(at timestamptz, tables text[], person text) returns table (
  table_name text, key jsonb, existed boolean, remains boolean, before jsonb, after jsonb, changed_by text[], imported boolean
) language sql stable security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  with span as materialized (
    select l.* from iasql.changed(at, 'infinity') c join public.iasql_audit_log l on l.id = c.id
  ), theirs as (
    select s.table_name, s.key, min(s.id) first, max(s.id) last, iasql.merged(case s.change_type
      when 'UPDATE' then iasql.kept(s.change->'original', s.change->'change') else s.change->'original' end order by s.id desc) before
    from span s where s.changed_by = person and s.origin = 'user' group by 1, 2
  ), ends as (
    select t.table_name, t.key, f.change_type <> 'INSERT' existed, t.before, iasql.image_after(l.change) || (
      select iasql.merged(e.change->'change' order by e.id) from span e
      where e.table_name = t.table_name and e.key = t.key and e.id > t.last and e.origin = 'engine' and e.change_type = 'UPDATE') after
    from theirs t join public.iasql_audit_log f on f.id = t.first join public.iasql_audit_log l on l.id = t.last
  )
  select e.table_name, e.key, e.existed, e.after is not null,
    case when not e.existed then null when e.after is null then e.before else iasql.differing(e.before, e.after) end,
    e.after, array[person], false
  from ends e
  where case when tables is null then e.table_name <> all (iasql.restored_when_named()) else e.table_name = any (tables) end
    and not exists (select from iasql.watched w where w.table_name = e.table_name and w.platform)
    and (e.existed or e.after is not null)
$$;

-- what undoes a transaction, as rows for iasql.inverse. What the cloud made of its values while it was carried out
-- is no later change
create or replace function iasql.way_before(tx uuid) returns table (
  table_name text, key jsonb, existed boolean, remains boolean, before jsonb, after jsonb, changed_by text[], imported boolean
) language sql stable security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  with written_back as materialized (
    select l.table_name, l.key, iasql.merged(l.change->'change' order by l.id) told
    from iasql.bounds(tx) b join public.iasql_audit_log l on l.id > b.low and l.id <= b.high
    where l.transaction_id = tx and l.origin = 'engine' and not l.restores and l.change_type in ('INSERT', 'UPDATE') group by 1, 2
  )
  select n.table_name, n.key, n.existed, n.remains, n.before,
    n.after || coalesce(iasql.some(w.told, array(select jsonb_object_keys(n.after))), '{}'), n.changed_by, false
  from iasql.net(tx) n left join written_back w on w.table_name = n.table_name and w.key = n.key
$$;

-- what may be named to iasql_restore(): tables with a history, but for our own
create or replace function iasql.refuse_platform(tab text) returns void language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  w constant iasql.watched := iasql.logged_table(tab);
begin
  if w.platform then
    raise exception '% is not restored: its rows are settings', tab using errcode = 'invalid_parameter_value',
      hint = format('select * from iasql_state_at(%L, ...) tells what they were.', tab);
  end if;
end $$;

create or replace function public.iasql_restore(
  at timestamptz, table_names text[] default null, out action text, out table_name text, out id text, out description text,
  out side text, out changes jsonb, out conflict jsonb, out reversible text, inout changed_by text default null, out plan_digest text
) returns setof record language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off as $$
declare
  person constant text := changed_by;
  tx uuid;
  way jsonb;
begin
  perform iasql.refuse_inside_transaction();
  perform iasql.refuse_no_moment(at, 'at');
  perform iasql.refuse_platform(t) from unnest(table_names) t;
  tx := iasql.open_for(format('restore to %s', at) || coalesce(' what ' || person || ' changed', ''), 'restore');
  if person is null then
    select coalesce(jsonb_agg(to_jsonb(w.*)), '[]') into way from iasql.way_to(at, table_names) w;
  else
    select coalesce(jsonb_agg(to_jsonb(w.*)), '[]') into way from iasql.way_to(at, table_names, person) w;
  end if;
  return query select * from iasql.write_way(tx, way);
end $$;
comment on function public.iasql_restore is '{"description": "Opens a transaction that leads back to a moment: look at it, then commit or roll back. table_names: these only; changed_by: only what this person changed. Rows first seen in the cloud after the moment are listed and kept.", "sample_usage": "SELECT * FROM iasql_restore(now() - interval ''1 hour'', array[''bucket''])"}';

-- a transaction that is over, in one of these states; null: one whose changes were made outside, and wait for a tick
create or replace function iasql.refuse_unless_ended(tx uuid, states text[], verb text) returns void language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  state constant text := (select t.state from public.iasql_transaction t where t.transaction_id = tx);
begin
  if tx is null or (state is null and iasql.last_id(tx) = 0) then
    raise exception 'there is no transaction %', coalesce(tx::text, 'null') using errcode = 'invalid_parameter_value',
      hint = iasql.transactions_hint();
  elsif state is not null and state <> all (states) then
    raise exception 'transaction % is %: there is nothing to %', tx, replace(state, '_', ' '), verb
      using errcode = 'object_not_in_prerequisite_state',
      hint = case state when 'rolled_back' then format('select * from iasql_reopen(%L)', tx) when 'open' then 'select * from iasql_rollback()'
        when 'committed' then format('select * from iasql_revert(%L)', tx) when 'stashed' then 'select * from iasql_unstash(...)' end;
  end if;
  perform iasql.refuse_cut(tx);
end $$;

create or replace function public.iasql_revert(transaction_id uuid) returns table (
  action text, table_name text, id text, description text, side text, changes jsonb, conflict jsonb, reversible text,
  changed_by text, plan_digest text
) language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off as $$
declare
  tx uuid;
  way jsonb;
begin
  perform iasql.refuse_inside_transaction();
  perform iasql.refuse_to_open('revert');
  perform iasql.refuse_unless_ended($1, '{committed,failed}', 'revert');
  tx := iasql.open_for(format('revert of %s', coalesce(iasql.message_of($1), $1::text)), 'revert');
  select coalesce(jsonb_agg(to_jsonb(w.*)), '[]') into way from iasql.way_before($1) w;
  return query select * from iasql.write_way(tx, way);
end $$;
comment on function public.iasql_revert is '{"description": "Opens a transaction that undoes another one: look at it, then commit or roll back. What somebody changed since is a conflict, named and left as it is.", "sample_usage": "SELECT * FROM iasql_revert(''01890a5d-ac96-774b-bcce-b302099a8057'')"}';

create or replace function public.iasql_reopen(transaction_id uuid) returns table (
  action text, table_name text, id text, description text, side text, changes jsonb, conflict jsonb, reversible text,
  changed_by text, plan_digest text
) language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off as $$
declare
  tx uuid;
  way jsonb;
begin
  perform iasql.refuse_inside_transaction();
  perform iasql.refuse_to_open('reopen');
  perform iasql.refuse_unless_ended($1, '{rolled_back,failed}', 'reopen');
  tx := iasql.open_for(iasql.message_of($1), 'reopen', jsonb_build_object('reopen', $1));
  select coalesce(jsonb_agg(jsonb_build_object('table_name', n.table_name, 'key', n.key, 'existed', n.remains, 'remains', n.existed,
    'before', n.after, 'after', n.before, 'changed_by', n.changed_by, 'imported', false)), '[]') into way from iasql.net($1) n;
  return query select * from iasql.write_way(tx, way);
end $$;
comment on function public.iasql_reopen is '{"description": "Opens a transaction with the changes of one that was rolled back or failed.", "sample_usage": "SELECT * FROM iasql_reopen(''01890a5d-ac96-774b-bcce-b302099a8057'')"}';
