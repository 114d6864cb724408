-- Readings of one row's past: what happened to it, and who last set each column.

-- whether a row had these values before a change, or after it
create or replace function iasql.speaks_of(change jsonb, wanted jsonb) returns boolean language sql immutable as $$
  select change->'original' @> wanted or change->'original' || (change->'change') @> wanted or change->'change' @> wanted
$$;

-- the primary keys that a row was known by: the key itself, or those of rows that ever had these values
-- one row as a rule: where a thousand were expected, the whole log of the table would be read
create or replace function iasql.keys_meant(tab text, wanted jsonb) returns setof jsonb language plpgsql stable rows 1
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  w constant iasql.watched := iasql.logged_table(tab);
  col constant text := iasql.alias_of(tab, wanted);
begin
  if coalesce(jsonb_typeof(wanted), 'null') <> 'object' or wanted = '{}' then
    raise exception 'a row of % is named by its columns', tab using errcode = 'invalid_parameter_value',
      hint = format('For instance %L.', (select jsonb_object_agg(k, 1) from unnest(coalesce(w.keys, '{id}')) k));
  end if;
  if exists (select from public.iasql_audit_log l where l.table_name = tab and l.key = wanted) then
    return next wanted;
  else
    return query select l.key from public.iasql_audit_log l
      where l.table_name = tab and l.change_type in ('INSERT', 'UPDATE', 'DELETE', 'AGREED') and iasql.speaks_of(l.change, wanted)
        and l.id > case when col is null then -9223372036854775808 else (select c.log_id from iasql.caught_up c) end
      union
      select n.key from iasql.alias n
      where n.table_name = tab and n.column_name = col and n.value = md5(wanted->>col)
        and exists (select from public.iasql_audit_log l where l.table_name = tab and l.key = n.key
          and l.change_type in ('INSERT', 'UPDATE', 'DELETE', 'AGREED') and iasql.speaks_of(l.change, wanted));
  end if;
end $$;

-- what a transaction was for, as far as anybody said
create or replace function iasql.message_of(transaction uuid) returns text language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select l.message from public.iasql_audit_log l
  where l.transaction_id = transaction and l.key is null and l.message is not null
    and l.change_type in ('OPEN_TRANSACTION', 'SET_COMMIT_MESSAGE', 'INSTALL', 'UNINSTALL')
  order by l.id desc limit 1
$$;

-- the columns of one change; an insert sets what is not null, a delete ends it
create or replace function iasql.cells(change jsonb) returns table (column_name text, before jsonb, after jsonb)
  language sql immutable set search_path = pg_catalog, pg_temp as $$
  select e.key, nullif(o.veiled->e.key, 'null'), nullif(c.veiled->e.key, 'null')
  from (select iasql.veiled(change->'original') veiled) o, (select iasql.veiled(change->'change') veiled) c
  cross join lateral jsonb_each(coalesce(change->'change', change->'original')) e
  where change ?& '{original,change}' or e.value <> 'null'
$$;

create or replace function public.iasql_history(table_name text, key jsonb) returns table (
  ts timestamptz, changed_by text, origin text, change_type text, column_name text, before jsonb, after jsonb, message text, transaction_id uuid
) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select h.ts, h.changed_by, h.origin, h.change_type, h.column_name, h.before, h.after, h.message, h.transaction_id from (
    select l.id, l.ts, l.changed_by, l.origin, l.change_type::text, c.column_name, c.before, c.after, iasql.message_of(l.transaction_id) message, l.transaction_id
    from iasql.keys_meant($1, $2) k join public.iasql_audit_log l on l.table_name = $1 and l.key = k
    cross join lateral iasql.cells(l.change) c
    where l.change_type in ('INSERT', 'UPDATE', 'DELETE')
    union all
    select a.high, a.until, a.archived_by, 'engine', 'ARCHIVE', null, null, null, format('what happened before is in %s', a.place), null
    from public.iasql_archive a
    where exists (select from iasql.keys_meant($1, $2) k join public.iasql_audit_log l on l.table_name = $1 and l.key = k where l.id <= a.high)
  ) h order by h.id, h.column_name
$$;
comment on function public.iasql_history is '{"description": "Everything that happened to a row, column by column. The key names columns and values; the row need not be there any more.", "sample_usage": "SELECT * FROM iasql_history(''bucket'', ''{\"name\": \"reports\"}'')"}';

create or replace function public.iasql_blame(table_name text, key jsonb) returns table (
  column_name text, value jsonb, changed_by text, origin text, ts timestamptz, message text, transaction_id uuid
) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with last as (
    -- with all that is told: a second join with the log by id would be taken for one of many rows, and read all of it
    select distinct on (k.k, e.key) k.k, e.key col, l.changed_by, l.origin, l.ts, l.transaction_id, l.change ? 'carried' carried,
      case when l.change ? 'change' or l.change->'carried'->'image' ? e.key
        then nullif(iasql.veiled(jsonb_build_object(e.key, e.value))->e.key, 'null') end val
    from iasql.keys_meant($1, $2) k (k) join public.iasql_audit_log l on l.table_name = $1 and l.key = k.k
    cross join lateral jsonb_each(coalesce(l.change->'change', l.change->'original')) e
    where l.change_type in ('INSERT', 'UPDATE', 'DELETE') or l.change ? 'carried'
    order by k.k, e.key, l.id desc
  )
  select last.col, last.val, case when not last.carried then last.changed_by end, case when not last.carried then last.origin end, last.ts,
    case when last.carried then 'set at that time or before: see iasql_archive' else iasql.message_of(last.transaction_id) end,
    case when not last.carried then last.transaction_id end
  from last order by last.k, last.col
$$;
comment on function public.iasql_blame is '{"description": "Who last set each column of a row, when and why; of a deleted row: who deleted it.", "sample_usage": "SELECT column_name, value, changed_by, message FROM iasql_blame(''bucket'', ''{\"name\": \"reports\"}'')"}';
