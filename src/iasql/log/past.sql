-- The past of a table: what was known at a moment, read from the log and the rows that have not changed since.
-- A moment means whole PostgreSQL transactions: one with changes on both sides of it belongs after it.

create or replace function iasql.straddling(at timestamptz) returns xid8[] language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  with later as materialized (
    select distinct l.xact from public.iasql_audit_log l
    where l.ts > straddling.at and l.key is not null
      and l.xact <= (select max(e.xact) from public.iasql_audit_log e where e.ts <= straddling.at and e.key is not null)
  )
  select array(select distinct l.xact from public.iasql_audit_log l
    where l.ts <= straddling.at and l.key is not null and l.xact in (select r.xact from later r))
$$;

-- secrets as a row shows them, in place of their versions
create or replace function iasql.veiled(image jsonb) returns jsonb language sql immutable
  set search_path = pg_catalog, pg_temp as $$
  select case when strpos(image::text, '"hmac:') = 0 then image else (
    select jsonb_object_agg(e.key, case when iasql.is_version(e.value) then iasql.mask(e.value) else e.value end)
    from jsonb_each(image) e) end
$$;

-- a table by its name in the log; rel is null when its module is not installed any more
create or replace function iasql.logged_table(tab text) returns iasql.watched language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  w iasql.watched;
begin
  select * into w from iasql.watched x where x.table_name = tab;
  if w.rel is null and (tab is null or not exists (select from public.iasql_audit_log l where l.table_name = tab)) then
    raise exception 'there is no history of a table %', coalesce(tab, 'null') using errcode = 'undefined_table',
      hint = 'select * from iasql_tables';
  end if;
  return w;
end $$;

create or replace function iasql.refuse_no_moment(at timestamptz, what text) returns void language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  if at is null then
    raise exception '% must be a moment, not null', what using errcode = 'null_value_not_allowed',
      hint = 'For instance: now() - interval ''1 hour''';
  end if;
  perform iasql.refuse_archived(at);
end $$;

-- the rows of a table at a moment; secrets as versions. Rows nobody has changed since are read from the table
create or replace function iasql.past(tab text, at timestamptz) returns table (key jsonb, image jsonb) language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set intervalstyle = 'iso_8601'
  set bytea_output = 'hex' set extra_float_digits = 1 set jit = off as $$
declare
  w constant iasql.watched := iasql.logged_table(tab);
  present text := 'select null::jsonb, null::jsonb where $4 = $5';
begin
  perform iasql.refuse_no_moment(at, 'at');
  if w.rel is not null then
    present := format('select p.key, p.image from (
        select iasql.pick(i.image, $4) key, i.image from (select iasql.shown(to_jsonb(t.*)) - $5 image from %s t offset 0) i offset 0) p
      where not exists (select from touched t where t.key = p.key)', w.rel);
  end if;
  return query execute format($q$
    with since as (
      select l.key, l.id from public.iasql_audit_log l
      where l.table_name = $1 and l.ts > $2 and l.change_type in ('INSERT', 'UPDATE', 'DELETE')
      union all
      select l.key, l.id from public.iasql_audit_log l
      where $3 <> '{}' and l.table_name = $1 and l.ts <= $2 and l.xact = any ($3) and l.change_type in ('INSERT', 'UPDATE', 'DELETE')
    ), touched as materialized (
      select s.key, min(s.id) id from since s group by 1
    )
    select t.key, l.change->'original' from touched t join public.iasql_audit_log l on l.id = t.id where l.change ? 'original'
    union all %s$q$, present) using tab, at, iasql.straddling(at), w.keys, w.derived || w.volatile;
end $$;

create or replace function public.iasql_state_at(table_name text, at timestamptz default now()) returns table ("row" jsonb)
  language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select iasql.veiled(p.image) from iasql.past($1, $2) p order by p.key
$$;
comment on function public.iasql_state_at is '{"description": "The rows of a table as they were at a moment. As rows that can be joined: each table has a function of its own, for instance bucket_at(at). Columns that AWS moves by itself are left out.", "sample_usage": "SELECT row->>''name'' FROM iasql_state_at(''bucket'', now() - interval ''1 day'')"}';

-- where the views lie that show the tables of a schema as they were at the moment in the setting iasql.at
create or replace function iasql.past_schema(rel regclass) returns text language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select case n.nspname when 'public' then 'iasql_past' else n.nspname || '_past' end
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = rel
$$;

create or replace function iasql.past_moment() returns timestamptz language sql stable set search_path = pg_catalog, pg_temp as $$
  select coalesce(nullif(current_setting('iasql.at', true), '')::timestamptz, now())
$$;

-- <table>_at(at), the table's own rows; and the view of the same name as the table in the schema of the past
create or replace function iasql.keep_past(rel regclass) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  tab constant text := iasql.table_name(rel);
  place constant text := iasql.past_schema(rel);
  plain constant text := (select c.relname from pg_class c where c.oid = rel);
  name constant text := (select format('%I.%I', n.nspname, c.relname || '_at')
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = rel);
  readers constant text := 'iasql_user, iasql_operator, iasql_approver, iasql_auditor';
begin
  if exists (select from pg_proc p where p.oid = to_regprocedure(name || '(timestamptz)') and not pg_has_role(current_user, p.proowner, 'usage')) then
    raise exception 'the function %(timestamptz) is in the way: it is to show the past of %', name, tab using errcode = 'duplicate_function',
      hint = 'Rename it or drop it.';
  end if;
  execute format('create or replace function %s(at timestamptz) returns setof %s language sql stable security definer
    set search_path = pg_catalog, pg_temp as %L', name, rel, format(
    'select r.* from iasql.past(%L, $1) p cross join lateral jsonb_populate_record(null::%s, iasql.veiled(p.image)) r', tab, rel));
  execute format('comment on function %s(timestamptz) is %L', name, format('The rows of %s as they were at a moment.', tab));
  execute format('revoke execute on function %s(timestamptz) from public', name);
  execute format('grant execute on function %s(timestamptz) to %s', name, readers);
  execute format('create schema if not exists %I', place);
  execute format('grant usage on schema %I to %s', place, readers);
  begin
    execute format('create or replace view %I.%I as select * from %s(iasql.past_moment())', place, plain, name);
  exception when invalid_table_definition then   -- a column was renamed, retyped or dropped
    execute format('drop view %I.%I', place, plain);
    execute format('create view %I.%I as select * from %s(iasql.past_moment())', place, plain, name);
  end;
  execute format('comment on view %I.%I is %L', place, plain, format('The rows of %s as they were at the moment in the setting iasql.at.', tab));
  execute format('grant select on %I.%I to %s', place, plain, readers);
end $$;

create or replace function iasql.drop_past(rel regclass) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  execute (select format('drop view if exists %I.%I', iasql.past_schema(rel), c.relname) from pg_class c where c.oid = rel);
  execute (select format('drop function if exists %I.%I(timestamptz)', n.nspname, c.relname || '_at')
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = rel);
end $$;

do $$
declare
  w iasql.watched;
begin
  for w in select * from iasql.watched x where not x.platform loop
    perform iasql.keep_past(w.rel);
  end loop;
end $$;
