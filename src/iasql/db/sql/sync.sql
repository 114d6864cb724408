-- What brings tables and cloud together, or tells what is different; the engine answers.

create or replace function public.iasql_refresh(table_names text[] default null) returns table (
  action text, table_name text, id text, description text
) language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  return query select r->>'action', r->>'table_name', r->>'id', r->>'description'
    from iasql.ask('refresh', jsonb_build_object('table_names', to_jsonb(table_names))) r;
end $$;
comment on function public.iasql_refresh is '{"description": "Brings the tables in line with the cloud; nothing is pushed.", "sample_usage": "SELECT * FROM iasql_refresh(array[''bucket''])"}';

create or replace function public.iasql_sync(table_names text[] default null) returns table (
  action text, table_name text, id text, description text, side text
) language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  return query select r->>'action', r->>'table_name', r->>'id', r->>'description', r->>'side'
    from iasql.ask('sync', jsonb_build_object('table_names', to_jsonb(table_names))) r;
end $$;
comment on function public.iasql_sync is '{"description": "What the clock does, now: pending changes go to the cloud, then the tables follow it.", "sample_usage": "SELECT * FROM iasql_sync()"}';

create or replace function public.iasql_drift(table_names text[] default null) returns table (
  side text, kind text, table_name text, key jsonb, description text, column_name text, agreed jsonb, present jsonb,
  changed_by text, event text, event_at timestamptz, reason text
) language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  return query select r->>'side', r->>'kind', r->>'table_name', nullif(r->'key', 'null'), r->>'description', r->>'column_name',
    nullif(r->'agreed', 'null'), nullif(r->'present', 'null'), r->>'changed_by', r->>'event', (r->>'event_at')::timestamptz, r->>'reason'
    from iasql.ask('drift', jsonb_build_object('table_names', to_jsonb(table_names))) r;
end $$;
comment on function public.iasql_drift is '{"description": "What differs from what the tables and the cloud last agreed on, on either side; nothing is written. Changes made in the cloud name whoever made them, where CloudTrail tells it.", "sample_usage": "SELECT side, kind, table_name, description, column_name, agreed, present FROM iasql_drift()"}';
