-- How each verb that opens a transaction begins: an attempt that finds another one open is in the log.

-- opens a transaction; who is in the way is told, and that somebody tried is in the log
drop function if exists iasql.open_way(text, text, jsonb);
create or replace function iasql.open_for(message text, verb text, about jsonb default null) returns uuid language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  return iasql.open_transaction(message, about => open_for.about);
exception when object_in_use then
  perform iasql.report_refusal(verb, sqlstate, sqlerrm);
  raise;
end $$;

-- nothing else is under way; an attempt that comes too early is in the log
create or replace function iasql.refuse_to_open(verb text) returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform iasql.refuse_unless_clean();
exception when object_in_use then
  perform iasql.report_refusal(verb, sqlstate, sqlerrm);
  raise;
end $$;
