-- The channel: how a function call inside one autocommit statement reaches the engine and brings its answer back.
--
-- Nothing that a caller writes can be seen before its statement ends, but its locks can (pg_locks), and a function
-- owned by the engine's role may cancel that role's own sleeping backend. So:
--   alive  (726001, any)        the engine's waiter: session lock; counts only with the engine's role behind it
--   turn   (726002, t)          the waiter's: freed when it has read a window of turn t. The next one tells which
--                               (24 bits of its salt: a caller may have left, and another shown its own meanwhile)
--                               and what became of it: 0 more to come, 1 exclusive lane, 2 shared lane, 3 no sense
--   done   (726011|726012, g)   a lane's gate: callers wait at generation g until the lane has moved to the next
--   request                     one caller's 56-bit number: while it is held, somebody waits for the answer
--   window                      48 bits each of what a caller says: salt, header, then 6 bytes a lock
-- Locks of one number have 64-bit keys: 8 bits 90 (window) or 91 (request), a window's place in 8 bits, its 48 bits.
-- Anybody can take any advisory lock. So a window counts only from the process that holds iasql.channel_mutex, which
-- only this role may lock; gates count only with the engine's role behind them; numbers that somebody occupies are
-- skipped; and whoever queues at a gate before us delays us by a lock_timeout, no more.

create or replace function iasql.is_engine(process integer) returns boolean
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  return exists (
    select from pg_stat_get_activity(process) a
    where a.usesysid = (select r.oid from pg_roles r where r.rolname = current_user));
end $$;
comment on function iasql.is_engine is 'Whether this backend has logged in as the engine; for its own functions.';

create or replace function iasql.window_key(place integer, value bigint) returns bigint
language sql immutable parallel safe
return (90::bigint << 56) | (place::bigint << 48) | (value & 281474976710655);

create or replace function iasql.request_key(nonce bigint) returns bigint
language sql immutable parallel safe
return (91::bigint << 56) | nonce;

-- The caller's half ---------------------------------------------------------------------------------------------------

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

create or replace function iasql.gate_of(lane integer, engine integer) returns integer
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  gate integer;
  alive boolean;
begin
  perform pg_stat_clear_snapshot();
  with held as materialized (
    select l.* from pg_locks l
    where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.mode = 'ExclusiveLock')
  select exists (select from held h where h.classid = 726002 and h.pid = engine), (
    select min(h.objid::bigint) from held h
    where h.classid::bigint = 726010 + lane and iasql.is_engine(h.pid)
      and h.database = (select d.oid from pg_database d where d.datname = current_database()))
  into alive, gate;
  if not alive then
    return -1;
  end if;
  return gate;
end $$;
comment on function iasql.gate_of is 'Where a lane stands; null while it is made anew, -1 when this engine is gone.';

create or replace function iasql.await_reply(
  request bigint, engine integer, lane integer, out failure jsonb, out bodies jsonb[])
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  gate integer;
  looked boolean := false;
  seen integer := -1;
  line record;
begin
  perform set_config('lock_timeout', iasql.patience(), true);
  loop
    for line in
      select r.seq, r.kind, r.body from iasql.reply r
      where r.nonce = request and r.seq > seen and r.kind <> 'row' order by r.seq
    loop
      seen := line.seq;
      if line.kind = 'notice' then
        raise notice '%', line.body #>> '{}';
      else
        failure := case when line.kind = 'error' then line.body end;
        bodies := array(select r.body from iasql.reply r where r.nonce = request and r.kind = 'row' order by r.seq);
        return;
      end if;
    end loop;
    -- The order is essential: the gate, then the answer, then the wait. Any other loses a wake-up.
    if not looked then
      gate := iasql.gate_of(lane, engine);
    elsif gate = -1 then
      raise exception 'the engine stopped while it worked on this request'
        using errcode = '58000', hint = 'Look at iasql_transaction for what became of it, and run it again.';
    elsif gate is null then
      perform pg_sleep(0.01);
    else
      begin
        perform pg_advisory_xact_lock_shared(726010 + lane, gate);
        raise exception using errcode = 'IQ001', message = 'the gate has opened';
      exception when sqlstate 'IQ001' or lock_not_available then null;
      end;
    end if;
    looked := not looked;
  end loop;
end $$;
comment on function iasql.await_reply is 'Waits for the rows or the error of one request; shows its notices meanwhile.';

create or replace function iasql.raise_failure(failure jsonb) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  state constant text := failure ->> 'sqlstate';
  told constant text := failure ->> 'message';
  more constant text := failure ->> 'detail';
  way constant text := failure ->> 'hint';
begin
  if more is not null and way is not null then
    raise exception using errcode = state, message = told, detail = more, hint = way;
  elsif more is not null then
    raise exception using errcode = state, message = told, detail = more;
  elsif way is not null then
    raise exception using errcode = state, message = told, hint = way;
  end if;
  raise exception using errcode = state, message = told;
end $$;

create or replace function iasql.call(op text, arguments jsonb default '{}') returns setof jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set lock_timeout = 0 as $$
declare
  nonce constant bigint := ('x' || right(replace(gen_random_uuid()::text, '-', ''), 14))::bit(56)::bigint;
  document bytea;
  sent record;
  answer record;
begin
  perform iasql.refuse_inside_transaction();
  document := convert_to(jsonb_build_object(
    'nonce', nonce, 'op', op, 'arguments', arguments, 'actor', nullif(current_setting('iasql.actor', true), ''),
    'client_addr', host(inet_client_addr()), 'application_name', current_setting('application_name'))::text, 'utf8');
  if length(document) > 1048576 then
    raise exception 'the arguments of iasql_% are too long: % bytes, at most 1048576', op, length(document)
      using errcode = '54000', hint = 'Put long text into a row instead of an argument, or send it in parts.';
  end if;
  document := int4send(length(document)) || document;
  begin
    perform pg_advisory_xact_lock(iasql.request_key(nonce));
    begin
      sent := iasql.hand_over(document);
      raise exception using errcode = 'IQ002', message = 'handed over';
    exception when sqlstate 'IQ002' then null;
    end;
    answer := iasql.await_reply(nonce, sent.engine, sent.lane);
    raise exception using errcode = 'IQ002', message = 'answered';
  exception
    when sqlstate 'IQ002' then null;
    when deadlock_detected then
      raise exception 'an open transaction holds a lock that the engine needs for %, and waits for the engine', op
        using errcode = '40P01', hint = 'Commit or roll back first, and call the function outside of a transaction.';
  end;
  if answer.failure is not null then
    perform iasql.raise_failure(answer.failure);
  end if;
  return query select unnest(answer.bodies);
end $$;
comment on function iasql.call is 'Has the engine carry out an operation, and returns its rows.';

-- The engine's half ---------------------------------------------------------------------------------------------------

create or replace function iasql.take_office(out epoch bigint, out key bytea)
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  number integer;
begin
  lock table iasql.channel_mutex in exclusive mode;
  if (select l.engine from iasql.look_around() l) <> pg_backend_pid() then
    return;
  end if;
  loop
    number := (random() * 1000000000)::integer;
    exit when pg_try_advisory_lock(726001, number);
  end loop;
  update iasql.epoch e set number = e.number + 1, taken_at = clock_timestamp()
  returning e.number into take_office.epoch;
  key := sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'utf8'));
  delete from iasql.channel_key;
  delete from iasql.progress;
  insert into iasql.channel_key (epoch, key) values (take_office.epoch, take_office.key);
end $$;
comment on function iasql.take_office is 'Becomes the engine: a new epoch and its key; nulls while another is.';

create or replace function iasql.next_gate(lane integer, after integer) returns integer
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  number integer := after;
begin
  loop
    number := number + 1;
    exit when pg_try_advisory_lock(726010 + lane, number);
  end loop;
  return number;
end $$;
comment on function iasql.next_gate is 'Takes a lane''s next gate that nobody occupies.';

create or replace function iasql.open_lane(lane integer) returns integer
language sql volatile
return iasql.next_gate(lane, (random() * 1000000000)::integer);

create or replace function iasql.wake_lane(lane integer, gate integer) returns integer
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  opened constant integer := iasql.next_gate(lane, gate);
begin
  perform pg_advisory_unlock(726010 + lane, gate);
  return opened;
end $$;
comment on function iasql.wake_lane is 'Wakes everybody who waits at this gate of a lane; gives the next one.';

create or replace function iasql.take_turn(tag integer, verdict integer, old integer) returns integer
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  turn integer;
begin
  loop
    turn := ((random() * 31)::integer << 26) | (tag << 2) | verdict;
    exit when turn is distinct from old and pg_try_advisory_lock(726002, turn);
  end loop;
  return turn;
end $$;
comment on function iasql.take_turn is 'Takes a turn that nobody occupies and that tells this much of the last.';

create or replace function iasql.pass_turn(received integer, tag integer, verdict integer) returns integer
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  held constant integer[] := array(
    select l.objid::bigint::integer from pg_locks l
    where l.locktype = 'advisory' and l.objsubid = 2 and l.classid = 726002 and l.pid = pg_backend_pid());
  current integer := (array_remove(held, received))[1];
begin
  -- idempotent: a cancel may cut this statement short anywhere, and then it runs again
  if current is null then
    current := iasql.take_turn(tag, verdict, received);
  end if;
  if received = any (held) then
    perform pg_advisory_unlock(726002, received);
  end if;
  return current;
end $$;
comment on function iasql.pass_turn is 'Tells a caller what became of its window; harmless when run again.';

create or replace function iasql.await_request(
  received integer, tag integer, verdict integer, patience double precision,
  out turn integer, out opens boolean, out caller integer, out login name, out roles name[], out keys bigint[])
returns setof record
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  here constant oid := (select oid from pg_database where datname = current_database());
  until constant timestamptz := clock_timestamp() + patience * interval '1 second';
  current constant integer := iasql.pass_turn(received, tag, verdict);
  header bigint;
begin
  loop
    begin
      with held as materialized (
        select * from pg_locks l where l.granted and l.database = here
          and (l.locktype = 'advisory' and l.objsubid = 1 and l.mode = 'ShareLock' and l.classid::bigint >> 24 = 90
               or l.relation = 'iasql.channel_mutex'::regclass and l.mode = 'ExclusiveLock')
      )
      select h.pid, array_agg((h.classid::bigint << 32) | h.objid::bigint order by h.classid::bigint, h.objid::bigint)
      into caller, keys
      from held h where h.locktype = 'advisory' and h.pid = (select m.pid from held m where m.locktype = 'relation')
      group by h.pid;
      header := (keys[1] # keys[2]) & 281474976710655;
      if header >> 16 = current and header & 255 = cardinality(keys) - 2 then
        exit;
      elsif clock_timestamp() >= until then
        return;
      end if;
      perform pg_sleep(greatest(extract(epoch from until - clock_timestamp()), 0));
    exception when query_canceled then null;
    end;
  end loop;
  turn := current;
  opens := (header >> 8) & 1 = 1;
  perform pg_stat_clear_snapshot();
  select r.rolname, array(
    select g.rolname from pg_roles g where g.rolname ^@ 'iasql_' and pg_has_role(r.oid, g.oid, 'member'))
  into login, roles
  from pg_stat_get_activity(caller) a join pg_roles r on r.oid = a.usesysid;
  return next;
end $$;
comment on function iasql.await_request is 'Frees the last caller, then sleeps until the next or for so many seconds.';

create or replace function iasql.is_awaited(request bigint) returns boolean
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  return exists (
    select from pg_locks l
    where l.locktype = 'advisory' and l.objsubid = 1 and l.mode = 'ExclusiveLock' and l.granted
      and (l.classid::bigint << 32) | l.objid::bigint = iasql.request_key(request));
end $$;
comment on function iasql.is_awaited is 'Whether somebody still waits for the answer to this request.';

create or replace function iasql.forget_replies(age interval) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  delete from iasql.reply r
  where r.nonce in (
    select o.nonce from iasql.reply o where o.written < clock_timestamp() - age
    except
    select ((l.classid::bigint << 32) | l.objid::bigint) & 72057594037927935 from pg_locks l
    where l.locktype = 'advisory' and l.objsubid = 1 and l.classid::bigint >> 24 = 91);
end $$;
comment on function iasql.forget_replies is 'Removes answers that were collected or that nobody waits for.';

create or replace function iasql.note_progress(
  request bigint, seq integer, said text, operation text, login text, since timestamptz) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  parts constant text[] := regexp_match(said, '^(\d{1,9}) of (\d{1,9}): (.*)$');
begin
  insert into iasql.reply (nonce, seq, kind, body) values (request, note_progress.seq, 'notice', to_jsonb(said));
  insert into iasql.progress as p (nonce, operation, "user", since, done, total, "current")
  values (request, note_progress.operation, login, note_progress.since,
          parts[1]::integer, parts[2]::integer, coalesce(parts[3], said))
  on conflict (nonce) do update set done = excluded.done, total = excluded.total, "current" = excluded."current";
end $$;
comment on function iasql.note_progress is 'Keeps how far an operation is, for its caller and for iasql_progress().';

create or replace function iasql.end_progress(request bigint) returns void
language sql volatile
begin atomic
  delete from iasql.progress p where p.nonce = request;
end;
