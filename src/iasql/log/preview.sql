-- The preview that asks nobody: what the log knows of the open transaction.

create or replace function iasql.changes_of_open() returns table (
  action text, table_name text, id text, description text, side text, changes jsonb, conflict jsonb, reversible text, changed_by text
) language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform iasql.refuse_interrupted();
  if not exists (select from iasql.gate g where g.state = 'open') then
    raise exception 'Cannot execute without calling iasql_begin() first' using errcode = 'no_active_sql_transaction';
  end if;
  return query with net as materialized (
      select n.* from iasql.gate g cross join lateral iasql.net(g.user_transaction) n
    ), labels as materialized (
      select l.* from iasql.labels((select jsonb_agg(jsonb_build_object('table', n.table_name, 'key', n.key,
        'image', coalesce(n.after, '{}') || coalesce(n.before, '{}'))) from net n)) l
    )
    select case when not n.existed then 'create' when not n.remains then 'delete' else 'update' end, n.table_name,
      iasql.row_id(n.key), l.label, 'cloud',
      jsonb_build_object('before', n.before, 'after', n.after), null::jsonb, null::text, array_to_string(n.changed_by, ', ')
    from net n join labels l on l.table_name = n.table_name and l.key = n.key
    order by n.last_id;
end $$;

-- what a way back left as it was, as rows of such a preview
create or replace function iasql.left_of_open() returns table (
  action text, table_name text, id text, description text, side text, changes jsonb, conflict jsonb, reversible text,
  changed_by text, plan_digest text
) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select 'conflict', l.table_name, iasql.row_id(l.key), l.label, 'tables', null::jsonb,
    jsonb_build_object('reason', l.reason), null, null, null
  from iasql.gate g cross join lateral iasql.left_over(g.user_transaction) l where g.state = 'open'
$$;
