-- Markers: where transactions begin and end in the log. Whoever sets one that switches the gate holds it.

create or replace function iasql.mark(
  change_type public.iasql_audit_log_change_type_enum, transaction uuid default null, message text default null,
  change jsonb default null, changed_by text default null
) returns bigint language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
declare
  number bigint;
  tx constant uuid := coalesce(transaction, (select coalesce(g.verb_transaction, g.user_transaction) from iasql.gate g));
begin
  perform set_config('iasql.writes', 'iasql_audit_log', true);
  insert into public.iasql_audit_log (changed_by, origin, change_type, change, message, transaction_id)
    values (coalesce(mark.changed_by, nullif(current_setting('iasql.actor', true), ''), session_user),
      case when session_user in ('iasql_engine', 'iasql_writer') then 'engine' else 'user' end,
      mark.change_type, mark.change, mark.message, tx)
    returning id into number;
  perform set_config('iasql.writes', '', true);
  perform pg_notify('iasql', jsonb_build_object('id', number, 'change_type', mark.change_type, 'transaction_id', tx)::text);
  return number;
end $$;

-- who opened what is in the way, for messages
create or replace function iasql.opened_by(transaction uuid) returns text language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select format('%s, since %s', l.changed_by, to_char(l.ts, 'YYYY-MM-DD HH24:MI:SS TZ')) from public.iasql_audit_log l
  where l.transaction_id = transaction and l.key is null and l.change_type in ('OPEN_TRANSACTION', 'START_COMMIT')
  order by l.id desc limit 1
$$;

-- somebody tried what the present state, his role or the plan does not allow
create or replace function iasql.note_refusal(op text, state text, told text, person text) returns bigint language sql
  security definer set search_path = pg_catalog, pg_temp as $$
  select iasql.mark('REFUSED', null, left(told, 1000), jsonb_build_object('operation', op, 'sqlstate', state), person)
$$;

-- true, false, or null while there is no channel to ask
create or replace function iasql.engine_is_up() returns boolean language plpgsql stable
  set search_path = pg_catalog, pg_temp as $$
declare
  up boolean;
begin
  if to_regprocedure('iasql.look_around()') is null then
    return null;
  end if;
  execute 'select l.engine is not null from iasql.look_around() l' into up;
  return up;
end $$;

-- how far what runs now has come, for messages
create or replace function iasql.progress_told() returns text language plpgsql stable
  set search_path = pg_catalog, pg_temp as $$
declare
  told text;
begin
  if to_regclass('iasql.progress') is not null then
    execute $q$select string_agg(format('%s by %s: %s%s', p.operation, p."user", coalesce(p.done || ' of ' || p.total || ', ', ''), p.current), '; '
      order by p.since) from iasql.progress p$q$ into told;
  end if;
  return coalesce(told, 'It has told of no progress yet.');
end $$;

-- a commit is under way: nothing else may begin
create or replace function iasql.raise_committing(g iasql.gate) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  if iasql.engine_is_up() is false then
    raise exception 'a commit was interrupted; it will be finished when an engine starts (%)', iasql.opened_by(g.verb_transaction)
      using errcode = 'system_error', hint = 'Start one with: iasql up';
  end if;
  raise exception 'a commit is running (%)', iasql.opened_by(g.verb_transaction)
    using errcode = 'object_in_use', detail = iasql.progress_told(),
    hint = 'Wait until it is done: select * from iasql_progress(). To stop it: select * from iasql_cancel().';
end $$;

-- where no engine answers: what it left behind, if anything
create or replace function iasql.refuse_interrupted() returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  g iasql.gate;
begin
  select * into g from iasql.gate;
  if g.state in ('committing', 'reverting') and iasql.engine_is_up() is false then
    perform iasql.raise_committing(g);
  end if;
end $$;

create or replace function iasql.refuse_unless_clean() returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  g iasql.gate;
begin
  select * into g from iasql.gate;
  if g.state in ('committing', 'reverting') then
    perform iasql.raise_committing(g);
  elsif g.state = 'open' then
    raise exception 'Another transaction is open (%)', iasql.opened_by(g.user_transaction)
      using errcode = 'object_in_use', hint = 'select * from iasql_commit(), or select * from iasql_rollback()';
  end if;
end $$;

-- about: what it takes up, for the log
drop function if exists iasql.open_transaction(text, interval);
create or replace function iasql.open_transaction(message text default null, patience interval default '10s', about jsonb default null)
  returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  tx constant uuid := iasql.new_id();
begin
  perform iasql.refuse_unless_clean();
  perform iasql.take_gate(patience);
  perform iasql.refuse_unless_clean();
  perform iasql.switch('open', tx, (select g.verb_transaction from iasql.gate g), session_user);
  perform iasql.mark('OPEN_TRANSACTION', tx, message, about);
  perform iasql.note_statement();
  return tx;
end $$;

-- the log's last id that a user wrote in this transaction; 0 when nothing was
create or replace function iasql.last_id(transaction uuid) returns bigint language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(max(l.id), 0) from public.iasql_audit_log l, iasql.bounds(transaction) b
  where l.id > b.low and l.id <= b.high and l.transaction_id = transaction and l.origin = 'user' and l.key is not null
$$;

-- freezes the open transaction: edits from now on belong to the id it gives back; null when the span has grown
-- about: what the plan is, and who agreed to it
drop function if exists iasql.start_commit(uuid, bigint, text, text, interval);
create or replace function iasql.start_commit(
  tx uuid, seen_top bigint, message text default null, changed_by text default null, patience interval default '10s',
  about jsonb default '{}'
) returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  g iasql.gate;
  following constant uuid := iasql.new_id();
begin
  perform iasql.take_gate(patience);
  select * into g from iasql.gate;
  if g.state <> 'open' or g.user_transaction <> tx then
    raise exception 'transaction % is not open', tx using errcode = 'no_active_sql_transaction';
  end if;
  if iasql.last_id(tx) > seen_top then
    return null;
  end if;
  if message is not null then
    perform iasql.mark('SET_COMMIT_MESSAGE', tx, message, null, changed_by);
  end if;
  perform iasql.mark('START_COMMIT', tx, null, about || jsonb_build_object('since', g.since, 'next', following), changed_by);
  perform iasql.switch('committing', following, tx, g.opened_by);
  return following;
end $$;

-- back to open, before any call was made; what users wrote meanwhile stays outside
create or replace function iasql.reopen(tx uuid, patience interval default '10s') returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  g iasql.gate;
  low bigint;
begin
  perform iasql.take_gate(patience);
  select * into g from iasql.gate;
  if g.state <> 'committing' or g.verb_transaction <> tx then
    raise exception 'transaction % is not being committed', tx using errcode = 'no_active_sql_transaction';
  end if;
  select b.low into low from iasql.bounds(tx) b;
  perform iasql.switch('open', tx, null, g.opened_by);
  update iasql.gate set since = low;
  perform iasql.mark('OPEN_TRANSACTION', tx, null, null, g.opened_by);
end $$;

-- the commit failed: from here to END_REVERT the engine's writes restore
create or replace function iasql.start_revert(tx uuid, patience interval default '60s') returns bigint language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  g iasql.gate;
begin
  perform iasql.take_gate(patience);
  select * into g from iasql.gate;
  if g.state <> 'committing' or g.verb_transaction <> tx then
    raise exception 'transaction % is not being committed', tx using errcode = 'no_active_sql_transaction';
  end if;
  perform iasql.switch('reverting', g.user_transaction, tx, g.opened_by);
  return iasql.mark('START_REVERT', tx);
end $$;

create or replace function iasql.end_revert(tx uuid) returns bigint language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  update iasql.gate set state = 'committing' where state = 'reverting' and verb_transaction = tx;
  return iasql.mark('END_REVERT', tx);
end $$;

create or replace function iasql.end_commit(tx uuid) returns bigint language sql
  security definer set search_path = pg_catalog, pg_temp as $$
  select iasql.mark('END_COMMIT', tx)
$$;

-- ends a commit, whatever became of it; `outcome` overrides what the markers say of it
create or replace function iasql.close(tx uuid, outcome text default null) returns bigint language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  number bigint;
begin
  update iasql.gate g set
    state = case when g.state in ('committing', 'reverting') and g.verb_transaction = tx then 'clean' else g.state end,
    verb_transaction = case when g.verb_transaction = tx then null else g.verb_transaction end;
  number := iasql.mark('CLOSE_TRANSACTION', tx, null, case when outcome is not null then jsonb_build_object('state', outcome) end);
  perform iasql.seal();
  return number;
end $$;

-- the tick's id switch: what was changed outside of a transaction until now has the id it gives back, and nothing
-- new gets it; null while a transaction is open or being committed, or when there is nothing to carry out
create or replace function iasql.start_tick(patience interval default '1s') returns uuid language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  g iasql.gate;
  next constant uuid := iasql.new_id();
begin
  perform iasql.take_gate(patience);
  select * into g from iasql.gate;
  if g.state <> 'clean' then
    return null;
  end if;
  perform iasql.close_tick(g.verb_transaction);
  if iasql.last_id(g.user_transaction) = 0 then
    return null;
  end if;
  perform iasql.mark('START_COMMIT', g.user_transaction, null, jsonb_build_object('since', g.since, 'next', next));
  perform iasql.switch('clean', next, g.user_transaction);
  return g.user_transaction;
end $$;

-- a tick that an engine began and did not end; what it did not carry out is still pending
create or replace function iasql.close_tick(tx uuid) returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from public.iasql_audit_log l where l.transaction_id = tx and l.key is null and l.change_type = 'START_COMMIT')
    and not exists (select from public.iasql_audit_log l where l.transaction_id = tx and l.key is null and l.change_type = 'CLOSE_TRANSACTION')
  then
    perform iasql.close(tx, 'failed');
  end if;
end $$;

-- the engine's writes carry this id until end_verb
create or replace function iasql.begin_verb(tx uuid) returns void language sql
  security definer set search_path = pg_catalog, pg_temp as $$
  update iasql.gate g set verb_transaction = tx where g.verb_transaction is distinct from tx
$$;

create or replace function iasql.end_verb() returns void language sql
  security definer set search_path = pg_catalog, pg_temp as $$
  update iasql.gate g set verb_transaction = null where g.verb_transaction is not null and g.state in ('clean', 'open')
$$;
