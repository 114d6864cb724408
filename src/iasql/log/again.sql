-- The changes of a transaction, to be made again where the world has moved on: rows are found by their number, and where
-- that is gone, by what names them; what they refer to likewise.

-- an image with its references to numbered rows as they are now
create or replace function iasql.repointed(w iasql.watched, image jsonb, news jsonb, upto bigint, depth integer) returns jsonb
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  r record;
  was jsonb;
  named jsonb;
  now jsonb;
begin
  if image is null or depth > 8 then
    return image;
  end if;
  for r in select * from iasql.references_of(w) x where x.numbered and coalesce(image->x.columns[1], 'null') <> 'null' loop
    was := jsonb_build_object(r.targets[1], image->r.columns[1]);
    named := coalesce(nullif(news->(r.tab || ' ' || was), 'null'), iasql.named_image(r.tab, was, '{}', upto));
    if named is not null then
      now := iasql.row_now(r.tab, was, named, news, upto, depth + 1);
      image := image || jsonb_build_object(r.columns[1], coalesce(now, was)->r.targets[1]);
    end if;
  end loop;
  return image;
end $$;

-- the key of the row that is meant, as it is now; null where there is none. news: the rows of the change set, with the
-- images of those that it makes
create or replace function iasql.row_now(tab text, was jsonb, image jsonb, news jsonb, upto bigint, depth integer default 0) returns jsonb
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  w iasql.watched;
  names text[];
  mapped jsonb;
  found jsonb;
begin
  select * into w from iasql.watched x where x.table_name = tab;
  if w.rel is null then
    return null;
  end if;
  if pg_get_serial_sequence(w.rel::text, w.keys[1]) is null then
    names := w.keys;
  elsif coalesce(news->(tab || ' ' || was), 'null') = 'null' and exists (select from iasql.images(tab, array[was]) i where i.image is not null) then
    return was;
  else
    names := iasql.unique_columns(w, image);
  end if;
  if names is null then
    return null;
  end if;
  mapped := iasql.repointed(w, image || was, news, upto, depth);
  execute format('select iasql.pick(to_jsonb(t.*), $2) from %1$s t, jsonb_populate_record(null::%1$s, $1) v where %2$s limit 1', w.rel,
    (select string_agg(case when coalesce(mapped->n, 'null') = 'null' then format('t.%I is null', n) else format('t.%1$I = v.%1$I', n) end, ' and ')
      from unnest(names) n)) into found using mapped, w.keys;
  -- a name that the change set itself takes from another row is free
  return case when coalesce(news->(tab || ' ' || was), 'null') = 'null' or not news ? (tab || ' ' || found) or found = was then found end;
end $$;

-- the rows of a transaction as users left them, and as they found them
create or replace function iasql.first_images(tx uuid) returns table (table_name text, key jsonb, image jsonb) language sql stable
  security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  select distinct on (l.table_name, l.key) l.table_name::text, l.key, l.change->'original'
  from iasql.bounds(tx) b join public.iasql_audit_log l on l.id > b.low and l.id <= b.high
  where l.transaction_id = tx and l.origin = 'user' and not l.restores and l.change_type in ('INSERT', 'UPDATE', 'DELETE')
  order by l.table_name, l.key, l.id
$$;

-- what is still to be done of one row's change, as a row for iasql.inverse; null where it is so already
create or replace function iasql.still_to_do(w iasql.watched, n jsonb, row_key jsonb, news jsonb, upto bigint) returns jsonb
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  existed constant boolean := (n->>'existed')::boolean;
  remains constant boolean := (n->>'remains')::boolean;
  wanted jsonb := iasql.repointed(w, nullif(n->'after', 'null'), news, upto, 0);
  expected jsonb := iasql.repointed(w, nullif(n->'before', 'null'), news, upto, 0);
  present constant jsonb := (select i.image from iasql.images(w.table_name, array[row_key]) i);
  same text[];
begin
  if present is null and not remains then
    return null;
  elsif present is not null and remains then
    same := array(select e.key from jsonb_each(wanted) e where present->e.key is not distinct from e.value
      or not existed and (e.value = 'null' or e.key <> all (w.settable)));
    if wanted - same - w.keys = '{}' then
      return null;
    elsif existed then
      wanted := wanted - same;
      expected := expected - same;
    end if;
  end if;
  return jsonb_build_object('table_name', w.table_name, 'key', row_key, 'existed', remains, 'remains', existed,
    'before', wanted, 'after', expected, 'changed_by', n->'changed_by', 'imported', false);
end $$;

create or replace function iasql.way_again(tx uuid) returns jsonb language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp set jit = off as $$
declare
  upto constant bigint := (select b.high from iasql.bounds(tx) b);
  way jsonb[] := '{}';
  news jsonb;
  n record;
  w iasql.watched;
  was jsonb;
begin
  select coalesce(jsonb_object_agg(x.table_name || ' ' || x.key, case when not x.existed then x.after end), '{}') into news from iasql.net(tx) x;
  for n in select x.*, coalesce(f.image, x.after) named from iasql.net(tx) x
      left join iasql.first_images(tx) f on f.table_name = x.table_name and f.key = x.key order by x.last_id loop
    select * into w from iasql.watched x where x.table_name = n.table_name;
    was := case when w.rel is null then n.key else iasql.pick(iasql.repointed(w, n.named || n.key, news, upto, 0), w.keys) end;
    if w.rel is null then
      way := way || jsonb_build_object('table_name', n.table_name, 'key', n.key, 'existed', n.remains, 'remains', n.existed,
        'before', n.after, 'after', n.before, 'changed_by', n.changed_by, 'imported', false);
    else
      way := way || iasql.still_to_do(w, to_jsonb(n.*), coalesce(iasql.row_now(n.table_name, n.key, n.named, news, upto), was), news, upto);
    end if;
  end loop;
  return (select coalesce(jsonb_agg(x), '[]') from unnest(way) x where x is not null);
end $$;
