-- Which transaction brought something about: a query is asked of the tables as they were after one transaction and
-- another, fewer and fewer of them.

-- a query over the tables as they were at a moment, with the rights of whoever asks: the views of the past stand
-- before the tables in the caller's search path, so that plain names mean them. Nothing can be written: the function is stable
drop function if exists iasql.found_at(text, timestamptz);
create or replace function iasql.found_at(query text, at timestamptz, path text) returns boolean language plpgsql stable
  set search_path = pg_catalog, pg_temp as $$
declare
  asked constant text := 'select exists (' || query || E'\n)';
  found boolean;
begin
  perform set_config('iasql.at', at::text, true);
  perform set_config('search_path', 'iasql_past, ' || path, true);
  execute asked into found;
  perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  perform set_config('iasql.at', '', true);
  return found;
end $$;

-- the transactions that changed rows between two moments, and when each had; numbered as they ended
create or replace function iasql.ends_between(since timestamptz, until timestamptz) returns table (
  n bigint, transaction_id uuid, ts timestamptz, changed_by text, message text
) language sql stable security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  select row_number() over (order by max(l.id)), l.transaction_id, max(l.ts), string_agg(distinct l.changed_by, ', '), iasql.message_of(l.transaction_id)
  from iasql.changed(since, until) c join public.iasql_audit_log l on l.id = c.id group by l.transaction_id
$$;

create or replace function iasql.bisect(query text, since timestamptz, until timestamptz, path text) returns table (
  transaction_id uuid, ts timestamptz, changed_by text, message text
) language plpgsql stable set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  ends jsonb;
  low bigint := 0;
  high bigint;
  middle bigint;
begin
  perform iasql.refuse_no_moment(since, 'since');
  perform iasql.refuse_no_moment(until, 'until');
  if iasql.found_at(query, since, path) then
    raise exception 'the query returns rows at the beginning already, at %', since using errcode = 'invalid_parameter_value',
      hint = 'Begin earlier, or ask the opposite.';
  elsif not iasql.found_at(query, until, path) then
    return;
  end if;
  select coalesce(jsonb_agg(to_jsonb(e.*) order by e.n), '[]') into ends from iasql.ends_between(since, until) e;
  high := jsonb_array_length(ends);
  while high - low > 1 loop
    middle := (low + high) / 2;
    if iasql.found_at(query, (ends->(middle - 1)::int->>'ts')::timestamptz, path) then
      high := middle;
    else
      low := middle;
    end if;
  end loop;
  return query select (e->>'transaction_id')::uuid, (e->>'ts')::timestamptz, e->>'changed_by', e->>'message'
    from (select ends->(high - 1)::int) x (e) where e is not null;
end $$;

-- the caller's own search path is known here only: what is called from here has another
create or replace function public.iasql_bisect(query text, since timestamptz, until timestamptz default now()) returns table (
  transaction_id uuid, ts timestamptz, changed_by text, message text
) language plpgsql stable as $$
begin
  return query select b.* from iasql.bisect(query, since, until, pg_catalog.current_setting('search_path')) b;
end $$;
comment on function public.iasql_bisect is '{"description": "The transaction after which a query over the past tables first returned rows. Plain table names mean the past, names with a schema the present. Runs with your own rights, asks AWS nothing, and writes nothing.", "sample_usage": "SELECT * FROM iasql_bisect(''select from bucket where tags is null'', now() - interval ''7 days'')"}';
