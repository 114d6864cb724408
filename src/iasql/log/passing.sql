-- Passing: unique values that circle among rows are exchanged by way of others. The next step is revert.sql, which does so
-- where it cannot write what it is to write at once.

-- values that free unique ones for a moment: one column of each unique index but the primary key's, as an expression.
-- First those that no check and no foreign key looks at
drop function if exists iasql.passing_values(iasql.watched);
create or replace function iasql.passing(w iasql.watched) returns table (col name, value text) language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select distinct c.attname, c.passing
  from pg_index i cross join lateral (
    select a.attname, p.passing
    from pg_attribute a cross join lateral (select case
        when not a.attnotnull and not i.indnullsnotdistinct then 'null'
        when a.atttypid in ('text'::regtype, 'varchar'::regtype)
          then format('gen_random_uuid()::text::%s', format_type(a.atttypid, a.atttypmod))
        when a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) then format('-t.%I - 1', a.attname)
        when a.atttypid = 'uuid'::regtype then 'gen_random_uuid()' end) p (passing)
    where a.attrelid = i.indrelid and a.attnum = any (i.indkey) and a.attname = any (w.settable)
      and a.attname <> all (w.keys || w.masked) and p.passing is not null
    order by exists (select from pg_constraint f where f.conrelid = i.indrelid and f.contype in ('c', 'f') and a.attnum = any (f.conkey)),
      a.attnotnull, a.attnum limit 1) c
  where i.indrelid = w.rel and i.indisunique and not (i.indkey::int2[] @> (
    select p.indkey::int2[] from pg_index p where p.indrelid = i.indrelid and p.indisprimary))
$$;

-- the same work, in which rows that are to pass through other values get back those that nothing else gives them
create or replace function iasql.with_passed(work jsonb[]) returns jsonb[] language plpgsql stable
  set search_path = pg_catalog, pg_temp as $$
declare
  found jsonb[] := '{}';
  part jsonb;
  items jsonb;
  w iasql.watched;
begin
  foreach part in array work loop
    select * into strict w from iasql.watched x where x.table_name = part->>'table';
    execute format('select jsonb_agg(case when item.told->>''action'' = ''update'' then item.told
          || jsonb_build_object(''image'', iasql.some(to_jsonb(t.*), $2) || (item.told->''image'')) else item.told end order by item.n)
        from jsonb_array_elements($1) with ordinality item (told, n)
        cross join lateral jsonb_populate_record(null::%1$s, item.told->''key'') k left join %1$s t on %2$s', w.rel,
        (select string_agg(format('t.%1$I = k.%1$I', c), ' and ') from unnest(w.keys) c))
      into items using part->'items', array(select p.col::text from iasql.passing(w) p);
    found := found || (part || jsonb_build_object('items', items));
  end loop;
  return found;
end $$;
