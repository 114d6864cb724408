-- A transaction is a span of the log; this view reads its markers.

create or replace view public.iasql_transaction as
  with marks as (
    select l.transaction_id,
      min(l.ts) opened_at, min(l.id) first,
      (array_agg(l.changed_by order by l.id))[1] opened_by,
      max(l.ts) filter (where l.change_type = 'CLOSE_TRANSACTION') closed_at,
      max(l.change->>'state') filter (where l.change_type = 'CLOSE_TRANSACTION') told,
      (array_agg(l.change_type order by l.id desc))[1] last,
      bool_or(l.change_type = 'START_REVERT') reverted,
      (array_agg(l.message order by l.id desc) filter (where l.change_type in ('OPEN_TRANSACTION', 'SET_COMMIT_MESSAGE') and l.message is not null))[1] message
    from public.iasql_audit_log l
    where l.key is null and l.change_type in ('OPEN_TRANSACTION', 'SET_COMMIT_MESSAGE', 'START_COMMIT', 'END_COMMIT',
      'START_REVERT', 'END_REVERT', 'CLOSE_TRANSACTION')
    group by l.transaction_id
  )
  select m.transaction_id,
    case when m.told is not null then m.told
      when m.closed_at is not null then case when m.reverted then 'rolled_back' else 'committed' end
      when m.last in ('OPEN_TRANSACTION', 'SET_COMMIT_MESSAGE') then 'open' else 'committing' end as state,
    m.opened_by, m.opened_at, m.closed_at, m.message,
    (select count(*) from iasql.bounds(m.transaction_id) b join public.iasql_audit_log l on l.id > b.low and l.id <= b.high
      where l.transaction_id = m.transaction_id and l.origin = 'user' and not l.restores
        and l.change_type in ('INSERT', 'UPDATE', 'DELETE')) as changes,
    (select count(*) from iasql.bounds(m.transaction_id) b join public.iasql_audit_log l on l.id > b.low and l.id <= b.high
      where l.transaction_id = m.transaction_id and l.change_type = 'CLOUD_CALL' and l.change ? 'intent'
        and not l.change->'intent' ? 'plan') as cloud_calls,
    (select string_agg(l.message, E'\n' order by l.id) from public.iasql_audit_log l
      where l.transaction_id = m.transaction_id and l.key is null and l.change_type = 'ERROR') as error
  from marks m;
comment on view public.iasql_transaction is 'Transactions as the log tells them.';
