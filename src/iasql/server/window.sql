-- A caller's windows: what it says, shown to the engine as locks, a window at a time.

create or replace function iasql.window_keys(part bytea, turn integer, opens boolean, key bytea) returns bigint[]
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  count constant integer := (length(part) + 5) / 6;
  padded constant bytea := part || '\x0000000000'::bytea; -- sliced as bytes: a slice of text starts from its beginning
  seed constant bytea := decode(replace(gen_random_uuid()::text, '-', ''), 'hex');
  salt constant bigint := ('x' || encode(substr(seed, 11, 6), 'hex'))::bit(48)::bigint;
  header constant bigint := (turn::bigint << 16) | (opens::integer << 8) | count;
  hidden constant bytea := key || int8send(salt);
begin
  return array[iasql.window_key(0, salt), iasql.window_key(1, header # salt)] || (
    select array_agg(
      iasql.window_key(i + 1, ('x' || encode(substr(padded, 6 * i - 5, 6), 'hex'))::bit(48)::bigint
        # ('x' || encode(substr(sha256(hidden || int4send(i)), 1, 6), 'hex'))::bit(48)::bigint))
    from generate_series(1, count) i);
end $$;
comment on function iasql.window_keys is 'The locks that carry up to 1524 bytes; nobody can foresee or read them.';

create or replace function iasql.turn_of(engine integer) returns integer
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  return (
    select min(l.objid::bigint) from pg_locks l
    where l.locktype = 'advisory' and l.objsubid = 2 and l.classid = 726002 and l.pid = engine and l.granted
      and l.mode = 'ExclusiveLock');
end $$;
comment on function iasql.turn_of is 'The turn that this waiter holds; null when it is gone.';

create or replace function iasql.send_window(
  engine integer, inout turn integer, part bytea, opens boolean, key bytea, out verdict integer)
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  keys bigint[];
  told integer;
begin
  for attempt in 1..5 loop
    begin
      keys := coalesce(keys, iasql.window_keys(part, turn, opens, key));
      perform pg_advisory_xact_lock_shared(k) from unnest(keys) k;
      perform pg_cancel_backend(engine);
      perform pg_advisory_xact_lock_shared(726002, turn);
      raise exception using errcode = 'IQ001', message = 'read';
    exception when sqlstate 'IQ001' or lock_not_available then null;
    end;
    told := iasql.turn_of(engine);
    if told is null then
      raise exception 'the engine stopped while it worked on this request'
        using errcode = '58000', hint = 'Look at iasql_transaction for what became of it, and run it again.';
    elsif (told >> 2) & 16777215 = keys[1] & 16777215 then
      turn := told;
      verdict := told & 3;
      return;
    elsif told <> turn then -- that was for somebody who left; else the same is shown again, so that it counts once
      turn := told;
      keys := null;
    end if;
  end loop;
  raise exception 'the engine does not answer' using errcode = '58000', hint = 'Start it again with `iasql up`.';
end $$;
comment on function iasql.send_window is 'Shows one window to the engine, waits until it was read; what became of it.';

create or replace function iasql.look_around(out engine integer, out turn integer, out forged boolean)
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_stat_clear_snapshot();
  with held as materialized (select l.* from pg_locks l where l.locktype = 'advisory' and l.granted)
  select e.pid, t.turn, f.forged into engine, turn, forged
  from (select exists (
      select from held h where h.pid = pg_backend_pid() and h.objsubid = 1 and h.classid::bigint >> 24 = 90)) f(forged)
  left join lateral (
    select h.pid from held h
    where h.objsubid = 2 and h.classid = 726001 and h.mode = 'ExclusiveLock' and iasql.is_engine(h.pid)
      and h.database = (select d.oid from pg_database d where d.datname = current_database())
    limit 1) e on true
  left join lateral (
    select h.objid::bigint::integer from held h
    where h.objsubid = 2 and h.classid = 726002 and h.pid = e.pid and h.mode = 'ExclusiveLock'
    limit 1) t(turn) on true;
end $$;
comment on function iasql.look_around is 'The engine in office and its turn; whether this session forges windows.';

create or replace function iasql.hand_over(document bytea, out engine integer, out lane integer)
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  key bytea;
  turn integer;
  forged boolean;
  sent integer := 0;
  step constant integer := 1524;
begin
  lock table iasql.channel_mutex in exclusive mode;
  perform set_config('lock_timeout', iasql.patience(), true);
  -- an engine that has just taken office has its turn in a moment
  for attempt in 1..100 loop
    select l.engine, l.turn, l.forged into engine, turn, forged from iasql.look_around() l;
    key := (select c.key from iasql.channel_key c order by c.epoch desc limit 1);
    exit when engine is null or key is null or turn is not null;
    perform pg_sleep(0.01);
  end loop;
  if engine is null or key is null then
    raise exception 'the engine is not running'
      using errcode = '58000', hint = 'Start it with `iasql up`, in another terminal or with --detach.';
  elsif turn is null then
    raise exception 'the engine is starting, and finishes first what an earlier one left behind'
      using errcode = '58000', hint = 'Try again in a moment; `iasql status` tells when it is ready.';
  elsif forged then
    raise exception 'this session holds advisory locks in the range that IaSQL uses'
      using errcode = '42501', hint = 'Free them: select pg_advisory_unlock_all().';
  end if;
  while sent < length(document) loop
    select w.turn, w.verdict into turn, lane
    from iasql.send_window(engine, turn, substr(document, sent + 1, step), sent = 0, key) w;
    sent := sent + step;
    exit when lane <> 0;
  end loop;
  if lane not in (1, 2) then
    raise exception 'the engine did not understand this request'
      using errcode = '58000', hint = 'Its version may differ from the database''s: start it again with `iasql up`.';
  end if;
end $$;

create or replace function iasql.patience() returns text
language sql stable
return (2 * extract(epoch from current_setting('deadlock_timeout')::interval) + 3)::integer || 's';
comment on function iasql.patience is 'Longer than the deadlock detector takes: a shorter wait would hide deadlocks.';
