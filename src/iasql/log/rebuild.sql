-- High-level tables. A view tells which rows low-level tables make; the table follows it: at once where users wrote,
-- once a batch where the engine did. Only rows that differ are written, with the power of the role iasql_module.

-- what triggers of high-level tables ask, in their WHEN: while rows are written from the log, or by the engine, or to
-- follow low-level rows, all that belongs together is written anyway, and nothing is to be done twice
create or replace function public.iasql_stands_still() returns boolean language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select session_user in ('iasql_writer', 'iasql_engine') or coalesce(current_setting('iasql.stands_still', true), '') = 'on'
$$;
comment on function public.iasql_stands_still is '{"description": "Whether the rows being written are brought back from the log, or follow the cloud: a trigger of a high-level table then does nothing.", "sample_usage": "CREATE TRIGGER t AFTER INSERT ON my_table FOR EACH ROW WHEN (NOT iasql_stands_still()) EXECUTE FUNCTION f()"}';

-- the columns that a high-level table takes from its view
create or replace function iasql.followed_columns(w iasql.watched, source regclass) returns text[] language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select array_agg(a.attname::text order by a.attnum) from pg_attribute a
  where a.attrelid = w.rel and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attname <> all (w.masked)
    and exists (select from pg_attribute v where v.attrelid = source and v.attname = a.attname and v.attnum > 0)
$$;

-- brings a high-level table in line with its view; the view's code and the table's run as iasql_module
create or replace function iasql.write_found(tab text) returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set intervalstyle = 'iso_8601'
  set bytea_output = 'hex' set extra_float_digits = 1 as $$
declare
  w iasql.watched;
  source constant regclass := (select r.source from iasql.rebuild r where r.table_name = tab);
  same text;
  columns text[];
  names text;
  found jsonb;
begin
  select * into strict w from iasql.watched x where x.table_name = tab;
  columns := iasql.followed_columns(w, source);
  names := (select string_agg(quote_ident(c), ', ') from unnest(columns) c);
  same := (select string_agg(format('t.%1$I = f.%1$I', c), ' and ') from unnest(w.keys) c);
  execute format('select coalesce(jsonb_agg(to_jsonb(v.*)), ''[]'') from (select distinct on (%1$s) %2$s from %3$s order by %1$s) v',
    (select string_agg(quote_ident(c), ', ') from unnest(w.keys) c), names, source) into found;
  execute format('delete from %1$s t where not exists (select from jsonb_populate_recordset(null::%1$s, $1) f where %2$s)', w.rel, same)
    using found;
  execute format('update %1$s t set (%2$s) = row (%3$s) from jsonb_populate_recordset(null::%1$s, $1) f where %4$s
      and (select to_jsonb(x.*) from (select %5$s) x) is distinct from (select to_jsonb(x.*) from (select %3$s) x)', w.rel, names,
    (select string_agg(format('f.%I', c), ', ') from unnest(columns) c), same, (select string_agg(format('t.%I', c), ', ') from unnest(columns) c))
    using found;
  execute format('insert into %1$s (%2$s) select %3$s from jsonb_populate_recordset(null::%1$s, $1) f where not exists (select from %1$s t where %4$s)',
    w.rel, names, (select string_agg(format('f.%I', c), ', ') from unnest(columns) c), same) using found;
end $$;
grant create on schema iasql to iasql_module;
alter function iasql.write_found(text) owner to iasql_module;
revoke create on schema iasql from iasql_module;

-- after a user's statement on a low-level table; a module that fails does not stop him
create or replace function iasql.let_follow() returns trigger language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  tab text;
begin
  for tab in select r.table_name from iasql.rebuild r where r.follows @> array[iasql.table_name(tg_relid)] loop
    begin
      perform set_config('iasql.stands_still', 'on', true);
      perform iasql.write_found(tab);
      perform set_config('iasql.stands_still', '', true);
    exception when others then
      raise warning '% does not follow %: %', tab, tg_table_name, sqlerrm using errcode = sqlstate;
    end;
  end loop;
  return null;
end $$;

-- a table follows a view from now on, whenever one of these tables is written
create or replace function iasql.rebuild_by(tab text, source regclass, follows text[]) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  w iasql.watched;
  missing text;
  low regclass;
begin
  select * into w from iasql.watched x where x.table_name = tab;
  select string_agg(f, ', ') into missing from unnest(follows) f where not exists (select from iasql.watched x where x.table_name = f);
  if w.rel is null then
    raise exception 'no module has a table %', tab using errcode = 'undefined_table';
  elsif missing is not null then
    raise exception '% cannot follow %: no installed module has it', tab, missing using errcode = 'undefined_table';
  elsif not iasql.followed_columns(w, source) @> w.keys or iasql.followed_columns(w, source) is null then
    raise exception 'the view % must have the key of %: %', source, tab, array_to_string(w.keys, ', ') using errcode = 'undefined_column';
  end if;
  insert into iasql.rebuild (table_name, source, follows) values (tab, source, follows)
    on conflict (table_name) do update set source = excluded.source, follows = excluded.follows, up_to = 0;
  perform iasql.watch(w.rel, w.masked, w.volatile, w.computed, w.platform);   -- its triggers are told
  for low in select x.rel from iasql.watched x where x.table_name = any (follows) loop
    execute format('create or replace trigger iasql_follow after insert or update or delete or truncate on %s for each statement
      when (pg_trigger_depth() = 0 and not public.iasql_stands_still()) execute function iasql.let_follow()', low);
  end loop;
end $$;

create or replace function iasql.end_rebuild(tab text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  low regclass;
begin
  for low in select x.rel from iasql.rebuild r join iasql.watched x on x.table_name = any (r.follows) where r.table_name = tab
      and not exists (select from iasql.rebuild o where o.table_name <> tab and x.table_name = any (o.follows)) loop
    execute format('drop trigger if exists iasql_follow on %s', low);
  end loop;
  delete from iasql.rebuild r where r.table_name = tab;
end $$;

-- the high-level tables whose low-level ones were written since they last followed
create or replace function iasql.outdated() returns setof text language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  top constant bigint := coalesce((select max(l.id) from public.iasql_audit_log l), 0);
begin
  return query with late as (
    select r.table_name, exists (select from public.iasql_audit_log l where l.id > r.up_to and l.table_name = any (r.follows)
      and l.change_type in ('INSERT', 'UPDATE', 'DELETE')) or r.up_to = 0 late
    from iasql.rebuild r
  ), seen as (
    update iasql.rebuild r set up_to = top from late where late.table_name = r.table_name and not late.late and r.up_to < top
  )
  select late.table_name from late where late.late order by 1;
end $$;

-- the writer asks for it; what it writes counts as the engine's
create or replace function iasql.follow(tab text) returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  top constant bigint := coalesce((select max(l.id) from public.iasql_audit_log l), 0);
begin
  perform iasql.refuse_unless_asked();
  insert into iasql.module_run (what, argument) values ('rebuild', tab);
  delete from iasql.module_run;
  update iasql.rebuild r set up_to = top where r.table_name = tab;
end $$;
