-- A way: changes that lead somewhere, written into a transaction that is opened for them: a way back, or one put aside.

-- whether the engine made the row of something that it found in the cloud
create or replace function iasql.was_found(tab text, row_key jsonb) returns boolean language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce((select l.origin = 'engine' and not l.restores from public.iasql_audit_log l
    where l.table_name = tab and l.key = row_key and l.change_type = 'INSERT' order by l.id desc limit 1), (
    select (l.change->'carried'->>'found')::boolean from public.iasql_audit_log l
    where l.table_name = tab and l.key = row_key and l.change_type = 'AGREED' and l.change ? 'carried'), false)
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
  items := '[]'; told := iasql.blots_of(way);
  way := iasql.without_blots(way);
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

-- writes what leads somewhere, under the gate. replays: as the changes of those who made them first; else the caller's own
create or replace function iasql.write_items(items jsonb, way jsonb, replays boolean) returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp set jit = off as $$
declare
  actor constant text := current_setting('iasql.actor', true);
  authors jsonb;
begin
  update iasql.gate g set xact = null, replays = write_items.replays;   -- the marker and these rows are one: pass_gate need not keep them apart
  begin
    if replays then
      select coalesce(jsonb_object_agg((r->>'table_name') || ' ' || (r->'key'), (select string_agg(p, ', ') from jsonb_array_elements_text(r->'changed_by') p)), '{}')
        into authors from jsonb_array_elements(way) r;
      perform iasql.undo_work(array(select jsonb_build_object('table', i->>'table', 'author', a.person, 'items', jsonb_agg(i))
        from jsonb_array_elements(items) i cross join lateral (
          select coalesce(authors->>((i->>'table') || ' ' || (i->'key')), nullif(actor, ''), session_user) person) a
        group by i->>'table', a.person order by i->>'table', a.person));
    else
      perform iasql.undo_work(array(select jsonb_build_object('table', i->>'table', 'items', jsonb_agg(i))
        from jsonb_array_elements(items) i group by i->>'table'));
    end if;
  exception when unique_violation or exclusion_violation or check_violation or not_null_violation then
    raise exception 'what was then does not fit beside what is now: %', sqlerrm using errcode = 'IA002',
      hint = 'Change or delete the row that is in the way first.';
  end;
  perform set_config('iasql.actor', coalesce(actor, ''), true);
  update iasql.gate g set xact = pg_current_xact_id(), replays = false;
end $$;

-- writes a way into the transaction that was opened just now, and answers what it holds and what it left as it was
drop function if exists iasql.write_way(uuid, jsonb);
create or replace function iasql.write_way(tx uuid, way jsonb, replays boolean default false) returns table (
  action text, table_name text, id text, description text, side text, changes jsonb, conflict jsonb, reversible text,
  changed_by text, plan_digest text
) language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off as $$
declare
  work record;
begin
  select * into work from iasql.work_for(way);
  perform iasql.write_items(work.items, way, replays);
  perform iasql.note_statement();   -- constraints were checked meanwhile, that of the marker too
  perform iasql.log_rows('CONFLICT', jsonb_agg(jsonb_build_object('table_name', t->'table', 'key', t->'key', 'transaction_id', tx,
      'message', t->>'reason', 'changed_by', session_user, 'change', jsonb_build_object('conflict', t || '{"left": true}'))))
    from jsonb_array_elements(work.told) t where t->>'kind' = 'conflict' having count(*) > 0;
  return query
    with told as materialized (
      select t, r from jsonb_array_elements(work.told) t
        left join jsonb_array_elements(way) r on r->>'table_name' = t->>'table' and r->'key' = t->'key'
    )
    select p.action, p.table_name, p.id, p.description, p.side,
      p.changes || jsonb_strip_nulls(jsonb_build_object('undoes', case when not replays then r->'changed_by' end,
        'note', case when p.action = 'create' and not replays and not exists (
        select from iasql.standing(p.table_name, array[r->'key']) s where s.agreed is not null)
        then 'created anew: with new cloud ids, and empty of what it held' end)),
      p.conflict, p.reversible, p.changed_by, null::text
    from iasql.changes_of_open() p left join jsonb_array_elements(way) r
      on r->>'table_name' = p.table_name and iasql.row_id(r->'key') = p.id
    union all
    select x.t->>'kind', x.t->>'table', iasql.row_id(x.t->'key'), coalesce(l.label, iasql.row_id(x.t->'key')), 'tables',
      jsonb_strip_nulls(jsonb_build_object('undoes', case when not replays then x.r->'changed_by' end, 'note', x.t->>'reason')),
      case x.t->>'kind' when 'conflict' then jsonb_build_object('reason', x.t->>'reason') end, null,
      (select string_agg(p, ', ') from jsonb_array_elements_text(x.r->'changed_by') p), null
    from told x left join iasql.labels((select jsonb_agg(x.t || jsonb_build_object('image', x.r->'before')) from told x)) l
      on l.table_name = x.t->>'table' and l.key = x.t->'key';
end $$;

-- what a way back left as it was, and nobody has settled since by writing the row
drop function if exists iasql.left_over(uuid);
create or replace function iasql.left_over(tx uuid) returns table (table_name text, key jsonb, label text, reason text) language sql stable
  security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  with remains as materialized (
    select l.* from iasql.bounds(tx) b join public.iasql_audit_log l on l.id > b.low and l.id <= b.high
    where l.transaction_id = tx and l.change_type = 'CONFLICT' and l.change->'conflict' ? 'left' and not exists (
      select from public.iasql_audit_log w where w.table_name = l.table_name and w.key = l.key and w.id > l.id
        and w.transaction_id = tx and w.origin = 'user' and w.change_type in ('INSERT', 'UPDATE', 'DELETE'))
  )
  select r.table_name::text, r.key, n.label, r.message::text
  from remains r join iasql.labels((select jsonb_agg(jsonb_build_object('table', x.table_name, 'key', x.key)) from remains x)) n
    on n.table_name = r.table_name and n.key = r.key
  order by r.id
$$;
