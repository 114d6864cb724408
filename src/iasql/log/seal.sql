-- Seals: whoever edits, deletes or re-orders rows of the log afterwards is found out. No cost where rows are written,
-- and no gate: a seal covers whatever is committed and has no leaf yet, in chunks.

create or replace trigger append_only before update or delete or truncate on iasql.audit_seal
  for each statement execute function iasql.refuse_change();
create or replace trigger append_only before update or delete or truncate on iasql.audit_leaf
  for each statement execute function iasql.refuse_change();
create or replace trigger append_only before update or delete or truncate on iasql.audit_signature
  for each statement execute function iasql.refuse_change();
alter table iasql.audit_seal enable always trigger append_only;
alter table iasql.audit_leaf enable always trigger append_only;
alter table iasql.audit_signature enable always trigger append_only;

-- all of a row of the log as JSON text, which other programs can build too; the caller pins the settings
create or replace function iasql.leaf_of(l public.iasql_audit_log, salt bytea) returns bytea language sql stable as $$
  select sha256(salt || convert_to(jsonb_build_array(l.id, l.ts, l.xact::text, l."user", l.changed_by, l.client_addr, l.application_name,
    l.origin, l.restores, l.table_name, l.change_type, l.key, l.change, l.message, l.transaction_id)::text, 'UTF8'))
$$;

create or replace function iasql.seal_digest(number bigint, low bigint, high bigint, previous bytea, snapshot pg_snapshot, sealed_at timestamptz, leaves bytea)
  returns bytea language sql stable as $$
  select sha256(previous || convert_to(jsonb_build_array(number, low, high, snapshot::text, sealed_at)::text, 'UTF8') || leaves)
$$;

-- the id of the log up to which everything has its leaf. What was under way when a seal was made has ended before a later
-- one, which then covers it, as far as it reaches. apart: what an insert takes from its number to its transaction's, at most
create or replace function iasql.sealed_below(apart interval) returns bigint language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select coalesce(max(least(m.high, n.high)), 0)
  from (select s.* from iasql.audit_seal s order by s.number desc limit 10) m cross join lateral (
    select max(e.high) high from (
      select s.high from iasql.audit_seal s
      where s.number < m.number and s.sealed_at < m.sealed_at - apart and pg_snapshot_xmax(s.snapshot) <= pg_snapshot_xmin(m.snapshot)
      order by s.number desc limit 10) e) n
  where n.high is not null
$$;

create or replace function iasql.sealed_below() returns bigint language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select iasql.sealed_below(interval '1 minute')
$$;

-- one seal over the oldest rows that have none, all in one partition; how many. 0 also while somebody else seals
drop function if exists iasql.seal(integer);
create or replace function iasql.seal(chunk integer default 100000, apart interval default '1 minute') returns bigint language plpgsql
  security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set jit = off as $$
declare
  last iasql.audit_seal;
  next iasql.audit_seal;
  start bigint;
  below bigint;
  joined bytea;
begin
  -- a row of ours: an advisory lock could be held by anybody, for ever
  perform from iasql.audit_self for update skip locked;
  if not found then
    return 0;
  end if;
  select * into last from iasql.audit_seal s order by s.number desc limit 1;
  next.number := coalesce(last.number, 0) + 1;
  next.previous := coalesce(last.digest, '\x');
  next.snapshot := pg_current_snapshot();   -- before the rows are read: whatever it shows gets a leaf
  next.sealed_at := clock_timestamp();
  start := greatest(iasql.sealed_below(apart), (select max(a.high) - 1 from iasql.audit_away a));
  below := (select iasql.part_end(l.id) from public.iasql_audit_log l
    where l.id > start and not exists (select from iasql.audit_leaf f where f.log_id = l.id) order by l.id limit 1);
  with fresh as (
    select l.*, uuid_send(gen_random_uuid()) salt from public.iasql_audit_log l
    where l.id > start and l.id < below
      and not exists (select from iasql.audit_leaf f where f.log_id = l.id) order by l.id limit chunk
  ), made as (
    insert into iasql.audit_leaf (log_id, seal, salt, digest)
    select f.id, next.number, f.salt, iasql.leaf_of(row(f.id, f.ts, f.xact, f."user", f.changed_by, f.client_addr, f.application_name,
      f.origin, f.restores, f.table_name, f.change_type, f.key, f.change, f.message, f.transaction_id)::public.iasql_audit_log, f.salt)
    from fresh f returning log_id, digest
  )
  select min(m.log_id), max(m.log_id), count(*), string_agg(m.digest, '' order by m.log_id) into next.low, next.high, next.leaves, joined from made m;
  if next.leaves = 0 then
    return 0;
  end if;
  next.digest := iasql.seal_digest(next.number, next.low, next.high, next.previous, next.snapshot, next.sealed_at, joined);
  insert into iasql.audit_seal select next.*;
  perform pg_notify('iasql_seal', next.number::text);
  return next.leaves;
end $$;

-- the signature of a seal, made by whoever has the key
create or replace function iasql.sign_seal(number bigint, key_id text, signature bytea) returns void language sql
  security definer set search_path = pg_catalog, pg_temp as $$
  insert into iasql.audit_signature (seal, key_id, signature) values (number, key_id, signature) on conflict do nothing
$$;

-- rows whose value was removed, with the digest that they have since
create or replace function iasql.redacted() returns table (log_id bigint, record bigint, digest bytea) language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select distinct on (1) (l.change->>'row')::bigint, l.id, decode(l.change->>'digest', 'hex') from public.iasql_audit_log l
  where l.key is null and l.change_type = 'REDACT' order by 1, l.id desc
$$;

-- the seal up to which everything is in an archive; 0 when nothing is
create or replace function iasql.sealed_away() returns bigint language sql stable set search_path = pg_catalog, pg_temp as $$
  select coalesce(max(a.last_seal), 0) from iasql.audit_away a
$$;

-- the first thing wrong with the seals made since a moment, or with what they cover; nulls when all is well
create or replace function iasql.broken_seal(since timestamptz, out first_bad bigint, out reason text) language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set jit = off as $$
declare
  away constant bigint := iasql.sealed_away();
  s iasql.audit_seal;
  before iasql.audit_seal;
begin
  select * into before from iasql.audit_seal x where x.sealed_at < since order by x.number desc limit 1;
  for s in select * from iasql.audit_seal x where x.number > coalesce(before.number, 0) order by x.number loop
    if s.number <> coalesce(before.number, 0) + 1 or s.previous <> coalesce(before.digest, '\x') then
      first_bad := s.low; reason := format('seal %s does not follow seal %s', s.number, coalesce(before.number, 0));
    elsif s.number > away then
      select * into first_bad, reason from iasql.bad_seal(s);
    end if;
    if reason is not null then
      return;
    end if;
    before := s;
  end loop;
  -- leaves are made with their seal and stay with it
  select f.log_id, f.seal into s.low, s.number from iasql.audit_leaf f where f.seal > coalesce(before.number, 0) order by f.seal, f.log_id limit 1;
  if s.number > coalesce(before.number, 0) then
    first_bad := s.low; reason := format('seal %s was deleted', s.number);
    return;
  end if;
  select l.id into first_bad from public.iasql_audit_log l
    where l.id <= before.high and (since is null or l.ts >= since) and pg_visible_in_snapshot(l.xact, before.snapshot)
      and not exists (select from iasql.audit_leaf f where f.log_id = l.id)
      and not exists (select from iasql.audit_away a where l.id < a.high) order by l.id limit 1;
  if first_bad is not null then
    reason := format('row %s of the log was added after seal %s', first_bad, before.number);
  end if;
end $$;

-- what is wrong with one seal, or with what it covers
create or replace function iasql.bad_seal(s iasql.audit_seal, out first_bad bigint, out reason text) language plpgsql stable
  set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set jit = off as $$
declare
  found record;
begin
  select count(*) leaves, coalesce(string_agg(f.digest, '' order by f.log_id), '') joined into found from iasql.audit_leaf f where f.seal = s.number;
  if found.leaves <> s.leaves or iasql.seal_digest(s.number, s.low, s.high, s.previous, s.snapshot, s.sealed_at, found.joined) <> s.digest then
    first_bad := s.low; reason := format('seal %s was changed, or what it covers', s.number);
  end if;
  select f.log_id, l.id into found from iasql.audit_leaf f left join public.iasql_audit_log l on l.id = f.log_id
    where f.seal = s.number and (l.id is null or iasql.leaf_of(l, f.salt) <> coalesce(f.redacted, f.digest)) order by f.log_id limit 1;
  if found.log_id is not null then
    first_bad := found.log_id; reason := format('row %s of the log was %s (seal %s)', found.log_id, case when found.id is null then 'deleted' else 'changed' end, s.number);
  end if;
end $$;

-- a row that has another digest than its first, and no record of a redaction that says so
create or replace function iasql.bad_redaction(out first_bad bigint, out reason text) language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select f.log_id, format('row %s of the log was changed (no redaction of it is on record)', f.log_id)
  from iasql.audit_leaf f left join iasql.redacted() r on r.log_id = f.log_id
  where f.redacted is not null and r.digest is distinct from f.redacted order by 1 limit 1
$$;

-- the first row of a table that is not what the log says of it: somebody went around the triggers
create or replace function iasql.unlogged_row(w iasql.watched, out key jsonb, out reason text) language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set intervalstyle = 'iso_8601'
  set bytea_output = 'hex' set extra_float_digits = 1 set jit = off as $$
begin
  execute format($q$
    with ends as materialized (   -- ids first: whole rows of a long log would be sorted on disk
      select l.key, max(l.id) id from public.iasql_audit_log l
      where l.table_name = $1 and (l.change_type in ('INSERT', 'UPDATE', 'DELETE') or l.change_type = 'AGREED' and l.change ? 'carried') group by 1
    ), last as (
      select e.key, case when l.change ? 'carried' then l.change->'carried'->'image' else iasql.image_after(l.change) end image
      from ends e join public.iasql_audit_log l on l.id = e.id
    ), present as (
      select iasql.pick(i.image, $2) key, i.image from (select iasql.shown(to_jsonb(t.*)) - $3 image from %s t offset 0) i
    )
    select coalesce(p.key, l.key), case when p.image is null then 'is gone' when l.image is null then 'is new' else 'was changed' end
    from present p full join last l on l.key = p.key
    where (p.image is null and l.image is not null and l.image <> 'null')
      or ((l.image is null or l.image = 'null') and p.image is not null and (l.key is not null or not $4))   -- settings are older than their log
      or exists (select from jsonb_each(case when jsonb_typeof(l.image) = 'object' then l.image end) e
        where p.image ? e.key and p.image->e.key is distinct from e.value)
    order by 1 limit 1$q$, w.rel) into key, reason using w.table_name, w.keys, w.derived || w.volatile, w.platform;
end $$;

-- what is wrong with the archives' records: rows that were carried over, or an archive that no sealed row tells of
create or replace function iasql.bad_archive(out first_bad bigint, out reason text) language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  a record;
begin
  for a in select w.*, l.id known, l.change->>'carried' told, (select max(x.high) from iasql.audit_away x) top
      from iasql.audit_away w left join public.iasql_audit_log l on l.id = w.record and l.change_type = 'ARCHIVE' order by w.low loop
    if a.known is null and a.high = a.top then   -- that of an older archive may be in a younger one
      first_bad := a.low; reason := format('rows %s to %s of the log are gone, and no record tells of their archive', a.low, a.high - 1);
    elsif a.high = a.top and encode(iasql.carried_digest(a.high), 'hex') <> a.told then
      reason := format('what was carried over from below row %s of the log was changed', a.high);
    end if;
    exit when reason is not null;
  end loop;
end $$;

-- the first thing wrong at all
create or replace function iasql.first_wrong(since timestamptz, out first_bad bigint, out reason text) language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  w iasql.watched;
  stray record;
begin
  select * into first_bad, reason from iasql.broken_seal(since);
  if reason is null then
    select * into first_bad, reason from iasql.bad_redaction();
  end if;
  if reason is null then
    select * into first_bad, reason from iasql.bad_archive();
  end if;
  if reason is not null then
    return;
  end if;
  for w in select * from iasql.watched x order by x.table_name loop
    select * into stray from iasql.unlogged_row(w);
    if stray.reason is not null then
      reason := format('%s %s %s, and the log does not know of it', w.table_name, stray.key, stray.reason);
      return;
    end if;
  end loop;
end $$;

create or replace function public.iasql_audit_verify(since timestamptz default null) returns table (
  ok boolean, sealed_rows bigint, redacted_rows bigint, first_bad bigint, reason text
) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select w.reason is null,
    (select coalesce(sum(s.leaves), 0) from iasql.audit_seal s where ($1 is null or s.sealed_at >= $1) and s.number > iasql.sealed_away()),
    (select count(*) from iasql.audit_leaf f join iasql.audit_seal s on s.number = f.seal
      where f.redacted is not null and ($1 is null or s.sealed_at >= $1)),
    w.first_bad, w.reason
  from iasql.first_wrong($1) w
$$;
comment on function public.iasql_audit_verify is '{"description": "Recomputes every seal made since a moment (null: ever), and compares the tables with what the log says of them. first_bad: the id in the log of the first row that was changed, deleted or added. Signatures and published digests are checked by iasql audit verify.", "sample_usage": "SELECT * FROM iasql_audit_verify()"}';


-- who may do what: members of our groups, directly or by way of another role, and superusers
create or replace view iasql.granted as
  with recursive members as (
    select g.rolname::text role, m.roleid, m.member from pg_auth_members m join pg_roles g on g.oid = m.roleid
    where g.rolname in ('iasql_engine', 'iasql_writer', 'iasql_user', 'iasql_operator', 'iasql_approver', 'iasql_auditor')
    union
    select x.role, m.roleid, m.member from members x join pg_auth_members m on m.roleid = x.member
  )
  select x.role, r.rolname::text as member, r.rolsuper as superuser from members x join pg_roles r on r.oid = x.member
  union
  select 'superuser', r.rolname, true from pg_roles r where r.rolsuper;

-- grants are the server's, and no trigger sees them change: they are looked at from time to time, and a change is logged
create or replace function iasql.note_grants() returns bigint language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  present constant jsonb := (select coalesce(jsonb_agg(jsonb_build_object('role', g.role, 'member', g.member) order by g.role, g.member), '[]') from iasql.granted g);
  known constant jsonb := (select l.change->'grants' from public.iasql_audit_log l
    where l.key is null and l.change_type = 'SETTING' and l.change ? 'grants' order by l.id desc limit 1);
begin
  if known is not distinct from present then
    return null;
  end if;
  return iasql.mark('SETTING', null, 'grants', jsonb_build_object('grants', present, 'was', known));
end $$;
