-- What was asked of the cloud: an intent before the call, an outcome after it, and values found to be agreed.

-- rows: [{table_name, key, transaction_id, change, message, changed_by}]; an intent must carry the current epoch
create or replace function iasql.log_rows(
  kind public.iasql_audit_log_change_type_enum, rows jsonb
) returns setof bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('iasql.writes', 'iasql_audit_log', true);
  return query insert into public.iasql_audit_log (changed_by, origin, table_name, change_type, key, change, message, transaction_id)
  select coalesce(r.changed_by, nullif(current_setting('iasql.actor', true), ''), session_user), 'engine',
    r.table_name, kind, nullif(r.key, 'null'), r.change, r.message,
    coalesce(r.transaction_id, g.verb_transaction, g.user_transaction)
  from iasql.gate g, rows from (jsonb_to_recordset(rows) as (
    table_name text, key jsonb, transaction_id uuid, change jsonb, message text, changed_by text)) with ordinality r
  order by r.ordinality
  returning id;
  perform set_config('iasql.writes', '', true);
end $$;

create or replace function iasql.log_calls(rows jsonb, epoch bigint default null) returns setof bigint language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  current bigint;
  carried constant bigint := coalesce(epoch, nullif(current_setting('iasql.epoch', true), '')::bigint);
begin
  if epoch is not null or exists (select from jsonb_array_elements(rows) r where r->'change' ? 'intent') then
    select e.number into current from iasql.epoch e for share;   -- a takeover waits for this transaction
    if carried <> current or (carried is null and current > 0) then
      raise exception 'another engine has taken over (epoch %, this one has %)', current, coalesce(carried::text, 'none')
        using errcode = 'object_not_in_prerequisite_state';
    end if;
  end if;
  return query select iasql.log_rows('CLOUD_CALL', rows);
end $$;

create or replace function iasql.log_agreed(rows jsonb) returns setof bigint language sql
  security definer set search_path = pg_catalog, pg_temp as $$
  select iasql.log_rows('AGREED', rows)
$$;

-- calls that were begun above an id of the log, and whose outcome nobody knows
drop function if exists iasql.open_intents();
create or replace function iasql.open_intents(since bigint default 0) returns table (
  id bigint, ts timestamptz, table_name text, key jsonb, transaction_id uuid, intent jsonb
) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  -- except, and no anti-join: right after a large commit there are no statistics, and one was looked for in a nested loop
  with open as materialized (
    select l.id from public.iasql_audit_log l where l.id > since and l.change_type = 'CLOUD_CALL' and l.change ? 'intent'
    except
    select (o.change->'outcome'->>'intent')::bigint from public.iasql_audit_log o
    where o.id > since and o.change_type = 'CLOUD_CALL' and o.change ? 'outcome'
  )
  select l.id, l.ts, l.table_name::text, l.key, l.transaction_id, l.change->'intent'
  from open join public.iasql_audit_log l on l.id = open.id
  order by l.id
$$;
