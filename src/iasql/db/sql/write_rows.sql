-- How the engine's writer writes rows: qualified names, a pinned search_path, and only its own rights.

-- op: insert | update | delete. columns: those to write; rows: images, with the key for update and delete.
-- expected: for each row, values it must still have, or it is left alone. Gives the images after (delete: before).
create or replace function iasql.write_rows(
  rel regclass, op text, columns text[], rows jsonb, expected jsonb default null
) returns setof jsonb language plpgsql
  set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set intervalstyle = 'iso_8601'
  set bytea_output = 'hex' set extra_float_digits = 1 as $$
declare
  w iasql.watched;
  names text[] := columns;
  same text;
  source text;
begin
  select * into w from iasql.watched x where x.rel = write_rows.rel;
  if w.rel is null then
    raise exception '% is not watched', rel using errcode = 'undefined_table';
  end if;
  if w.masked && columns then
    names := names || 'secret_versions'::text;
    rows := (select jsonb_agg(jsonb_build_object('secret_versions', '{}'::jsonb) || iasql.with_versions(r.r, w.masked) order by r.n)
      from jsonb_array_elements(rows) with ordinality r (r, n));
  end if;
  same := (select string_agg(format('t.%1$I = r.%1$I', c), ' and ') from unnest(w.keys) c);
  source := format('jsonb_array_elements($1) with ordinality a (image, n) left join jsonb_array_elements($2) with ordinality e (image, n) on e.n = a.n
    cross join lateral jsonb_populate_record(null::%s, a.image) r', rel);
  same := same || ' and (e.image is null or not exists (select from jsonb_each(e.image) x where iasql.shown(to_jsonb(t.*))->x.key is distinct from x.value))';
  case op
    when 'insert' then
      return query execute format('insert into %1$s as t (%2$s) overriding system value select %2$s from jsonb_populate_recordset(null::%1$s, $1) r
        returning iasql.shown(to_jsonb(t.*))', rel, (select string_agg(quote_ident(c), ', ') from unnest(names) c)) using rows;
    when 'update' then
      if names = '{}' then
        return;
      end if;
      return query execute format('update %1$s t set %2$s from %3$s where %4$s returning iasql.shown(to_jsonb(t.*))', rel,
        (select string_agg(case c when 'secret_versions' then 'secret_versions = t.secret_versions || r.secret_versions'
          else format('%1$I = r.%1$I', c) end, ', ') from unnest(names) c), source, same) using rows, expected;
    when 'delete' then
      return query execute format('delete from %1$s t using %2$s where %3$s returning iasql.shown(to_jsonb(t.*))', rel, source, same)
        using rows, expected;
  end case;
end $$;
