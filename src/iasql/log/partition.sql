-- The log's partitions: by id, a new one each month or million rows, so that old ones can be moved away as a whole.

-- the partition's bounds as DDL wants them; the first also takes whatever lies below it
create or replace function iasql.part_bounds(p iasql.audit_part) returns text language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select format('from (%s) to (%s)',
    case when exists (select from iasql.audit_part o where o.low < p.low) then p.low::text else 'minvalue' end,
    coalesce(p.high::text, 'maxvalue'))
$$;

-- the log for ourselves, or false: whoever waits for it holds every writer up, so one tries briefly and often
create or replace function iasql.try_log() returns boolean language plpgsql
  security definer set search_path = pg_catalog, pg_temp set lock_timeout = '200ms' as $$
begin
  lock table public.iasql_audit_log in access exclusive mode;
  return true;
exception when lock_not_available then
  return false;
end $$;

-- whether the last partition holds so many rows, or some of an earlier month
create or replace function iasql.is_full(p iasql.audit_part, most bigint) returns boolean language sql stable
  security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
  select coalesce((select max(l.id) from public.iasql_audit_log l where l.id >= p.low) >= p.low + most
    or (select date_trunc('month', l.ts) from public.iasql_audit_log l where l.id >= p.low order by l.id limit 1)
      < date_trunc('month', clock_timestamp()), false)
$$;

-- begins a new partition when the last one is full, or `now` whatever it holds; whether it did
create or replace function iasql.rotate(most bigint default 1000000, now boolean default false) returns boolean language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  p iasql.audit_part;
  following iasql.audit_part;
begin
  select * into p from iasql.audit_part x where x.high is null;
  if not (iasql.is_full(p, most) or now) or not iasql.try_log() then
    return false;
  end if;
  select * into p from iasql.audit_part x where x.high is null;
  p.high := (select max(l.id) + 1 from public.iasql_audit_log l where l.id >= p.low);
  if p.high is null then
    return false;   -- empty
  end if;
  following.low := p.high;
  update iasql.audit_part x set high = p.high where x.low = p.low;
  execute format('alter table public.iasql_audit_log detach partition %s', p.rel);
  execute format('alter table public.iasql_audit_log attach partition %s for values %s', p.rel, iasql.part_bounds(p));
  execute format('create table iasql.%I partition of public.iasql_audit_log for values from (%s) to (maxvalue)',
    'audit_log_' || following.low, following.low);
  following.rel := format('iasql.%I', 'audit_log_' || following.low)::regclass;
  execute format('comment on table %s is %L', following.rel, 'A partition of the log.');
  perform iasql.guard_partition(following.rel);
  insert into iasql.audit_part (low, rel) values (following.low, following.rel);
  return true;
end $$;

-- below which id a seal may reach that begins at this one: a seal covers rows of one partition
create or replace function iasql.part_end(number bigint) returns bigint language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select coalesce(min(p.high), 9223372036854775807) from iasql.audit_part p where p.high > number
$$;
