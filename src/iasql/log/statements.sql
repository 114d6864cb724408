-- The log as SQL that runs again, here or in another database: what users changed, net, row by row. Rows are named
-- by what a person would name them by, never by numbers or cloud ids that another database does not know.

-- foreign keys of a table to watched ones, each to the primary key of its target; numbered: the target's key is a
-- number that the database gave, so that the row must be named otherwise
create or replace function iasql.references_of(w iasql.watched) returns table (
  columns text[], tab text, targets text[], numbered boolean
) language sql stable set search_path = pg_catalog, pg_temp as $$
  select k.mine, p.table_name, k.theirs, pg_get_serial_sequence(p.rel::text, p.keys[1]) is not null
  from pg_constraint f join iasql.watched p on p.rel = f.confrelid cross join lateral (
    select array_agg(a.attname::text order by n) mine, array_agg(b.attname::text order by n) theirs
    from unnest(f.conkey, f.confkey) with ordinality u (mine, theirs, n)
    join pg_attribute a on a.attrelid = f.conrelid and a.attnum = u.mine
    join pg_attribute b on b.attrelid = f.confrelid and b.attnum = u.theirs where b.attname = any (p.keys)) k
  where f.contype = 'f' and f.conrelid = w.rel and not p.platform and k.theirs @> p.keys
$$;

-- the columns that no two rows share, among what users set and this row has
create or replace function iasql.unique_columns(w iasql.watched, image jsonb) returns text[] language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select s.names from iasql.unique_sets(w) s where s.nulls or iasql.has_all(image, s.names) limit 1
$$;

-- the columns that name a row: the primary key where users choose it, else what is unique among what they set, else
-- everything known of it that another database would show alike
create or replace function iasql.naming_columns(w iasql.watched, image jsonb) returns text[] language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select coalesce(
    case when pg_get_serial_sequence(w.rel::text, w.keys[1]) is null then w.keys end,
    iasql.unique_columns(w, image),
    array(select a.attname::text from pg_attribute a where a.attrelid = w.rel and a.attnum > 0 and not a.attisdropped
      and (a.attname = any (w.settable) or (a.attname = any (w.computed) and a.atttypid = 'bool'::regtype))
      and a.attname <> all (w.keys || w.masked) and coalesce(image->a.attname, 'null') <> 'null' order by a.attnum))
$$;

-- each column of an image as a literal; what stands for a secret in its place
create or replace function iasql.literals(w iasql.watched, image jsonb) returns jsonb language plpgsql stable
  set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set intervalstyle = 'iso_8601'
  set bytea_output = 'hex' set extra_float_digits = 1 as $$
declare
  told jsonb;
begin
  execute format('select coalesce(jsonb_object_agg(v.name, v.literal), ''{}'') from jsonb_populate_record(null::%s, $1) r cross join lateral (values %s) v (name, literal)', w.rel,
    (select string_agg(format(case when a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'bool'::regtype)
      then '(%L, coalesce(r.%I::text, ''NULL''))' else '(%L, quote_nullable(r.%I::text))' end, a.attname, a.attname), ', ')
      from pg_attribute a where a.attrelid = w.rel and a.attnum > 0 and not a.attisdropped))
    into told using iasql.veiled(image);
  return told;
end $$;

-- the image of a row that is to be named: as the changes leave it (deleted: as it was), else as the log had it then
create or replace function iasql.named_image(tab text, row_key jsonb, changes jsonb, upto bigint) returns jsonb language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select coalesce(changes->(tab || ' ' || row_key)->'named', (
    select coalesce(iasql.image_after(l.change), l.change->'original') from public.iasql_audit_log l
    where l.table_name = tab and l.key = row_key and l.id <= upto and l.change_type in ('INSERT', 'UPDATE', 'DELETE')
    order by l.id desc limit 1))
$$;

-- a column's value as SQL: a literal, or a sub-query where it refers to a row by a number
create or replace function iasql.value_told(w iasql.watched, image jsonb, col text, literal text, changes jsonb, upto bigint, depth integer default 0)
  returns text language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  r record;
  parent iasql.watched;
  found jsonb;
begin
  if literal = 'NULL' or depth > 8 then
    return literal;
  end if;
  if exists (select from iasql.list_reference l where l.table_name = w.table_name and l.column_name = col and l.stand_in is not null) then
    return iasql.list_told(w, image, col, changes, upto, depth);
  end if;
  for r in select * from iasql.references_of(w) x where x.numbered and x.columns[1] = col loop
    select * into strict parent from iasql.watched x where x.table_name = r.tab;
    found := iasql.named_image(r.tab, jsonb_build_object(r.targets[1], image->col), changes, upto);
    if found is not null then
      return format('(select %I from %s where %s)', r.targets[1], parent.rel, iasql.row_told(parent, found, changes, upto, depth + 1));
    end if;
  end loop;
  return literal;
end $$;

-- an array's value as SQL: a sub-query for each member whose row is known by more than the id that AWS gave it
create or replace function iasql.list_told(w iasql.watched, image jsonb, col text, changes jsonb, upto bigint, depth integer)
  returns text language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  r iasql.list_reference;
  target iasql.watched;
  member text;
  key jsonb;
  found jsonb;
  told text[] := '{}';
begin
  select * into strict r from iasql.list_reference l where l.table_name = w.table_name and l.column_name = col;
  select * into strict target from iasql.watched x where x.table_name = r.target;
  for member in select jsonb_array_elements_text(nullif(image->col, 'null')) loop
    key := iasql.member_key(r, image->>'region', member);
    found := iasql.named_image(r.target, key, changes, upto);
    told := told || case when found is null then quote_literal(member) else format('(select coalesce(%I, %I::text) from %s where %s)',
      r.target_column, r.stand_in, target.rel, iasql.row_told(target, found, changes, upto, depth + 1)) end;
  end loop;
  return format('array[%s]::text[]', array_to_string(told, ', '));
end $$;

-- the condition that finds a row
create or replace function iasql.row_told(w iasql.watched, image jsonb, changes jsonb, upto bigint, depth integer default 0) returns text
  language sql stable set search_path = pg_catalog, pg_temp as $$
  select string_agg(case when l.told->>c.name = 'NULL' then format('%I is null', c.name)
    else format('%I = %s', c.name, iasql.value_told(w, image, c.name, l.told->>c.name, changes, upto, depth)) end, ' and ' order by c.n)
  from iasql.literals(w, image) l (told) cross join unnest(iasql.naming_columns(w, image)) with ordinality c (name, n)
$$;

-- these changes of the log, net; named: the image that finds the row once they are made. A row that takes the name of
-- one that is deleted is that row changed
create or replace function iasql.net_changes(ids bigint[]) returns jsonb language sql stable
  set search_path = pg_catalog, pg_temp set jit = off as $$
  with span as materialized (
    select l.id, l.table_name, l.key, l.change from unnest(ids) i (id) join public.iasql_audit_log l on l.id = i.id
  ), touched as (
    select s.table_name, s.key, min(s.id) first, max(s.id) last, iasql.merged(s.change->'change' order by s.id) wrote from span s group by 1, 2
  ), ends as (
    select t.table_name, t.key, t.last, f.change->'original' before,
      case when not l.change ? 'change' then null when f.change ? 'original' then iasql.image_after(l.change) else t.wrote end after
    from touched t join span f on f.id = t.first join span l on l.id = t.last
  ), named as (
    select e.*, w.settable, w.keys, iasql.pick(coalesce(e.after, e.before), iasql.naming_columns(w, coalesce(e.after, e.before))) name,
      pg_get_serial_sequence(w.rel::text, w.keys[1]) is not null numbered
    from ends e join iasql.watched w on w.table_name = e.table_name and not w.platform
    where e.before is not null or e.after is not null
  ), heirs as (
    select distinct on (n.table_name, n.key) n.table_name, n.key, d.key gone, d.before from named n join named d
      on d.table_name = n.table_name and d.name = n.name and n.numbered and n.before is null and d.after is null
    order by 1, 2, 3
  ), told as (
    select n.table_name tab, n.key, n.last, coalesce(n.before, h.before) before, n.after, n.settable, n.keys, n.name
    from named n left join heirs h on h.table_name = n.table_name and h.key = n.key
    where not exists (select from heirs x where x.table_name = n.table_name and x.gone = n.key)
  )
  select coalesce(jsonb_object_agg(t.tab || ' ' || t.key, jsonb_build_object('tab', t.tab, 'key', t.key, 'last', t.last,
    'kind', case when t.before is null then 'insert' when t.after is null then 'delete' else 'update' end,
    'before', t.before, 'after', t.after, 'named', coalesce(t.after, t.before),
    'renames', t.before is not null and t.after is not null and not t.before @> t.name, 'set', case when t.before is not null then
      array(select c.key from jsonb_each(iasql.differing(t.after, t.before)) c where c.key = any (t.settable) and c.key <> all (t.keys)) end)), '{}')
  from told t where t.before is null or t.after is null
    or exists (select from jsonb_each(iasql.differing(t.after, t.before)) c where c.key = any (t.settable) and c.key <> all (t.keys))
$$;

-- which change must be made before which: what a row refers to is there first, and goes last; a name is free before
-- somebody else takes it
create or replace function iasql.precedence(changes jsonb) returns table (earlier text, later text, col text) language sql stable
  set search_path = pg_catalog, pg_temp set jit = off as $$
  with nodes as materialized (
    select e.key id, e.value->>'tab' tab, e.value->>'kind' kind, nullif(e.value->'before', 'null') before, nullif(e.value->'after', 'null') after
    from jsonb_each(changes) e
  ), links as materialized (
    select w.table_name tab, r.columns, r.tab parent, r.targets from iasql.watched w cross join lateral iasql.references_of(w) r
    where w.table_name in (select n.tab from nodes n)
  ), refers as (
    select n.id child, l.parent || ' ' || (select jsonb_object_agg(u.t, i.image->u.c) from unnest(l.columns, l.targets) u (c, t)) parent,
      i.is_after, l.columns[1] col
    from nodes n join links l on l.tab = n.tab cross join lateral (values (n.before, false), (n.after, true)) i (image, is_after)
    where i.image is not null
    union all
    select n.id, r.target || ' ' || iasql.member_key(r, i.image->>'region', m.member), i.is_after, r.column_name
    from nodes n join iasql.list_reference r on r.table_name = n.tab cross join lateral (values (n.before, false), (n.after, true)) i (image, is_after)
    cross join lateral jsonb_array_elements_text(nullif(i.image->r.column_name, 'null')) m (member)
    where exists (select from nodes o where o.tab = r.target)
  ), names as materialized (
    select n.id, n.tab, iasql.pick(n.before, iasql.naming_columns(w, n.before)) before, iasql.pick(n.after, iasql.naming_columns(w, n.after)) after
    from nodes n join iasql.watched w on w.table_name = n.tab
  )
  select p.id, r.child, case when r.is_after and p.kind = 'insert' then r.col end from refers r join nodes p on p.id = r.parent
    where p.kind = 'update' and p.id <> r.child or p.kind = 'insert' and r.is_after
  union
  select r.child, p.id, null from refers r join nodes p on p.id = r.parent where p.kind = 'delete' and not r.is_after and p.id <> r.child
  union
  select f.id, t.id, null from names f join names t on t.tab = f.tab and t.id <> f.id and t.after = f.before and t.before is distinct from t.after
    where f.after is distinct from f.before
$$;

-- one change as a statement; without: columns that are set by a later one; alias: values that the row has for the moment
create or replace function iasql.statement_of(change jsonb, changes jsonb, upto bigint, without text[] default '{}', alias jsonb default '{}')
  returns text language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  w iasql.watched;
  after constant jsonb := nullif(change->'after', 'null');
  told jsonb;
  columns text[];
begin
  select * into strict w from iasql.watched x where x.table_name = change->>'tab';
  told := iasql.literals(w, coalesce(after, change->'before'));
  if change->>'kind' = 'delete' then
    return format('delete from %s where %s', w.rel, iasql.row_told(w, change->'before', changes, upto));
  elsif change->>'kind' = 'insert' then
    columns := array(select a.attname::text from pg_attribute a where a.attrelid = w.rel and a.attname = any (w.settable)
      and after ? a.attname and a.attname <> all (without) and a.attidentity = ''
      and (told->>a.attname <> 'NULL' or a.atthasdef) order by a.attnum);
    if columns = '{}' then
      return format('insert into %s default values', w.rel);
    end if;
    return format('insert into %s (%s) values (%s)', w.rel, (select string_agg(quote_ident(c), ', ') from unnest(columns) c),
      (select string_agg(iasql.value_told(w, after, c, told->>c, changes, upto), ', ' order by n) from unnest(columns) with ordinality u (c, n)));
  end if;
  columns := array(select c from jsonb_array_elements_text(change->'set') c order by c);
  return format('update %s set %s where %s', w.rel,
    (select string_agg(format('%I = %s', c, iasql.value_told(w, after, c, told->>c, changes, upto)), ', ' order by c) from unnest(columns) c),
    iasql.row_told(w, (change->'before') || alias, changes, upto));
end $$;

create or replace function public.iasql_get_sql_since(limit_date timestamptz default null) returns table (sql text) language sql stable
  security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  select s || ';' from iasql.refuse_archived(coalesce(limit_date, '-infinity')), iasql.statements(array(
      select c.id from iasql.changed(coalesce(limit_date, '-infinity'), 'infinity') c join public.iasql_audit_log l on l.id = c.id
      where l.origin = 'user' or l.restores order by c.id), 9223372036854775807) s
$$;
comment on function public.iasql_get_sql_since is '{"description": "What users changed since a moment (null: ever), as statements that run again, here or in another database: the net of it, rows named by what is unique about them, secrets left out.", "sample_usage": "SELECT sql FROM iasql_get_sql_since(now() - interval ''1 day'')"}';

create or replace function public.iasql_get_sql_for_transaction(transaction_id text default null) returns table (sql text) language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp set jit = off as $$
declare
  tx uuid;
  span record;
begin
  begin
    tx := coalesce($1::uuid, (select l.transaction_id from public.iasql_audit_log l
      where l.change_type = 'OPEN_TRANSACTION' and l.key is null and l.changed_by = coalesce(nullif(current_setting('iasql.actor', true), ''), session_user)
      order by l.id desc limit 1));
  exception when invalid_text_representation then
    null;
  end;
  if tx is null or not exists (select from public.iasql_audit_log l where l.transaction_id = tx) then
    raise exception 'there is no transaction %', coalesce($1, 'of yours yet') using errcode = 'invalid_parameter_value', hint = iasql.transactions_hint();
  end if;
  perform iasql.refuse_cut(tx);
  select * into span from iasql.bounds(tx);
  return query select s || ';' from iasql.statements(array(
      select l.id from public.iasql_audit_log l where l.id > span.low and l.id <= span.high and l.transaction_id = tx
        and l.origin = 'user' and not l.restores and l.change_type in ('INSERT', 'UPDATE', 'DELETE') order by l.id), span.high) s;
end $$;
comment on function public.iasql_get_sql_for_transaction is '{"description": "What a transaction changed, by default your last one, as statements that run again, here or in another database.", "sample_usage": "SELECT sql FROM iasql_get_sql_for_transaction()"}';
