-- Aliases: the values that name rows, now or once, each with the keys of the rows that bore it. A cache of the log beside
-- it, so that nobody who writes pays for it: what the log has above iasql.caught_up is looked through as it is.

-- the columns of a table by which people and AWS call its rows: texts that are unique, or that AWS gave
create or replace function iasql.calling_columns(w iasql.watched) returns setof text language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select a.attname::text from pg_attribute a
  where a.attrelid = w.rel and a.attnum > 0 and not a.attisdropped and a.atttypid in ('text'::regtype, 'varchar'::regtype)
    and a.attname <> all (w.masked || w.volatile || w.derived) and w.keys <> array[a.attname::text] and (a.attname = any (w.computed)
      or exists (select from pg_index i where i.indrelid = w.rel and i.indisunique and a.attnum = any (i.indkey)))
$$;

-- keeps what the log has from one id to another of these columns
create or replace function iasql.note_aliases(tab text, columns text[], above bigint, upto bigint) returns void language sql
  set search_path = pg_catalog, pg_temp set jit = off as $$
  insert into iasql.alias (table_name, column_name, value, key)
  select distinct tab, c.name, md5(v.value), l.key
  from public.iasql_audit_log l cross join unnest(columns) c (name)
    cross join lateral (values (l.change->'change'->>c.name), (l.change->'original'->>c.name)) v (value)
  where l.table_name = tab and l.id > above and l.id <= upto and l.key is not null and v.value is not null
    and l.change_type in ('INSERT', 'UPDATE', 'DELETE', 'AGREED')
  on conflict do nothing
$$;

-- the same for every table, of columns that are new to it from the log's beginning
create or replace function iasql.catch_up_aliases(above bigint, upto bigint) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  part record;
begin
  for part in select w.table_name, array_agg(c) columns from iasql.watched w cross join lateral iasql.calling_columns(w) c
      where not w.platform and not exists (select from iasql.aliased a where a.table_name = w.table_name and a.column_name = c) group by 1 loop
    perform iasql.note_aliases(part.table_name, part.columns, -9223372036854775808, above);
    insert into iasql.aliased select part.table_name, c from unnest(part.columns) c;
  end loop;
  for part in select a.table_name, array_agg(a.column_name) columns from iasql.aliased a where a.table_name in (
      select distinct l.table_name from public.iasql_audit_log l where l.id > above and l.id <= upto) group by 1 loop
    perform iasql.note_aliases(part.table_name, part.columns, above, upto);
  end loop;
end $$;

-- after a value left the log: nothing keeps a digest of it
create or replace function iasql.note_aliases_again(tab text, row_key jsonb) returns void language sql
  set search_path = pg_catalog, pg_temp set jit = off as $$
  delete from iasql.alias a where a.table_name = tab and a.key = row_key and not exists (
    select from public.iasql_audit_log l where l.table_name = tab and l.key = row_key
      and a.value in (md5(l.change->'change'->>a.column_name), md5(l.change->'original'->>a.column_name)))
$$;

-- a column of an identity by which its rows can be looked up; null when there is none
create or replace function iasql.alias_of(tab text, identity jsonb) returns text language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select a.column_name from iasql.aliased a
  where a.table_name = tab and jsonb_typeof(identity->a.column_name) = 'string' order by 1 limit 1
$$;

-- the last key that the log had for each of these identities (values of some columns of a row that is gone), in the order
-- in which it last had them: several may have been those of one row
create or replace function iasql.last_keys(tab text, identities jsonb[]) returns table (identity jsonb, key jsonb)
  language sql stable security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  with asked as materialized (
    select distinct i.identity, iasql.alias_of(tab, i.identity) col, array(select jsonb_object_keys(i.identity) order by 1) columns
    from unnest(identities) i (identity)
  ), known as (
    select a.identity, l.id, l.key from asked a
      join iasql.alias n on n.table_name = tab and n.column_name = a.col and n.value = md5(a.identity->>a.col)
      cross join lateral (
        select x.id, x.key from public.iasql_audit_log x where x.table_name = tab and x.key = n.key
          and x.change_type in ('INSERT', 'UPDATE', 'DELETE', 'AGREED')
          and coalesce(x.change->'original', '{}') || coalesce(x.change->'change', '{}') @> a.identity order by x.id desc limit 1) l
  ), part as materialized (   -- what no alias tells of, read once however many are asked for
    select l.id, l.key, iasql.pick(coalesce(l.change->'original', '{}') || coalesce(l.change->'change', '{}'), f.columns) identity
    from (select distinct a.columns from asked a) f cross join public.iasql_audit_log l
    where l.table_name = tab and l.change_type in ('INSERT', 'UPDATE', 'DELETE', 'AGREED')
      and l.id > case when exists (select from asked a where a.col is null) then -9223372036854775808 else (select c.log_id from iasql.caught_up c) end
  )
  select l.identity, l.key from (
    select distinct on (f.identity) f.identity, f.id, f.key from (
      select k.identity, k.id, k.key from known k
      union all
      select a.identity, p.id, p.key from asked a join part p on p.identity = a.identity) f
    order by f.identity, f.id desc) l
  order by l.id
$$;
