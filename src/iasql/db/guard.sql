-- What users of an IaSQL database do not make: casts and operators. PostgreSQL runs the code behind them as whoever
-- compares two values, and where a foreign key refers to a table, as the owner of that table, which is the engine.

create schema if not exists iasql_guard;
revoke all on schema iasql_guard from public;

create or replace function iasql_guard.refuse_casts() returns event_trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from pg_event_trigger_ddl_commands() c where not c.in_extension)
    and not exists (select from pg_roles r where r.rolname = current_user and r.rolsuper) then
    raise exception '% is for superusers only in an IaSQL database', tg_tag using errcode = 'insufficient_privilege',
      detail = 'The code behind it would run as whoever compares two values, the engine too.', hint = 'Call a function instead.';
  end if;
end $$;

drop event trigger if exists iasql_refuse_casts;
create event trigger iasql_refuse_casts on ddl_command_end when tag in ('CREATE CAST', 'CREATE OPERATOR', 'CREATE OPERATOR CLASS')
  execute function iasql_guard.refuse_casts();
