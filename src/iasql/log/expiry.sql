-- Commits that expire: the clock undoes them on time. All of it stands in the log: START_COMMIT says after how many
-- seconds, and the transaction that undid a commit says whose expiry it is.

-- commits that are to be undone, and when
create or replace function iasql.expiries() returns table (transaction_id uuid, expires_at timestamptz) language sql stable
  security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  with undone as materialized (   -- once, and the state of these alone
    select o.change->>'expiry_of' id, (select t.state from public.iasql_transaction t where t.transaction_id = o.transaction_id) state
    from public.iasql_audit_log o where o.key is null and o.change_type = 'OPEN_TRANSACTION' and o.change ? 'expiry_of'
  )
  select c.transaction_id, e.ts + make_interval(secs => (c.change->>'expires')::double precision)
  from public.iasql_audit_log c join public.iasql_audit_log e
    on e.transaction_id = c.transaction_id and e.key is null and e.change_type = 'END_COMMIT' and e.id > c.id
  where c.key is null and c.change_type = 'START_COMMIT' and c.change ? 'expires'
    and not exists (select from public.iasql_audit_log l where l.transaction_id = c.transaction_id and l.key is null
      and l.id > c.id and (l.change_type = 'SETTING' and l.change ? 'kept' or l.change_type in ('START_COMMIT', 'START_REVERT')))
    and not exists (select from undone u where u.id = c.transaction_id::text and u.state <> 'rolled_back')
$$;

-- those whose time has come; one that could not be undone waits twice as long each time, an hour at most
create or replace function iasql.due_expiries() returns setof uuid language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select x.transaction_id from iasql.expiries() x
  where x.expires_at <= clock_timestamp() and clock_timestamp() >= coalesce((
    select max(h.tried_at + make_interval(secs => least(power(2, h.tries), 3600))) from iasql.held h
    where h.kind = 'expiry' and h.detail->>'transaction_id' = x.transaction_id::text), '-infinity')
  order by x.expires_at desc, x.transaction_id desc   -- what was done last is undone first
$$;

-- seconds until the next one; null when there is none
create or replace function iasql.next_expiry() returns double precision language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select extract(epoch from min(x.expires_at) - clock_timestamp())::double precision from iasql.expiries() x where x.expires_at > clock_timestamp()
$$;

-- opens a transaction that undoes this one, as the change of whoever committed it; where something stands in the way it
-- opens nothing and tells what. null: a transaction is open, or being committed
create or replace function iasql.open_expiry(tx uuid, patience interval default '1s') returns jsonb language plpgsql
  security definer set search_path = pg_catalog, pg_temp set jit = off as $$
declare
  way jsonb;
  work record;
  fresh uuid;
  person constant text := (select l.changed_by from public.iasql_audit_log l where l.transaction_id = tx and l.key is null
    and l.change_type = 'START_COMMIT' order by l.id desc limit 1);
begin
  perform iasql.take_gate(patience);
  if (select g.state from iasql.gate g) <> 'clean' then
    return null;
  end if;
  select coalesce(jsonb_agg(to_jsonb(w.*) || jsonb_build_object('changed_by', jsonb_build_array(person))), '[]') into way from iasql.way_before(tx) w;
  select * into work from iasql.work_for(way);
  if jsonb_array_length(work.told) > 0 then
    return jsonb_build_object('conflicts', work.told);
  end if;
  fresh := iasql.open_transaction(iasql.message_of(tx), patience, jsonb_build_object('expiry_of', tx));
  perform set_config('iasql.actor', person, true);
  perform iasql.write_items(work.items, way, true);
  return jsonb_build_object('transaction_id', fresh);
end $$;

-- what keeps an expired commit from being undone: told once, shown in iasql_conflict until it is undone or kept
create or replace function iasql.report_expiry(tx uuid, rows jsonb) returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  begun constant timestamptz := clock_timestamp();
  told text := format('the commit %s has expired and cannot be undone', coalesce(quote_literal(iasql.message_of(tx)), tx::text));
  item jsonb;
  why jsonb;
  news text[] := '{}';
begin
  for item in select * from jsonb_array_elements(rows) loop
    why := jsonb_build_object('reason', format('%s: %s', told, item->>'reason'), 'transaction_id', tx);
    if not exists (select from iasql.held h where h.table_name = item->>'table' and h.key = item->'key' and h.kind = 'expiry' and h.detail = why) then
      news := news || format('%s %s: %s', item->>'table', item->'key', item->>'reason');
    end if;
    perform iasql.hold(item->>'table', item->'key', 'expiry', why);
  end loop;
  delete from iasql.held h where h.kind = 'expiry' and h.detail->>'transaction_id' = tx::text and h.seen_at < begun;
  if news <> '{}' then
    perform iasql.mark('ERROR', tx, told || E'\n' || array_to_string(news, E'\n'));
  end if;
end $$;

create or replace function iasql.end_expiry(tx uuid) returns void language sql
  security definer set search_path = pg_catalog, pg_temp as $$
  delete from iasql.held h where h.kind = 'expiry' and h.detail->>'transaction_id' = tx::text
$$;

create or replace function public.iasql_keep(transaction_id uuid) returns table (message text) language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from iasql.expiries() x where x.transaction_id = $1) then
    raise exception 'no commit % is to expire', coalesce($1::text, 'null') using errcode = 'invalid_parameter_value',
      hint = 'select * from iasql_expiry';
  end if;
  perform iasql.mark('SETTING', $1, 'it does not expire', '{"kept": true}');
  perform iasql.end_expiry($1);
  return query select 'it stays'::text;
end $$;
comment on function public.iasql_keep is '{"description": "Lets a commit stay that was to expire.", "sample_usage": "SELECT * FROM iasql_keep(''01890a5d-ac96-774b-bcce-b302099a8057'')"}';

create or replace view public.iasql_expiry as
  select x.transaction_id, iasql.message_of(x.transaction_id) as message, x.expires_at,
    (select string_agg(h.detail->>'reason', E'\n') from iasql.held h where h.kind = 'expiry' and h.detail->>'transaction_id' = x.transaction_id::text) as hindered
  from iasql.expiries() x;
comment on view public.iasql_expiry is 'Commits that the clock will undo, when, and what keeps it from that.';
