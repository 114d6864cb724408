-- What people read in place of a row: what is unique about it, in one line; else its primary key.

create or replace function iasql.row_id(key jsonb) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select string_agg(k.value, '|' order by k.key) from jsonb_each_text(row_id.key) k
$$;

-- the sets of columns of which no two rows have the same values, among what users set; nulls: null is a value there too
create or replace function iasql.unique_sets(w iasql.watched) returns table (names text[], nulls boolean) language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select n.names, i.indnullsnotdistinct from pg_index i cross join lateral (
    select array_agg(a.attname::text order by a.attnum) names
    from pg_attribute a where a.attrelid = i.indrelid and a.attnum = any (i.indkey)) n
  where i.indrelid = w.rel and i.indisunique and i.indpred is null and i.indexprs is null and n.names <@ w.settable and not n.names && w.keys
  order by cardinality(n.names), n.names
$$;

-- rows: objects with table, key, and image: what is known of a row that may be gone, or may have another name by now
create or replace function iasql.labels(rows jsonb) returns table (table_name text, key jsonb, label text) language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  part record;
  w iasql.watched;
begin
  for part in select r->>'table' tab, array_agg(r->'key') keys, array_agg(coalesce(nullif(r->'image', 'null'), '{}')) images
      from (select distinct on (e->'table', e->'key') e r from jsonb_array_elements(rows) e) d group by 1 loop
    select * into w from iasql.watched x where x.table_name = part.tab;
    if w.rel is null then
      return query select part.tab, k, iasql.row_id(k) from unnest(part.keys) k;
      continue;
    end if;
    return query with sets as materialized (
      select s.*, row_number() over () place from iasql.unique_sets(w) s
    ), present as materialized (
      select i.* from iasql.images(part.tab, part.keys) i where i.image is not null
    ), known as (
      select k.key, coalesce(p.image, '{}') || k.image image
      from unnest(part.keys, part.images) k (key, image) left join present p on p.key = k.key
    )
    select part.tab, k.key, coalesce((
        select string_agg(coalesce(k.image->>c.name, ''), '|' order by c.place) from (
          select s.names from sets s where s.nulls or iasql.has_all(k.image, s.names) order by s.place limit 1) s
        cross join unnest(s.names) with ordinality c (name, place)), iasql.row_id(k.key))
      from known k;
  end loop;
end $$;

-- whether an image has a value in each of these columns
create or replace function iasql.has_all(image jsonb, names text[]) returns boolean language sql immutable
  set search_path = pg_catalog, pg_temp as $$
  select bool_and(coalesce(image->n, 'null') <> 'null') from unnest(names) n
$$;
