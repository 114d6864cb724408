-- What is known: the functions, the version, what failed, how far the engine is.

create or replace function public.iasql_help() returns table (
  module text, name text, signature text, description text, sample_usage text
) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(c.told->>'module', 'iasql_functions'), p.proname::text,
    format('(%s) => (%s)', coalesce(a.given, ''), coalesce(a.answer, format_type(p.prorettype, null))),
    c.told->>'description', c.told->>'sample_usage'
  from pg_proc p cross join lateral (select iasql.told_in_comment(obj_description(p.oid, 'pg_proc')) told) c
  cross join lateral (
    select
      string_agg(case x.mode when 'v' then 'variadic ' else '' end || coalesce(x.name || ' ', '') || format_type(x.type, null), ', ' order by x.n)
        filter (where x.mode in ('i', 'b', 'v')) given,
      string_agg(coalesce(x.name || ' ', '') || format_type(x.type, null), ', ' order by x.n) filter (where x.mode in ('o', 'b', 't')) answer
    from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargnames, p.proargmodes::text[]) with ordinality y (type, name, mode, n)
    cross join lateral (select y.type, y.name, coalesce(y.mode, 'i') mode, y.n) x) a
  where c.told ? 'description'
    and p.proowner in ((select o.relowner from pg_class o where o.oid = 'iasql.gate'::regclass), 'iasql_module'::regrole)
  order by 1, 2, 3
$$;
comment on function public.iasql_help is '{"description": "Every function: what it takes, gives and does.", "sample_usage": "SELECT * FROM iasql_help()"}';

create or replace function iasql.told_in_comment(comment text) returns jsonb language plpgsql immutable
  set search_path = pg_catalog, pg_temp as $$
begin
  return case when left(comment, 1) = '{' then comment::jsonb end;
exception when data_exception then   -- somebody's own comment, which is no JSON
  return null;
end $$;

create or replace function public.iasql_version() returns table (version text) language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select m.version from public.iasql_module m where m.name = 'iasql_platform'
$$;
comment on function public.iasql_version is '{"description": "The version of IaSQL that this database was last migrated by.", "sample_usage": "SELECT * FROM iasql_version()"}';

create or replace function public.iasql_get_errors() returns table (ts timestamptz, message text) language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select l.ts, l.message from public.iasql_audit_log l
  where l.key is null and l.change_type = 'ERROR' order by l.id desc limit 500
$$;
comment on function public.iasql_get_errors is '{"description": "What failed, newest first.", "sample_usage": "SELECT * FROM iasql_get_errors()"}';

create or replace function public.iasql_progress() returns table (
  done integer, total integer, current text, seconds double precision
) language sql security definer set search_path = pg_catalog, pg_temp as $$
  select p.done, p.total, p.current, extract(epoch from clock_timestamp() - p.since)::double precision
  from iasql.progress p order by p.since
$$;
comment on function public.iasql_progress is '{"description": "How far the engine is with what it does now.", "sample_usage": "SELECT * FROM iasql_progress()"}';
