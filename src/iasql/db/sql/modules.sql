-- Modules: which there are, and how they come and go.

create or replace function public.iasql_install(variadic modules text[] default '{}') returns table (
  module_name text, created_table_name text, record_count integer
) language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  return query select r->>'module_name', r->>'created_table_name', (r->>'record_count')::integer
    from iasql.ask('install', jsonb_build_object('modules', to_jsonb(modules))) r;
end $$;
comment on function public.iasql_install is '{"description": "Installs modules with what they depend on: their tables, filled from the cloud.", "sample_usage": "SELECT * FROM iasql_install(''aws_s3'', ''aws_iam'')"}';

create or replace function public.iasql_uninstall(variadic modules text[] default '{}') returns table (
  module_name text, dropped_table_name text, record_count integer
) language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  return query select r->>'module_name', r->>'dropped_table_name', (r->>'record_count')::integer
    from iasql.ask('uninstall', jsonb_build_object('modules', to_jsonb(modules))) r;
end $$;
comment on function public.iasql_uninstall is '{"description": "Drops the tables of modules; the cloud is not touched, the history stays.", "sample_usage": "SELECT * FROM iasql_uninstall(''aws_s3'')"}';

create or replace function public.iasql_modules_list() returns table (
  module_name text, module_version text, dependencies json
) language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  return query select r->>'module_name', r->>'module_version', (r->'dependencies')::json
    from iasql.ask('modules_list', '{}') r;
end $$;
comment on function public.iasql_modules_list is '{"description": "Every module that can be installed.", "sample_usage": "SELECT * FROM iasql_modules_list()"}';

create or replace function public.iasql_modules_installed() returns table (
  module_name text, module_version text, dependencies text[]
) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select m.name, m.version, array(
    select d.dependency || '@' || n.version from public.iasql_dependencies d join public.iasql_module n on n.name = d.dependency
    where d.module = m.name order by 1)
  from public.iasql_module m order by m.name
$$;
comment on function public.iasql_modules_installed is '{"description": "The installed modules.", "sample_usage": "SELECT * FROM iasql_modules_installed()"}';
