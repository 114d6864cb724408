-- Which modules are installed: written by these functions only.

create or replace trigger only_ours before insert or update or delete or truncate on public.iasql_module
  for each statement execute function iasql.refuse_stray();
create or replace trigger only_ours before insert or update or delete or truncate on public.iasql_dependencies
  for each statement execute function iasql.refuse_stray();
create or replace trigger only_ours before insert or update or delete or truncate on public.iasql_tables
  for each statement execute function iasql.refuse_stray();
alter table public.iasql_module enable always trigger only_ours;
alter table public.iasql_dependencies enable always trigger only_ours;
alter table public.iasql_tables enable always trigger only_ours;

create or replace function iasql.add_module(module text, version text, dependencies text[]) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('iasql.writes', 'iasql_module', true);
  insert into public.iasql_module (name, version) values (add_module.module, add_module.version)
    on conflict (name) do update set version = excluded.version;
  perform set_config('iasql.writes', 'iasql_dependencies', true);
  delete from public.iasql_dependencies d where d.module = add_module.module;
  insert into public.iasql_dependencies (module, dependency) select add_module.module, unnest(dependencies);
  perform set_config('iasql.writes', '', true);
end $$;

create or replace function iasql.add_table(module text, tab text) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('iasql.writes', 'iasql_tables', true);
  insert into public.iasql_tables (module, "table") values (add_table.module, tab) on conflict do nothing;
  perform set_config('iasql.writes', '', true);
end $$;

create or replace function iasql.drop_module(module text) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('iasql.writes', 'iasql_tables', true);
  delete from iasql.list_reference l where l.table_name in (select t."table" from public.iasql_tables t where t.module = drop_module.module);
  delete from iasql.watched w where w.table_name in (select t."table" from public.iasql_tables t where t.module = drop_module.module);
  delete from iasql.held h where h.table_name in (select t."table" from public.iasql_tables t where t.module = drop_module.module);
  delete from iasql.freshness f where f.table_name in (select t."table" from public.iasql_tables t where t.module = drop_module.module);
  delete from public.iasql_tables t where t.module = drop_module.module;
  perform set_config('iasql.writes', 'iasql_dependencies', true);
  delete from public.iasql_dependencies d where d.module = drop_module.module;
  perform set_config('iasql.writes', 'iasql_module', true);
  delete from public.iasql_module m where m.name = drop_module.module;
  perform set_config('iasql.writes', '', true);
end $$;

-- before a table is dropped: each row as deleted by the engine, so that agreement ends and history stays whole
create or replace function iasql.log_all_deleted(tab text, tx uuid default null) returns bigint language plpgsql
  set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set intervalstyle = 'iso_8601'
  set bytea_output = 'hex' set extra_float_digits = 1 as $$
declare
  w iasql.watched;
  count bigint;
begin
  select * into strict w from iasql.watched x where x.table_name = tab;
  perform set_config('iasql.writes', 'iasql_audit_log', true);
  execute format('insert into public.iasql_audit_log (origin, table_name, change_type, key, change, transaction_id)
    select ''engine'', $1, ''DELETE'', iasql.pick(i, $2), jsonb_build_object(''original'', i), coalesce($4, g.verb_transaction, g.user_transaction)
    from iasql.gate g, (select iasql.shown(to_jsonb(t.*)) - $3 i from %s t offset 0) t', w.rel)
    using tab, w.keys, w.derived || w.volatile, tx;
  get diagnostics count = row_count;
  perform set_config('iasql.writes', '', true);
  return count;
end $$;
