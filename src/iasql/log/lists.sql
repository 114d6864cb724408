-- Arrays whose members name rows of another table: what a foreign key would be, if PostgreSQL had them for arrays.
-- The engine writes what AWS tells, whatever it is, and so does a way back, whose members follow rows that got new ids.

-- from now on the members of a column are values of another table's column. May be repeated
create or replace function iasql.watch_list(
  rel regclass, col text, target regclass, target_col text, regional boolean default false, stand_in text default null,
  others text default null
) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  checked constant text := 'when (session_user not in (''iasql_writer'', ''iasql_engine''))';
  t record;
begin
  insert into iasql.list_reference values (iasql.table_name(rel), col, iasql.table_name(target), target_col, regional, watch_list.stand_in,
    watch_list.others)
    on conflict (table_name, column_name) do update set target = excluded.target, target_column = excluded.target_column,
      regional = excluded.regional, stand_in = excluded.stand_in, others = excluded.others;
  for t in select * from (values
      (rel, 'iasql_lists_insert', 'after insert', 'referencing new table as n', 'refuse_strangers'),
      (rel, 'iasql_lists_update', 'after update', 'referencing old table as o new table as n', 'refuse_strangers'),
      (target, 'iasql_used_delete', 'after delete', 'referencing old table as o', 'refuse_used'),
      (target, 'iasql_used_update', 'after update', 'referencing old table as o new table as n', 'refuse_used'),
      (target, 'iasql_used_truncate', 'before truncate', '', 'refuse_used')) v (rel, name, event, tables, does) loop
    execute format('create or replace trigger %I %s on %s %s for each statement %s execute function iasql.%I(%L)',
      t.name, t.event, t.rel, t.tables, checked, t.does, iasql.table_name(t.rel));
    execute format('alter table %s enable always trigger %I', t.rel, t.name);
  end loop;
end $$;

-- triggers that an earlier version made
select iasql.watch_list(w.rel, l.column_name, t.rel, l.target_column, l.regional, l.stand_in, l.others)
  from iasql.list_reference l join iasql.watched w on w.table_name = l.table_name join iasql.watched t on t.table_name = l.target;

-- whether this PostgreSQL transaction writes a way back: the gate says so, which nobody but us can write
create or replace function iasql.leads_back() returns boolean language sql stable set search_path = pg_catalog, pg_temp as $$
  select coalesce(g.leads_back = pg_current_xact_id_if_assigned(), false) from iasql.gate g
$$;

-- the condition that u (region, member) names the row p of the target
create or replace function iasql.names_row(r iasql.list_reference, target regclass) returns text language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select format('(p.%I = u.member', r.target_column)
    || coalesce((select format(case when a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
        then ' or p.%I = case when u.member ~ ''^[0-9]{1,9}$'' then u.member::integer end' else ' or p.%I = u.member' end, a.attname)
      from pg_attribute a where a.attrelid = target and a.attname = r.stand_in), '')
    || case when r.regional then ') and p.region = u.region' else ')' end
$$;

-- the members of the rows that a statement wrote, but for those that can be no row of ours, as a query
create or replace function iasql.members_in(r iasql.list_reference, rows text) returns text language sql immutable as $$
  select format('select %s::text region, m.member from %s x cross join lateral unnest(x.%I::text[]) m (member)',
    case when r.regional then 'x.region' else 'null' end, rows, r.column_name)
    || coalesce(format(' where (m.member ~ %L) is not true', r.others), '')
$$;

-- the names by which rows may be members, as a query
create or replace function iasql.names_in(r iasql.list_reference, rows text) returns text language sql immutable as $$
  select format('select %s::text region, v.name from %s x cross join lateral (values (x.%I::text)%s) v (name) where v.name is not null',
    case when r.regional then 'x.region' else 'null' end, rows, r.target_column, case when r.stand_in is null then '' else format(', (x.%I::text)', r.stand_in) end)
$$;

create or replace function iasql.refuse_strangers() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp set jit = off as $$
declare
  r iasql.list_reference;
  target regclass;
  regions text[];
  members text[];
  stranger record;
begin
  if iasql.leads_back() then
    return null;
  end if;
  for r in select l.* from iasql.list_reference l where l.table_name = tg_argv[0] loop
    select w.rel into strict target from iasql.watched w where w.table_name = r.target;
    -- what was a member already stays one: AWS may have told it
    execute format('select array_agg(w.region), array_agg(w.member) from (%s) w', iasql.members_in(r, 'n')
      || case when tg_op = 'UPDATE' then ' except ' || iasql.members_in(r, 'o') else '' end) into regions, members;
    continue when members is null;
    -- nobody takes them away until this is committed
    execute format('select from unnest($1, $2) u (region, member) join %s p on %s for key share of p', target, iasql.names_row(r, target))
      using regions, members;
    execute format('select u.*, true there from unnest($1, $2) u (region, member) where u.member is null or not exists (select from %s p where %s) order by 1, 2 limit 1',
      target, iasql.names_row(r, target)) into stranger using regions, members;
    if stranger.there then
      raise exception '%.%: % is no % of a row of %', r.table_name, r.column_name, coalesce(quote_literal(stranger.member), 'null'),
        r.target_column, r.target || coalesce(' in ' || stranger.region, '')
        using errcode = 'foreign_key_violation', table = tg_table_name, column = r.column_name,
          hint = format('Allowed: select %I from %s', r.target_column, r.target)
            || case when r.regional then format(' where region = %L', stranger.region) else '' end
            || coalesce(format('; a row that has none yet is named by its %s, as text', r.stand_in), '');
    end if;
  end loop;
  return null;
end $$;

create or replace function iasql.refuse_used() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp set jit = off as $$
declare
  r iasql.list_reference;
  w iasql.watched;
  regions text[];
  names text[];
  used record;
begin
  if iasql.leads_back() then
    return null;
  end if;
  for r in select l.* from iasql.list_reference l where l.target = tg_argv[0] loop
    select * into strict w from iasql.watched x where x.table_name = r.table_name;
    execute format('select array_agg(g.region), array_agg(g.name) from (%s) g', case tg_op
      when 'TRUNCATE' then iasql.names_in(r, tg_relid::regclass::text) when 'DELETE' then iasql.names_in(r, 'o')
      else iasql.names_in(r, 'o') || ' except ' || iasql.names_in(r, 'n') end) into regions, names;
    continue when names is null;
    -- where two rows bear one name, the other one is still there
    execute format('select u.member, iasql.row_id(iasql.pick(to_jsonb(x.*), $3)) id from %s x cross join lateral unnest(x.%I::text[]) m (member)
      join unnest($1, $2) u (region, member) on u.member = m.member and %s where $4 or not exists (select from %s p where %s) order by 2 limit 1',
      w.rel, r.column_name, case when r.regional then 'u.region = x.region' else 'true' end, tg_relid::regclass,
      iasql.names_row(r, tg_relid)) into used using regions, names, w.keys, tg_op = 'TRUNCATE';
    if used.id is not null then
      raise exception '% % is used by %.% of %', r.target, used.member, r.table_name, r.column_name, used.id
        using errcode = 'foreign_key_violation', table = tg_table_name, column = r.target_column,
          hint = format('Take it out of %s.%s, or delete that row, first.', r.table_name, r.column_name);
    end if;
  end loop;
  return null;
end $$;

-- the key of the row that a member names, or named when it was written; null: of none
create or replace function iasql.member_key(r iasql.list_reference, place text, told text) returns jsonb language plpgsql stable
  set search_path = pg_catalog, pg_temp as $$
declare
  w iasql.watched;
  found jsonb;
begin
  select * into w from iasql.watched x where x.table_name = r.target;
  execute format('select iasql.pick(to_jsonb(p.*), $3) from (select $1 region, $2 member) u join %s p on %s', w.rel, iasql.names_row(r, w.rel))
    into found using place, told, w.keys;
  return coalesce(found, (select l.key from iasql.last_keys(r.target, array[jsonb_build_object(r.target_column, told)
    || case when r.regional then jsonb_build_object('region', place) else '{}' end]) l));
end $$;

-- after a way back: members that no row bears any more become what the row that bore them is called now
create or replace function iasql.follow_lists(work jsonb[]) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  part jsonb;
  items jsonb;
  r iasql.list_reference;
  w iasql.watched;
  t iasql.watched;
  rows text;
  moved record;
  now text;
begin
  for part, r.table_name, r.column_name in select p, l.table_name, l.column_name from unnest(work) p
      join iasql.list_reference l on l.table_name = p->>'table' and l.stand_in is not null loop
    items := part->'items';
    select * into strict r from iasql.list_reference l where l.table_name = r.table_name and l.column_name = r.column_name;
    select * into strict w from iasql.watched x where x.table_name = r.table_name;
    select * into strict t from iasql.watched x where x.table_name = r.target;
    rows := format('jsonb_array_elements($1) item (told) cross join lateral jsonb_populate_record(null::%s, item.told->''key'') k', w.rel);
    for moved in execute format('select distinct u.* from %s join %s x on %s cross join lateral (%s) u where not exists (select from %s p where %s)',
        rows, w.rel, iasql.same_row('x', w.keys), iasql.members_in(r, '(select x.*)'), t.rel, iasql.names_row(r, t.rel)) using items loop
      execute format('select coalesce(p.%I, p.%I::text) from jsonb_populate_record(null::%s, $1) k join %3$s p on %s',
        r.target_column, r.stand_in, t.rel, iasql.same_row('p', t.keys)) into now using iasql.member_key(r, moved.region, moved.member);
      if now is not null then
        perform iasql.as_writer(format('update %1$s x set %2$I = array_replace(x.%2$I, %3$L, %4$L) from %5$s where %6$s and %3$L = any (x.%2$I)%7$s', w.rel, r.column_name,
          moved.member, now, rows, iasql.same_row('x', w.keys), coalesce(format(' and x.region = %L', moved.region), '')), items);
      end if;
    end loop;
  end loop;
end $$;

create or replace function iasql.same_row(alias text, keys text[]) returns text language sql immutable as $$
  select string_agg(format('%1$I.%2$I = k.%2$I', alias, c), ' and ') from unnest(keys) c
$$;
