-- Net: what a transaction did in the end, row by row and column by column; changes with origin user only.

-- where in the log a transaction's rows lie: low < id <= high
create or replace function iasql.bounds(transaction uuid, out low bigint, out high bigint) language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select
    case when g.user_transaction = transaction and g.since > 0 then g.since
      else coalesce(
        (select min(coalesce((l.change->>'since')::bigint, l.id)) from public.iasql_audit_log l
          where l.transaction_id = transaction and l.key is null and l.change_type in ('OPEN_TRANSACTION', 'START_COMMIT')), 0)
    end,
    coalesce((select min(l.id) from public.iasql_audit_log l
      where l.transaction_id = transaction and l.key is null and l.change_type = 'CLOSE_TRANSACTION'), 9223372036854775807)
  from iasql.gate g
$$;

-- existed, remains: whether the row was there before the first change and after the last. before, after: of a row
-- that did both, the columns that differ in the end; else the whole row as far as users wrote it
create or replace function iasql.net(transaction uuid) returns table (
  table_name text, key jsonb, existed boolean, remains boolean, before jsonb, after jsonb, changed_by text[], last_id bigint
) language sql stable security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  with span as materialized (
    select l.id, l.table_name::text, l.key, l.change_type, l.change->'original' original, l.change->'change' change, l.changed_by::text
    from iasql.bounds(transaction) b join public.iasql_audit_log l on l.id > b.low and l.id <= b.high
    where l.transaction_id = transaction and l.origin = 'user' and not l.restores
      and l.change_type in ('INSERT', 'UPDATE', 'DELETE')
      and not exists (select from iasql.watched w where w.table_name = l.table_name and w.platform)
  ), touched as (   -- no join of the span with itself: nobody can foresee its size
    select s.table_name, s.key, array_agg(s.change_type order by s.id) kinds, array_agg(s.original order by s.id) originals,
      array_agg(s.change order by s.id) changes, array_agg(distinct s.changed_by) changed_by, max(s.id) last
    from span s group by 1, 2
  ), ends as (
    select t.*, t.kinds[1] <> 'INSERT' existed, t.kinds[cardinality(t.kinds)] <> 'DELETE' remains from touched t
  ), many as (
    select n.table_name, n.key, n.existed, n.remains, c.before, c.after, n.changed_by, n.last
    from ends n cross join lateral (
      select
        jsonb_object_agg(c.col, c.before) filter (where c.before is not null and (not n.remains or c.before is distinct from c.after)) before,
        jsonb_object_agg(c.col, c.after) filter (where c.after is not null and (not n.existed or c.before is distinct from c.after)) after
      from (
        select e.key col,
          (array_agg(case u.kind when 'INSERT' then null else u.original->e.key end order by u.n))[1] before,
          (array_agg(case u.kind when 'DELETE' then null else u.change->e.key end order by u.n desc))[1] after
        from unnest(n.kinds, n.originals, n.changes) with ordinality u (kind, original, change, n)
          cross join lateral jsonb_each(coalesce(u.change, u.original)) e
        group by 1) c) c
    where cardinality(n.kinds) > 1 and (n.existed or n.remains)
  )
  select n.table_name, n.key, n.existed, n.remains,
    case n.kinds[1] when 'UPDATE' then iasql.kept(n.originals[1], n.changes[1]) else n.originals[1] end,
    n.changes[1], n.changed_by, n.last
  from ends n where cardinality(n.kinds) = 1
  union all
  select m.table_name, m.key, m.existed, m.remains, case when m.existed then m.before end,
    case when m.remains then m.after end, m.changed_by, m.last
  from many m where m.before is not null or m.after is not null
$$;

-- the values that `original` has in the columns of `change`
create or replace function iasql.kept(original jsonb, change jsonb) returns jsonb language sql immutable as $$
  select jsonb_object_agg(c, original->c) from jsonb_object_keys(change) c
$$;

create or replace function iasql.touched(tx uuid) returns table (
  table_name text, key jsonb, columns text[], inserted boolean, deleted boolean, changed_by text[], last_id bigint
) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select n.table_name, n.key,
    case when n.existed and n.remains then array(select jsonb_object_keys(coalesce(n.before, '{}') || coalesce(n.after, '{}'))) end,
    not n.existed, not n.remains, n.changed_by, n.last_id
  from iasql.net(tx) n order by n.last_id
$$;

-- rows of one table that anybody wrote above an id of the log
create or replace function iasql.written_since(tab text, top bigint) returns setof jsonb language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select distinct l.key from public.iasql_audit_log l
  where l.id > top and l.table_name = tab and l.change_type in ('INSERT', 'UPDATE', 'DELETE')
$$;

-- the rows of a table that the open transaction changed or deleted, as they were before
create or replace function iasql.before_open(tab text) returns setof jsonb language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(i.image, '{}') || n.before from iasql.gate g cross join lateral iasql.net(g.user_transaction) n
    cross join lateral iasql.images(tab, array[n.key]) i
  where g.state = 'open' and n.table_name = tab and n.existed
$$;
