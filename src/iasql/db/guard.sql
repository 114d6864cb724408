-- What users of an IaSQL database do not make: casts and operators, and functions in the place of PostgreSQL's or ours.
-- PostgreSQL runs the code behind the former as whoever compares two values, and where a foreign key refers to a table,
-- as the owner of that table, which is the engine. A function in public whose arguments fit better than those of the one
-- that is meant is called in its place, by everybody who names it without a schema.

create schema if not exists iasql_guard;
grant usage on schema iasql_guard to public;

create or replace function iasql_guard.is_trusted() returns boolean language sql stable set search_path = pg_catalog, pg_temp as $$
  select r.rolsuper or r.rolname = 'iasql_engine' from pg_roles r where r.rolname = current_user
$$;

create or replace function iasql_guard.refuse_casts() returns event_trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from pg_event_trigger_ddl_commands() c where not c.in_extension) and not iasql_guard.is_trusted() then
    raise exception '% is for superusers only in an IaSQL database', tg_tag using errcode = 'insufficient_privilege',
      detail = 'The code behind it would run as whoever compares two values, the engine too.', hint = 'Call a function instead.';
  end if;
end $$;

create or replace function iasql_guard.refuse_shadows() returns event_trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  shadow text;
begin
  if iasql_guard.is_trusted() then
    return;
  end if;
  select p.oid::regprocedure into shadow from pg_event_trigger_ddl_commands() c
    join pg_proc p on c.classid = 'pg_proc'::regclass and p.oid = c.objid join pg_namespace n on n.oid = p.pronamespace
    where not c.in_extension and n.oid <> pg_my_temp_schema() and n.nspowner <> (select r.oid from pg_roles r where r.rolname = current_user)
      and exists (select from pg_proc o join pg_roles r on r.oid = o.proowner where o.proname = p.proname and o.oid <> p.oid
        and (o.pronamespace = 'pg_catalog'::regnamespace or o.pronamespace = p.pronamespace and r.rolname = 'iasql_engine'))
    limit 1;
  if shadow is not null then
    raise exception '% has the name of a function of PostgreSQL''s or IaSQL''s', shadow using errcode = 'insufficient_privilege',
      detail = 'Others would call it in the place of the one that they mean.', hint = 'Give it another name.';
  end if;
end $$;

drop event trigger if exists iasql_refuse_casts;
create event trigger iasql_refuse_casts on ddl_command_end when tag in ('CREATE CAST', 'CREATE OPERATOR', 'CREATE OPERATOR CLASS')
  execute function iasql_guard.refuse_casts();
drop event trigger if exists iasql_refuse_shadows;
create event trigger iasql_refuse_shadows on ddl_command_end
  when tag in ('CREATE FUNCTION', 'ALTER FUNCTION', 'CREATE PROCEDURE', 'ALTER PROCEDURE', 'ALTER ROUTINE', 'CREATE AGGREGATE', 'ALTER AGGREGATE')
  execute function iasql_guard.refuse_shadows();
