-- The engine in office: takes what callers show, and lets them go when their answer is there.

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
