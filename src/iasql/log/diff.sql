-- The difference between two moments: net, not steps, and whoever made it.

-- each row that somebody changed between two moments, as it was and as it became; null where there was none.
-- by: by whom, in the order of the log; imported: its first change was an INSERT that the engine made of what it found
create or replace function iasql.between(since timestamptz, until timestamptz, tab text default null) returns table (
  table_name text, key jsonb, before jsonb, after jsonb, changed_by text[], imported boolean
) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with outside as (
    select iasql.straddling(since) early, iasql.straddling(until) late
  ), span as (
    select l.table_name::text, l.key, l.id, l.changed_by from outside o join public.iasql_audit_log l
      on l.ts > since and l.ts <= until and l.xact <> all (o.late)
    where (tab is null or l.table_name = tab) and l.change_type in ('INSERT', 'UPDATE', 'DELETE')
    union all
    select l.table_name, l.key, l.id, l.changed_by from outside o join public.iasql_audit_log l
      on l.ts <= since and l.xact = any (o.early) and l.xact <> all (o.late)
    where o.early <> '{}' and (tab is null or l.table_name = tab) and l.change_type in ('INSERT', 'UPDATE', 'DELETE')
  ), touched as materialized (
    select s.table_name, s.key, min(s.id) first, max(s.id) last, array_agg(distinct s.changed_by)::text[] changed_by
    from span s group by 1, 2
  )
  select t.table_name, t.key, f.change->'original', case when l.change ? 'change' then coalesce(l.change->'original', '{}') || (l.change->'change') end,
    t.changed_by, f.change_type = 'INSERT' and f.origin = 'engine' and not f.restores
  from touched t join public.iasql_audit_log f on f.id = t.first join public.iasql_audit_log l on l.id = t.last
$$;

create or replace function public.iasql_diff(
  since timestamptz, until timestamptz default now(), inout table_name text default null,
  out key jsonb, out column_name text, out before jsonb, out after jsonb
) returns setof record language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
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
