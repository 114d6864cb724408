-- How functions speak with the engine.

-- what every function that the engine answers goes through: where no engine is, a commit that one left is named
create or replace function iasql.ask(op text, arguments jsonb default '{}') returns setof jsonb language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  return query select * from iasql.call(op, arguments);
exception when system_error then
  perform iasql.refuse_interrupted();
  raise;
end $$;

-- what a SQL function refuses is told to the engine, which logs it; with no engine it is in the server's log only
create or replace function iasql.report_refusal(op text, state text, told text) returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform iasql.call('refused', jsonb_build_object('operation', op, 'sqlstate', state, 'message', told));
exception when system_error or active_sql_transaction or insufficient_privilege then
  return;
end $$;
