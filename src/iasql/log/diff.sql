-- The difference between two moments: net, not steps, and whoever made it.

-- the row after a change; null when it was deleted
create or replace function iasql.image_after(change jsonb) returns jsonb language sql immutable
  set search_path = pg_catalog, pg_temp as $$
  select case when change ? 'change' then coalesce(change->'original', '{}') || (change->'change') end
$$;

-- the changes of rows between two moments
create or replace function iasql.changed(since timestamptz, until timestamptz) returns table (
  id bigint, table_name text, key jsonb, changed_by text
) language sql stable security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  with outside as materialized (
    select iasql.straddling(since) early, iasql.straddling(until) late
  )
  select l.id, l.table_name, l.key, l.changed_by from outside o join public.iasql_audit_log l
    on l.ts > since and l.ts <= until and l.xact <> all (o.late)
  where l.change_type in ('INSERT', 'UPDATE', 'DELETE')
  union all
  select l.id, l.table_name, l.key, l.changed_by from outside o join public.iasql_audit_log l
    on l.ts <= since and l.xact = any (o.early) and l.xact <> all (o.late)
  where o.early <> '{}' and l.change_type in ('INSERT', 'UPDATE', 'DELETE')
$$;

-- each row that somebody changed between two moments, as it was and as it became; null where there was none.
-- imported: its first change was an INSERT that the engine made of what it found
create or replace function iasql.between(since timestamptz, until timestamptz, tab text default null) returns table (
  table_name text, key jsonb, before jsonb, after jsonb, changed_by text[], imported boolean
) language sql stable security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  with touched as materialized (
    select c.table_name, c.key, min(c.id) first, max(c.id) last, array_agg(distinct c.changed_by) changed_by
    from iasql.changed(since, until) c where tab is null or c.table_name = tab group by 1, 2
  )
  select t.table_name, t.key, f.change->'original', iasql.image_after(l.change), t.changed_by,
    f.change_type = 'INSERT' and f.origin = 'engine' and not f.restores
  from touched t join public.iasql_audit_log f on f.id = t.first join public.iasql_audit_log l on l.id = t.last
$$;

create or replace function public.iasql_diff(
  since timestamptz, until timestamptz default now(), inout table_name text default null,
  out key jsonb, out column_name text, out before jsonb, out after jsonb
) returns setof record language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp set jit = off as $$
#variable_conflict use_column
begin
  perform iasql.refuse_no_moment($1, 'since');
  perform iasql.refuse_no_moment($2, 'until');
  if $3 is not null then
    perform iasql.logged_table($3);
  end if;
  return query select b.table_name, b.key, c.col, nullif(iasql.veiled(b.before)->c.col, 'null'), nullif(iasql.veiled(b.after)->c.col, 'null')
    from iasql.between($1, $2, $3) b
    cross join lateral jsonb_object_keys(coalesce(b.before, '{}') || coalesce(b.after, '{}')) c (col)
    where nullif(b.before->c.col, 'null') is distinct from nullif(b.after->c.col, 'null')
    order by 1, 2, 3;
end $$;
comment on function public.iasql_diff is '{"description": "What is different between two moments, column by column: the net of it, not the steps. table_name null: of every table.", "sample_usage": "SELECT * FROM iasql_diff(now() - interval ''1 day'')"}';
