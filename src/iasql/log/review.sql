-- The open transaction as a page to send to somebody who is to look at it.

create or replace function iasql.cell(value text) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select coalesce(replace(regexp_replace(value, '\s+', ' ', 'g'), '|', '\|'), '')
$$;

-- the preview comes from the engine where one answers, so this runs with the rights of the caller
create or replace function public.iasql_create_review(title text default null, description text default null) returns table (markdown text)
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  tx uuid;
  opener text;
  said text;
  plan text;
  told text;
begin
  select t.transaction_id, t.opened_by, t.message into tx, opener, said from public.iasql_transaction t where t.state = 'open';
  if tx is null then
    raise exception 'Cannot execute without calling iasql_begin() first' using errcode = 'no_active_sql_transaction';
  end if;
  select string_agg(format('| %s | %s | %s | %s | %s | %s |', p.action, p.table_name, iasql.cell(p.description), iasql.cell(p.changes::text),
      iasql.cell(p.reversible), iasql.cell(p.changed_by)), E'\n') || coalesce(E'\n\nPlan: `' || max(p.plan_digest) || '`', '')
    into plan from public.iasql_preview() p;
  select string_agg(s.sql, E'\n') into told from public.iasql_get_sql_for_transaction(tx::text) s;
  return query select format(E'# %s\n\n%sTransaction `%s`, opened by %s.\n\n## What it does\n\n%s\n\n## SQL\n\n```sql\n%s\n```\n',
    coalesce(title, said, 'Review'), coalesce(description || E'\n\n', ''), tx, opener,
    coalesce(E'| action | table | row | changes | reversible | by |\n|---|---|---|---|---|---|\n' || plan, 'Nothing.'), coalesce(told, '-- nothing'));
end $$;
comment on function public.iasql_create_review is '{"description": "The open transaction as a page of Markdown: its preview and all of its SQL.", "sample_usage": "SELECT markdown FROM iasql_create_review(''New queues'', ''For the billing jobs'')"}';
