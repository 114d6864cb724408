-- How the engine's writer writes rows: qualified names, a pinned search_path, and only its own rights.

-- While a transaction is open: what the engine has written must not lean on rows that a rollback would take away, and
-- what it has deleted must not be missed by rows that a rollback would put back
create or replace function iasql.leave_room(rel regclass, op text, images jsonb[]) returns void language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  span constant jsonb := (select jsonb_agg(n) from iasql.gate g cross join lateral iasql.net(g.user_transaction) n where g.state = 'open');
  leaning constant text := 'jsonb_populate_recordset(null::%1$s, $1) t join %2$s p on %3$s join span n on n.key = iasql.pick(to_jsonb(p.*), $4)
    where n.table_name = $3 and (not n.existed or not exists (select from jsonb_populate_record(p, n.before) p where %3$s))';
  missing constant text := 'span n left join %1$s c on n.key = iasql.pick(to_jsonb(c.*), $4)
    cross join lateral jsonb_populate_record(null::%1$s, coalesce(to_jsonb(c.*), ''{}'') || n.key || n.before) t
    join jsonb_populate_recordset(null::%2$s, $1) p on %3$s where n.table_name = $3 and n.existed';
  hindered boolean;
  f record;
begin
  if span is null then
    return;
  end if;
  for f in select * from iasql.links_between() l where case op when 'delete' then l.parent_rel else l.child_rel end = rel
      and span @> jsonb_build_array(jsonb_build_object('table_name', case op when 'delete' then l.child else l.parent end)) loop
    execute format('with span as (select * from jsonb_to_recordset($2) as n (table_name text, key jsonb, existed boolean, before jsonb))
        select exists (select from ' || case op when 'delete' then missing else leaning end || ')', f.child_rel, f.parent_rel, f.matches)
      into hindered using to_jsonb(images), span, case op when 'delete' then f.child else f.parent end,
        case op when 'delete' then f.child_keys else f.parent_keys end;
    if hindered and op = 'delete' then
      raise exception 'a rollback of the open transaction would put back a row of % that refers to it', f.child using errcode = 'restrict_violation';
    elsif hindered then
      raise exception 'it refers to a row of % that only the open transaction has: it comes in after that', f.parent using errcode = 'restrict_violation';
    end if;
  end loop;
end $$;

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
  query text;
  images jsonb[];
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
      query := format('insert into %1$s as t (%2$s) overriding system value select %2$s from jsonb_populate_recordset(null::%1$s, $1) r',
        rel, (select string_agg(quote_ident(c), ', ') from unnest(names) c));
    when 'update' then
      if names = '{}' then
        return;
      end if;
      query := format('update %1$s t set %2$s from %3$s where %4$s', rel,
        (select string_agg(case c when 'secret_versions' then 'secret_versions = t.secret_versions || r.secret_versions'
          else format('%1$I = r.%1$I', c) end, ', ') from unnest(names) c), source, same);
    when 'delete' then
      query := format('delete from %1$s t using %2$s where %3$s', rel, source, same);
  end case;
  execute format('with written as (%s returning iasql.shown(to_jsonb(t.*)) image) select array_agg(image) from written', query)
    into images using rows, expected;
  perform iasql.leave_room(rel, op, images);
  return query select unnest(images);
end $$;
