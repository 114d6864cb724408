-- Many rows at once.

create or replace function public.delete_all_records() returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  tab regclass;
begin
  set constraints all deferred;
  for tab in select iasql.emptied_tables() loop
    execute format('delete from %s', tab);
  end loop;
  set constraints all immediate;
end $$;
comment on function public.delete_all_records is '{"description": "Deletes every row of every module''s tables but credentials and regions; inside of a transaction only.", "sample_usage": "SELECT delete_all_records()"}';

create or replace function iasql.emptied_tables() returns setof regclass language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from iasql.gate g where g.state <> 'open' and not g.bulk) then
    raise exception 'delete_all_records() works inside of a transaction only' using errcode = 'no_active_sql_transaction',
      hint = 'Call iasql_begin() first, or set truncate_outside_transaction to allow.';
  end if;
  return query select w.rel from iasql.watched w
    where not w.platform and w.table_name not in ('aws_credentials', 'aws_regions') order by w.table_name;
end $$;
