-- How fresh each table is, region by region.

-- each scope is noted at every tick: with room in its page a row stays where it is, and no index is touched
alter table iasql.freshness set (fillfactor = 50);

create or replace function iasql.note_freshness(tab text, place text, failure text default null) returns void language sql
  security definer set search_path = pg_catalog, pg_temp as $$
  insert into iasql.freshness as f (table_name, region, last_ok, error)
  values (tab, place, case when failure is null then clock_timestamp() end, failure)
  on conflict (table_name, region) do update
    set last_ok = coalesce(excluded.last_ok, f.last_ok), error = excluded.error
$$;

create or replace view public.iasql_freshness as
  select f.table_name, f.region, f.last_ok, date_trunc('second', clock_timestamp() - f.last_ok) as age, f.error
  from iasql.freshness f;
comment on view public.iasql_freshness is 'When each table was last read whole from the cloud, and what prevents it.';
