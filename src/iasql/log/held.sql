-- What waits for somebody to decide (iasql_conflict), and what a user's own table prevents.

create or replace function iasql.hold(tab text, row_key jsonb, what text, detail jsonb) returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  known jsonb;
  told text;
begin
  update iasql.held h set seen_at = clock_timestamp(), tried_at = clock_timestamp(), tries = h.tries + 1
    where h.table_name = tab and h.key = row_key and h.kind = what
    returning h.detail into known;
  if known is not distinct from detail then
    return;
  end if;
  insert into iasql.held as h (table_name, key, kind, detail) values (tab, row_key, what, hold.detail)
    on conflict (table_name, key, kind) do update set detail = excluded.detail;
  perform iasql.log_rows('CONFLICT', jsonb_build_array(jsonb_build_object('table_name', tab, 'key', row_key,
    'change', jsonb_build_object('conflict', detail || jsonb_build_object('kind', what)), 'message', what)));
  told := jsonb_build_object('change_type', 'CONFLICT', 'table_name', tab, 'key', row_key)::text;
  -- a longer one is refused, and so would everything be that is done here
  perform pg_notify('iasql', case when octet_length(told) < 8000 then told
    else jsonb_build_object('change_type', 'CONFLICT', 'table_name', tab)::text end);
end $$;

-- kinds null: every kind
create or replace function iasql.release(tab text, row_key jsonb default null, kinds text[] default null) returns void
  language sql security definer set search_path = pg_catalog, pg_temp as $$
  delete from iasql.held h where h.table_name = tab and (row_key is null or h.key = row_key)
    and (kinds is null or h.kind = any (kinds))
$$;

-- rows that failed, or wait for one that did, and whose next try is not due: each waits twice as long as the one
-- before it, an hour at most; a row that somebody has changed since is due
create or replace function iasql.deferred() returns table (table_name text, key jsonb) language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select h.table_name, h.key from iasql.held h
  where h.kind in ('failed', 'waiting') and clock_timestamp() < h.tried_at + make_interval(secs => least(power(2, h.tries), 3600))
    and not exists (select from public.iasql_audit_log l where l.table_name = h.table_name and l.key = h.key
      and l.id > (select s.log_id from iasql.settled s) and l.origin = 'user' and l.ts > h.tried_at)
$$;

-- what was held for one of these reasons and has not been found again since a moment; row_key null: any row
create or replace function iasql.sweep(tab text, row_key jsonb, kinds text[], since timestamptz) returns void
  language sql security definer set search_path = pg_catalog, pg_temp as $$
  delete from iasql.held h where h.table_name = tab and (row_key is null or h.key = row_key)
    and h.kind = any (kinds) and h.seen_at < sweep.since
$$;

-- the same for many rows: held no longer for these reasons, unless they were found again since a moment
create or replace function iasql.let_go(tab text, row_keys jsonb[], kinds text[], since timestamptz default null) returns void
  language sql security definer set search_path = pg_catalog, pg_temp as $$
  delete from iasql.held h where h.table_name = tab and h.key = any (row_keys) and h.kind = any (kinds)
    and (let_go.since is null or h.seen_at < let_go.since)
$$;

-- what these rows are held for counts as found again
create or replace function iasql.keep(tab text, row_keys jsonb[]) returns void
  language sql security definer set search_path = pg_catalog, pg_temp as $$
  update iasql.held h set seen_at = clock_timestamp() where h.table_name = tab and h.key = any (row_keys)
$$;

-- what a type is without its domains
create or replace function iasql.base_type(kind oid) returns oid language sql stable set search_path = pg_catalog, pg_temp as $$
  with recursive under as (
    select t.oid, t.typtype, t.typbasetype from pg_type t where t.oid = base_type.kind
    union all
    select t.oid, t.typtype, t.typbasetype from under u join pg_type t on t.oid = u.typbasetype where u.typtype = 'd'
  )
  select u.oid from under u where u.typtype <> 'd'
$$;

-- whether a foreign key's table can be read, and none of its owner's code runs with our power when it is: no policy,
-- no cast between the columns, nothing that the planner evaluates
create or replace function iasql.is_harmless(f pg_constraint) returns boolean language sql stable set search_path = pg_catalog, pg_temp as $$
  select c.relkind = 'r' and not c.relrowsecurity and not c.relhassubclass and not c.relispartition
    and has_table_privilege(current_user, c.oid, 'select')
    and not exists (select from pg_index i where i.indrelid = c.oid and (i.indexprs is not null or i.indpred is not null))
    and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'c')
    and not exists (select from pg_statistic_ext s where s.stxrelid = c.oid and s.stxexprs is not null)
    and not exists (
      select from unnest(f.conkey, f.confkey) k (mine, theirs)
      join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.mine
      join pg_attribute b on b.attrelid = f.confrelid and b.attnum = k.theirs
      where iasql.base_type(a.atttypid) <> iasql.base_type(b.atttypid) and exists (select from pg_type t
        where t.oid in (iasql.base_type(a.atttypid), iasql.base_type(b.atttypid)) and t.typnamespace <> 'pg_catalog'::regnamespace))
  from pg_class c where c.oid = f.conrelid
$$;

-- foreign keys of tables that are not ours whose rows refer to these keys; all but no action would change users' rows.
-- What cannot be looked into is taken to refer, where PostgreSQL would not refuse the deletion itself
create or replace function iasql.dependents(tab text, row_keys jsonb[]) returns table (
  key jsonb, dependent text, constraint_name text, action text
) language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  w iasql.watched;
  f record;
begin
  select * into strict w from iasql.watched x where x.table_name = tab;
  for f in
    select c.conrelid::regclass dependent, c.conname, iasql.is_harmless(c) harmless,
      case c.confdeltype when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default' else 'no action' end deletes,
      (select string_agg(format('d.%I = t.%I', a.attname, b.attname), ' and ')
        from unnest(c.conkey, c.confkey) k (mine, theirs)
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.mine
        join pg_attribute b on b.attrelid = c.confrelid and b.attnum = k.theirs) matches
    from pg_constraint c
    where c.contype = 'f' and c.confrelid = w.rel and c.conrelid not in (select x.rel from iasql.watched x) and c.conparentid = 0
  loop
    continue when f.deletes = 'no action' and not f.harmless;
    dependent := iasql.table_name(f.dependent); constraint_name := f.conname; action := f.deletes;
    for key in execute format('select k.key from unnest($1) k (key) cross join lateral jsonb_populate_record(null::%1$s, k.key) r
      join %1$s t on %2$s where %3$s', w.rel,
      (select string_agg(format('t.%1$I = r.%1$I', c), ' and ') from unnest(w.keys) c),
      case when f.harmless then format('exists (select from %s d where %s)', f.dependent, f.matches) else 'true' end) using row_keys
    loop
      return next;
    end loop;
  end loop;
end $$;

create or replace view public.iasql_conflict as
  select h.table_name, h.key, h.kind,
    coalesce(h.detail->>'reason', h.detail->>'error', h.detail->>'description', h.detail::text) as reason, h.detail, h.since
  from iasql.held h;
comment on view public.iasql_conflict is 'Rows that differ on both sides or are held, and why nothing was done.';
