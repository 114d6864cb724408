-- A call: hands what is asked over to the engine, and waits for the answer.

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
