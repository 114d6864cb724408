-- Modules that operators add: SQL on low-level tables. It is run as iasql_module, a role that nobody logs in as, which
-- may do what iasql_user may; and inside of a trigger, where nobody counts as the engine.

create or replace function iasql.as_module(statements text) returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('search_path', 'public, pg_temp', true);   -- until this function ends
  execute statements;
end $$;
grant create on schema iasql to iasql_module;
alter function iasql.as_module(text) owner to iasql_module;
revoke create on schema iasql from iasql_module;

create or replace function iasql.run_for_module() returns trigger language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  if new.what = 'sql' then
    perform iasql.as_module(new.argument);
  else
    perform iasql.write_found(new.argument);
  end if;
  return null;
end $$;
create or replace trigger run after insert on iasql.module_run for each row execute function iasql.run_for_module();

-- a user's trigger runs as the writer where the writer fired it: what the engine alone may ask for is not for it
create or replace function iasql.refuse_unless_asked() returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  if session_user <> 'iasql_writer' or pg_trigger_depth() > 0 then
    raise exception 'only the engine may do this' using errcode = 'insufficient_privilege';
  end if;
end $$;

-- what the role of modules owns, by the names that PostgreSQL finds it again under
create or replace function iasql.module_objects() returns setof jsonb language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object('type', a.type, 'names', a.object_names, 'args', a.object_args) from (
    select 'pg_class'::regclass class, c.oid from pg_class c
      where c.relowner = 'iasql_module'::regrole and c.relkind in ('r', 'v', 'm', 'S', 'p', 'f') and c.relpersistence <> 't'
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('i', 'a') and c.relkind = 'S')
    union all
    select 'pg_proc'::regclass, p.oid from pg_proc p where p.proowner = 'iasql_module'::regrole and p.pronamespace <> 'iasql'::regnamespace
    union all
    select 'pg_type'::regclass, t.oid from pg_type t where t.typowner = 'iasql_module'::regrole and t.typtype in ('e', 'd', 'r', 'c')
      and (t.typtype <> 'c' or exists (select from pg_class c where c.oid = t.typrelid and c.relkind = 'c'))
  ) o cross join lateral pg_identify_object_as_address(o.class, o.oid, 0) a
$$;

-- tables become the engine's, so that nobody can switch their log off; users may read views
create or replace function iasql.adopt(module text, made jsonb) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  o record;
begin
  for o in select a.objid::regclass rel, c.relkind, x->>'type' type, c.relname from jsonb_array_elements(made) x
      cross join lateral pg_get_object_address(x->>'type', array(select jsonb_array_elements_text(x->'names')),
        array(select jsonb_array_elements_text(x->'args'))) a
      join pg_class c on a.classid = 'pg_class'::regclass and c.oid = a.objid and c.relkind <> 'c' order by c.oid loop
    if o.relkind = 'r' then
      if exists (select from pg_rewrite r where r.ev_class = o.rel) then
        raise exception 'table % of module % has a rule', o.relname, module using errcode = 'feature_not_supported', hint = 'Use a trigger.';
      end if;
      execute format('alter table %s owner to %I', o.rel, current_user);
      perform iasql.watch(o.rel);
      perform iasql.add_table(module, iasql.table_name(o.rel));
      perform iasql.raise_sequence(iasql.table_name(o.rel));
    elsif o.relkind in ('v', 'm') then
      execute format('grant select on %s to iasql_user, iasql_operator, iasql_approver, iasql_auditor', o.rel);
    else
      raise exception 'a module may make tables, views, functions and types, and % is a %', o.relname, o.type
        using errcode = 'feature_not_supported';
    end if;
  end loop;
end $$;

create or replace function iasql.run_module(statements text, person text) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('iasql.actor', coalesce(person, ''), true);
  insert into iasql.module_run (what, argument) values ('sql', statements);
  delete from iasql.module_run;
  perform set_config('iasql.actor', '', true);
end $$;

create or replace function iasql.install_added(module text, person text) returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  m iasql.added_module;
  before jsonb;
  made jsonb;
  r record;
begin
  perform iasql.refuse_unless_asked();
  select * into strict m from iasql.added_module a where a.name = module;
  select coalesce(jsonb_agg(o), '[]') into before from iasql.module_objects() o;
  perform iasql.add_module(m.name, m.version, m.dependencies);
  perform iasql.run_module(m.install, person);
  select coalesce(jsonb_agg(o), '[]') into made from iasql.module_objects() o where not before @> jsonb_build_array(o);
  perform iasql.adopt(module, made);
  update iasql.added_module a set objects = made where a.name = module;
  for r in select * from jsonb_to_recordset(m.rebuilds) x ("table" text, "from" text, follows text[]) loop
    if to_regclass(format('public.%I', r."from")) is null then
      raise exception 'module % has no view %, which % is to follow', module, r."from", r."table" using errcode = 'undefined_table';
    end if;
    perform iasql.rebuild_by(r."table", format('public.%I', r."from")::regclass, r.follows);
  end loop;
end $$;

-- what a module made goes: whatever order it may go in, but nothing of anybody else's
create or replace function iasql.drop_objects(objects jsonb) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  left_over jsonb := objects;
  o jsonb;
  count integer;
  why text;
  detail text;
begin
  loop
    count := jsonb_array_length(left_over);
    exit when count = 0;
    for o in select x from jsonb_array_elements(left_over) with ordinality y (x, n) order by y.n desc loop
      begin
        perform iasql.drop_object(o);
        left_over := (select coalesce(jsonb_agg(x), '[]') from jsonb_array_elements(left_over) x where x <> o);
      exception when dependent_objects_still_exist then
        get stacked diagnostics why = message_text, detail = pg_exception_detail;
      end;
    end loop;
    if jsonb_array_length(left_over) = count then
      raise exception '%', why using errcode = 'dependent_objects_still_exist', detail = detail;
    end if;
  end loop;
end $$;

create or replace function iasql.drop_object(o jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  found record;
begin
  select i.type, i.identity into found from pg_get_object_address(o->>'type', array(select jsonb_array_elements_text(o->'names')),
    array(select jsonb_array_elements_text(o->'args'))) a cross join lateral pg_identify_object(a.classid, a.objid, a.objsubid) i;
  execute format('drop %s %s', found.type, found.identity);
exception when undefined_object or undefined_table or undefined_function then
  return;   -- the module's own SQL took it away
end $$;

create or replace function iasql.uninstall_added(module text, tx uuid, person text) returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  m iasql.added_module;
  tab text;
begin
  perform iasql.refuse_unless_asked();
  select * into strict m from iasql.added_module a where a.name = module;
  for tab in select r.table_name from iasql.rebuild r join public.iasql_tables t on t."table" = r.table_name where t.module = uninstall_added.module loop
    perform iasql.end_rebuild(tab);
  end loop;
  if m.uninstall <> '' then
    perform iasql.run_module(m.uninstall, person);
  end if;
  for tab in select t."table" from public.iasql_tables t where t.module = uninstall_added.module loop
    perform iasql.log_all_deleted(tab, tx);
    perform iasql.unwatch(tab);
  end loop;
  perform iasql.drop_objects(m.objects);
  update iasql.added_module a set objects = '[]' where a.name = module;
  perform iasql.drop_module(module);
end $$;

create or replace function public.iasql_add_module(
  name text, version text, description text, dependencies text[], install text, uninstall text default '', rebuilds jsonb default '[]'
) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from public.iasql_module m where m.name = iasql_add_module.name) then
    raise exception 'module % is installed', name using errcode = 'object_in_use', hint = format('select * from iasql_uninstall(%L), then add it again.', name);
  end if;
  insert into iasql.added_module as a (name, version, description, dependencies, install, uninstall, rebuilds, added_by)
    values (name, version, coalesce(description, ''), coalesce(dependencies, '{}'), install, coalesce(uninstall, ''), coalesce(rebuilds, '[]'), session_user)
    on conflict on constraint added_module_pkey do update set version = excluded.version, description = excluded.description,
      dependencies = excluded.dependencies, install = excluded.install, uninstall = excluded.uninstall, rebuilds = excluded.rebuilds,
      added_by = excluded.added_by, added_at = clock_timestamp();
  perform iasql.mark('SETTING', null, format('module %s@%s added', name, version),
    jsonb_build_object('module', name, 'version', version, 'digest', encode(sha256(convert_to(install || uninstall, 'UTF8')), 'hex')));
  return name || '@' || version;
end $$;
comment on function public.iasql_add_module is '{"description": "Adds a module of your own, or another version of it, to those that can be installed. `iasql module add FOLDER` reads one from a folder.", "sample_usage": "SELECT iasql_add_module(''web_site'', ''1.0.0'', ''Sites.'', ''{aws_s3}'', ''create table web_site (name text primary key)'')"}';

create or replace function public.iasql_remove_module(name text) returns text language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  needs text;
begin
  select string_agg(a.name, ', ') into needs from iasql.added_module a where iasql_remove_module.name = any (a.dependencies);
  if exists (select from public.iasql_module m where m.name = iasql_remove_module.name) then
    raise exception 'module % is installed', name using errcode = 'object_in_use', hint = format('select * from iasql_uninstall(%L) first.', name);
  elsif needs is not null then
    raise exception 'module % is needed by %', name, needs using errcode = 'dependent_objects_still_exist';
  end if;
  delete from iasql.added_module a where a.name = iasql_remove_module.name;
  if not found then
    raise exception 'nobody has added a module %', name using errcode = 'undefined_object', hint = 'select * from iasql_modules_list()';
  end if;
  perform iasql.mark('SETTING', null, format('module %s removed', name), jsonb_build_object('module', name));
  return name;
end $$;
comment on function public.iasql_remove_module is '{"description": "Takes a module that somebody added, and that is not installed, away again.", "sample_usage": "SELECT iasql_remove_module(''web_site'')"}';
