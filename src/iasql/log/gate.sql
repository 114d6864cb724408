-- The gate between writers and markers: a marker never cuts through somebody's uncommitted changes.

-- uuid version 7: by time, on every server version
create or replace function iasql.new_id() returns uuid language sql volatile set search_path = pg_catalog, pg_temp as $$
  select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing
    substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
$$;

-- 25001 and a hint that fits the client
create or replace function iasql.raise_inside_transaction(what text) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  psql constant text := 'psql: not between BEGIN and COMMIT, not with -1, not with AUTOCOMMIT off.';
begin
  raise exception '%', what using errcode = 'active_sql_transaction',
    hint = case when current_setting('application_name') = 'psql' then psql
      else 'Every statement must be its own transaction. ' || psql
        || ' psycopg: psycopg.connect(..., autocommit=True).'
        || ' SQLAlchemy: create_engine(..., isolation_level="AUTOCOMMIT").'
        || ' Django: outside of atomic(), with ATOMIC_REQUESTS off.' end;
end $$;

create or replace function iasql.holds_gate() returns boolean language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select exists (select from pg_locks l where l.pid = pg_backend_pid() and l.locktype = 'relation'
    and l.relation = 'iasql.gate'::regclass and l.granted and l.mode <> 'AccessShareLock')
$$;

-- for functions whose effect others must see: nothing may be uncommitted around them
create or replace function iasql.refuse_inside_transaction() returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform iasql.raise_inside_transaction('this needs the isolation level READ COMMITTED, not '
      || upper(current_setting('transaction_isolation')));
  end if;
  if pg_current_xact_id_if_assigned() is not null or iasql.holds_gate() then
    perform iasql.raise_inside_transaction('this cannot run inside a PostgreSQL transaction that has uncommitted changes');
  end if;
end $$;

-- BEFORE each writing statement: through the gate before any row is locked
create or replace function iasql.pass_gate() returns trigger language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  lock table iasql.gate in row share mode;
  if current_setting('transaction_isolation') <> 'read committed' then
    if tg_op = 'TRUNCATE' then
      raise exception 'truncate of % needs the isolation level READ COMMITTED', tg_table_name
        using errcode = 'feature_not_supported';
    end if;
    perform from iasql.switched for share;   -- 40001 when a marker is younger than this snapshot
  end if;
  if pg_current_xact_id_if_assigned() is not null and exists (
    select from iasql.gate g where g.xact = pg_current_xact_id_if_assigned() and g.state <> 'reverting'
  ) then
    perform iasql.raise_inside_transaction('iasql_begin() or iasql_rollback() and changes of rows cannot share one PostgreSQL transaction');
  end if;
  return null;
end $$;

create or replace function iasql.try_gate() returns boolean language plpgsql
  security definer set search_path = pg_catalog, pg_temp set lock_timeout = '200ms' as $$
begin
  lock table iasql.gate in exclusive mode;
  return true;
exception when lock_not_available then
  return false;
end $$;

-- the gate, closed until the transaction ends; short tries, because a queued one would hold up every writer
create or replace function iasql.take_gate(patience interval default '10s') returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  ends constant timestamptz := clock_timestamp() + patience;
begin
  while not iasql.try_gate() loop
    if clock_timestamp() >= ends then
      raise exception 'another session has uncommitted changes: %', coalesce(iasql.gate_holders(), 'it ended just now, try again')
        using errcode = 'object_in_use', hint = 'Commit or roll back there, or ask an administrator for pg_terminate_backend(pid).';
    end if;
    perform pg_sleep(0.1);
  end loop;
end $$;

create or replace function iasql.gate_holders() returns text language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select string_agg(distinct format('pid %s, user %s%s%s', l.pid, a.usename,
      coalesce(', application ' || nullif(a.application_name, ''), ''),
      coalesce(', for ' || date_trunc('second', clock_timestamp() - a.xact_start)::text, '')), '; ')
  from pg_locks l join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'relation' and l.relation = 'iasql.gate'::regclass and l.granted
    and l.database = (select oid from pg_database where datname = current_database())
    and l.mode <> 'AccessShareLock' and l.pid <> pg_backend_pid()
$$;

-- switches what users' changes carry; the caller holds the gate
create or replace function iasql.switch(new_state text, new_transaction uuid, new_verb uuid, opener text default null)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update iasql.gate g set state = new_state, user_transaction = new_transaction, verb_transaction = new_verb,
    opened_by = opener, xact = pg_current_xact_id(),
    since = case when g.user_transaction = new_transaction then g.since
      else (select coalesce(max(l.id), 0) from public.iasql_audit_log l) end;
  update iasql.switched set stated_at = null;
end $$;

-- markers that SQL functions set must be all that their PostgreSQL transaction does
create or replace function iasql.check_stated() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  if new.stated_at <> statement_timestamp() then
    perform iasql.raise_inside_transaction('iasql_begin() and iasql_rollback() cannot be part of a longer PostgreSQL transaction');
  end if;
  return null;
end $$;

drop trigger if exists marker_stated on iasql.switched;
create constraint trigger marker_stated after update on iasql.switched deferrable initially deferred
  for each row when (new.stated_at is not null) execute function iasql.check_stated();
alter table iasql.switched enable always trigger marker_stated;

create or replace function iasql.note_statement() returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  set constraints iasql.marker_stated deferred;
  update iasql.switched set stated_at = statement_timestamp();
end $$;
