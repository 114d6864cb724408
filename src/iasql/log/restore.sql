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

-- whether the engine made the row of something that it found in the cloud
create or replace function iasql.was_found(tab text, row_key jsonb) returns boolean language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce((select l.origin = 'engine' and not l.restores from public.iasql_audit_log l
    where l.table_name = tab and l.key = row_key and l.change_type = 'INSERT' order by l.id desc limit 1), false)
$$;

-- foreign keys between watched tables
create or replace function iasql.links_between() returns table (
  child text, child_rel regclass, child_keys text[], parent text, parent_rel regclass, parent_keys text[], matches text
) language sql stable set search_path = pg_catalog, pg_temp as $$
  select c.table_name, c.rel, c.keys, p.table_name, p.rel, p.keys,
    (select string_agg(format('t.%I = p.%I', a.attname, b.attname), ' and ')
      from unnest(f.conkey, f.confkey) k (mine, theirs)
      join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.mine
      join pg_attribute b on b.attrelid = f.confrelid and b.attnum = k.theirs)
  from pg_constraint f join iasql.watched c on c.rel = f.conrelid join iasql.watched p on p.rel = f.confrelid
  where f.contype = 'f'
$$;

-- rows that refer to those to be deleted: what AWS made beside a resource goes with it (its rules, its routes);
-- what a user made since stands in the way, and the row that it refers to stays
create or replace function iasql.take_along(inout items jsonb, out problems jsonb) language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  start jsonb := items;
  grown boolean := true;
  f record;
  r record;
begin
  problems := '[]';
  <<again>> while grown loop
    grown := false;
    for f in select * from iasql.links_between() l
        where jsonb_path_exists(items, '$[*] ? (@.table == $t && @.action == "delete")', jsonb_build_object('t', l.parent)) loop
      for r in execute format('select iasql.pick(to_jsonb(t.*), $3) child_key, item.told->''key'' parent_key
          from jsonb_array_elements($1) item (told) cross join lateral jsonb_populate_record(null::%1$s, item.told->''key'') k
          join %1$s p on %2$s join %3$s t on %4$s
          where item.told->>''table'' = $2 and item.told->>''action'' = ''delete''', f.parent_rel,
          (select string_agg(format('p.%1$I = k.%1$I', c), ' and ') from unnest(f.parent_keys) c), f.child_rel, f.matches)
          using items, f.parent, f.child_keys loop
        continue when items @> jsonb_build_array(jsonb_build_object('table', f.child, 'key', r.child_key));
        if iasql.was_found(f.child, r.child_key) then
          items := items || jsonb_build_object('table', f.child, 'action', 'delete', 'key', r.child_key, 'image', null);
        else
          problems := problems || jsonb_build_object('table', f.parent, 'key', r.parent_key,
            'reason', format('%s %s refers to it', f.child, r.child_key));
          start := (select coalesce(jsonb_agg(i), '[]') from jsonb_array_elements(start) i
            where not (i->>'table' = f.parent and i->'key' = r.parent_key and i->>'action' = 'delete'));
          items := start;
        end if;
        grown := true;
        continue again when items = start;
      end loop;
    end loop;
  end loop;
end $$;

-- what to write for a way; told: rows that stay as they are, and why (kind: keep, or conflict)
create or replace function iasql.work_for(way jsonb, out items jsonb, out told jsonb) language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  part record;
  w iasql.watched;
  undo record;
  along record;
begin
  items := '[]'; told := '[]';
  for part in select r->>'table_name' tab, jsonb_agg(r order by r->'key') rows from jsonb_array_elements(way) r group by 1 order by 1 loop
    select * into w from iasql.watched x where x.table_name = part.tab;
    if w.rel is null then
      told := told || (select jsonb_agg(jsonb_build_object('table', part.tab, 'key', r->'key', 'kind', 'conflict',
        'reason', 'its module is not installed')) from jsonb_array_elements(part.rows) r);
      continue;
    end if;
    select * into undo from iasql.undo_items(w, (select coalesce(jsonb_agg(r), '[]') from jsonb_array_elements(part.rows) r
      where not ((r->>'imported')::boolean and not (r->>'existed')::boolean)), 'keep');
    -- rows without anything that a user could set are made by AWS alone
    select coalesce(jsonb_agg(i || jsonb_build_object('table', part.tab)) filter (where not barren or i->>'action' <> 'create'), '[]') || items,
        coalesce(jsonb_agg(jsonb_build_object('table', part.tab, 'key', i->'key', 'kind', 'conflict',
          'reason', 'only AWS makes such rows')) filter (where barren and i->>'action' = 'create'), '[]') || told
      into items, told
      from jsonb_array_elements(undo.items) i, (select w.settable <@ w.keys and pg_get_serial_sequence(w.rel::text, w.keys[1]) is not null barren) b;
    told := told || coalesce((select jsonb_agg(p || jsonb_build_object('table', part.tab, 'kind', 'conflict')) from jsonb_array_elements(undo.problems) p), '[]')
      || coalesce((select jsonb_agg(jsonb_build_object('table', part.tab, 'key', r->'key', 'kind', 'keep',
        'reason', 'first seen in the cloud after that')) from jsonb_array_elements(part.rows) r
        where (r->>'imported')::boolean and not (r->>'existed')::boolean and (r->>'remains')::boolean), '[]');
  end loop;
  select * into along from iasql.take_along(items);
  items := along.items;
  told := (select coalesce(jsonb_agg(t), '[]') from jsonb_array_elements(told) t where not items @> jsonb_build_array(
      jsonb_build_object('table', t->'table', 'key', t->'key', 'action', 'delete')))
    || coalesce((select jsonb_agg(p || '{"kind": "conflict"}') from jsonb_array_elements(along.problems) p), '[]');
end $$;

-- writes a way into the transaction that was opened just now, under the gate and as the caller's own changes
create or replace function iasql.write_way(tx uuid, way jsonb) returns table (
  action text, table_name text, id text, description text, side text, changes jsonb, conflict jsonb, reversible text,
  changed_by text, plan_digest text
) language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off as $$
declare
  work record;
begin
  select * into work from iasql.work_for(way);
  update iasql.gate g set xact = null;   -- the marker and these rows are one: pass_gate need not keep them apart
  begin
    perform iasql.undo_work(array(select jsonb_build_object('table', i->>'table', 'items', jsonb_agg(i))
      from jsonb_array_elements(work.items) i group by i->>'table'));
  exception when unique_violation or exclusion_violation or check_violation or not_null_violation then
    raise exception 'what was then does not fit beside what is now: %', sqlerrm using errcode = 'IA002',
      hint = 'Change or delete the row that is in the way first.';
  end;
  update iasql.gate g set xact = pg_current_xact_id();
  perform iasql.log_rows('CONFLICT', jsonb_agg(jsonb_build_object('table_name', t->'table', 'key', t->'key', 'transaction_id', tx,
      'message', t->>'reason', 'changed_by', session_user, 'change', jsonb_build_object('conflict', t))))
    from jsonb_array_elements(work.told) t where t->>'kind' = 'conflict' having count(*) > 0;
  return query
    select p.action, p.table_name, p.id, coalesce(nullif(p.description, p.id), r->'after'->>'name', p.id), p.side,
      p.changes || jsonb_strip_nulls(jsonb_build_object('undoes', r->'changed_by', 'note', case when p.action = 'create' and not exists (
        select from iasql.standing(p.table_name, array[r->'key']) s where s.agreed is not null)
        then 'created anew: with new cloud ids, and empty of what it held' end)),
      p.conflict, p.reversible, p.changed_by, null::text
    from iasql.changes_of_open() p left join jsonb_array_elements(way) r
      on r->>'table_name' = p.table_name and iasql.row_id(r->'key') = p.id
    union all
    select t->>'kind', t->>'table', iasql.row_id(t->'key'), coalesce(r->'before'->>'name', r->'after'->>'name', iasql.row_id(t->'key')), 'tables',
      jsonb_build_object('undoes', r->'changed_by', 'note', t->>'reason'),
      case t->>'kind' when 'conflict' then jsonb_build_object('reason', t->>'reason') end, null,
      (select string_agg(x, ', ') from jsonb_array_elements_text(r->'changed_by') x), null
    from jsonb_array_elements(work.told) t left join jsonb_array_elements(way) r on r->>'table_name' = t->>'table' and r->'key' = t->'key';
end $$;

create or replace function iasql.row_id(key jsonb) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select string_agg(k.value, '|' order by k.key) from jsonb_each_text(row_id.key) k
$$;

-- opens a transaction; who is in the way is told to the engine, as at iasql_begin()
create or replace function iasql.open_way(message text, verb text) returns uuid language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  return iasql.open_transaction(message);
exception when object_in_use then
  perform iasql.report_refusal(verb, sqlstate, sqlerrm);
  raise;
end $$;

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
  tx := iasql.open_way(format('restore to %s', at) || coalesce(' what ' || person || ' changed', ''), 'restore');
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
      hint = 'select * from iasql_transaction';
  elsif state is not null and state <> all (states) then
    raise exception 'transaction % is %: there is nothing to %', tx, replace(state, '_', ' '), verb
      using errcode = 'object_not_in_prerequisite_state',
      hint = case state when 'rolled_back' then format('select * from iasql_reopen(%L)', tx) when 'open' then 'select * from iasql_rollback()'
        when 'committed' then format('select * from iasql_revert(%L)', tx) end;
  end if;
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
  perform iasql.refuse_unless_clean();
  perform iasql.refuse_unless_ended($1, '{committed,failed}', 'revert');
  tx := iasql.open_way(format('revert of %s', coalesce(iasql.message_of($1), $1::text)), 'revert');
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
  perform iasql.refuse_unless_clean();
  perform iasql.refuse_unless_ended($1, '{rolled_back,failed}', 'reopen');
  tx := iasql.open_way(iasql.message_of($1), 'reopen');
  select coalesce(jsonb_agg(jsonb_build_object('table_name', n.table_name, 'key', n.key, 'existed', n.remains, 'remains', n.existed,
    'before', n.after, 'after', n.before, 'changed_by', n.changed_by, 'imported', false)), '[]') into way from iasql.net($1) n;
  return query select * from iasql.write_way(tx, way);
end $$;
comment on function public.iasql_reopen is '{"description": "Opens a transaction with the changes of one that was rolled back or failed.", "sample_usage": "SELECT * FROM iasql_reopen(''01890a5d-ac96-774b-bcce-b302099a8057'')"}';
