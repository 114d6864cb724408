-- Waiting, from the caller's side: each look is a statement of its own, which sees what was committed before it.

create or replace function public.iasql_wait_for(
  table_name text, key jsonb, condition jsonb default '{}', seconds integer default 60
) returns boolean language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  ends constant timestamptz := clock_timestamp() + make_interval(secs => coalesce(seconds, 60));
  rel constant regclass := iasql.table_to_watch(table_name, key, condition);
  pause double precision := 0.05;
  image jsonb;
begin
  perform iasql.refuse_inside_transaction();
  loop
    execute format('select to_jsonb(t.*) from %1$s t join jsonb_populate_record(null::%1$s, $1) k on %2$s limit 1', rel,
      (select string_agg(format('t.%1$I = k.%1$I', c), ' and ') from jsonb_object_keys(key) c)) into image using key;
    if image is not null and not exists (select from jsonb_each(coalesce(condition, '{}')) e where image->e.key is distinct from e.value) then
      return true;
    elsif clock_timestamp() >= ends then
      raise exception '% % did not become % within % s', table_name, key, condition, seconds using errcode = 'query_canceled',
        detail = case when image is null then 'There is no such row.' else format('It has %s.',
          (select jsonb_object_agg(c, image->c) from jsonb_object_keys(coalesce(condition, '{}')) c)) end;
    end if;
    perform pg_sleep(pause);
    pause := least(2 * pause, 0.5);
  end loop;
end $$;
comment on function public.iasql_wait_for is '{"description": "Waits until a row has these values, and fails when that takes longer.", "sample_usage": "SELECT iasql_wait_for(''queue'', ''{\"name\": \"jobs\"}'', ''{\"visibility_timeout\": 90}'', 300)"}';

create or replace function public.iasql_wait_for_all(seconds integer default 300) returns boolean language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  ends constant timestamptz := clock_timestamp() + make_interval(secs => coalesce(seconds, 300));
  pause double precision := 0.05;
  waiting text;
begin
  perform iasql.refuse_inside_transaction();
  loop
    waiting := iasql.still_waiting();
    if waiting is null then
      return true;
    elsif clock_timestamp() >= ends then
      raise exception 'there is something left to carry out after % s', seconds using errcode = 'query_canceled', detail = waiting,
        hint = 'select * from iasql_conflict tells what is held, and why.';
    end if;
    perform pg_sleep(pause);
    pause := least(2 * pause, 0.5);
  end loop;
end $$;
comment on function public.iasql_wait_for_all is '{"description": "Waits until every change outside of an open transaction is carried out, and fails when that takes longer.", "sample_usage": "SELECT iasql_wait_for_all(300)"}';

-- the table that somebody waits for, after its columns were looked at
create or replace function iasql.table_to_watch(tab text, row_key jsonb, condition jsonb) returns regclass language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  w iasql.watched;
  unknown text;
begin
  select * into w from iasql.watched x where x.table_name = tab;
  if w.rel is null then
    raise exception 'no installed module has a table %', tab using errcode = 'undefined_table', hint = 'select * from iasql_tables';
  elsif coalesce(row_key, '{}') = '{}' or jsonb_typeof(row_key) <> 'object' then
    raise exception 'a row of % is named by its columns', tab using errcode = 'invalid_parameter_value',
      hint = format('For instance %L.', (select jsonb_object_agg(k, 1) from unnest(w.keys) k));
  end if;
  select string_agg(c, ', ') into unknown from jsonb_object_keys(row_key || coalesce(condition, '{}')) c
    where not exists (select from pg_attribute a where a.attrelid = w.rel and a.attname = c and a.attnum > 0 and not a.attisdropped);
  if unknown is not null then
    raise exception '% has no column %', tab, unknown using errcode = 'undefined_column';
  end if;
  return w.rel;
end $$;

-- what has not been carried out yet, in words; the changes of an open transaction wait for its commit
create or replace function iasql.still_waiting() returns text language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select string_agg(w.told, ', ') from (
    select 'a commit is running' told from iasql.gate g where g.state in ('committing', 'reverting')
    union all
    (select format('%s %s', p.table_name, p.key) from iasql.pending() p where not exists (
      select from iasql.gate g join public.iasql_audit_log l on l.transaction_id = g.user_transaction
      where g.state = 'open' and l.id > g.since and l.table_name = p.table_name and l.key = p.key and l.origin = 'user')
    order by 1 limit 20)) w
$$;
