-- What an auditor asks of some changes beyond what they say: of their transactions, and of the calls that carried them out.
with asked as (
  select * from unnest(%(transactions)s::uuid[], %(tables)s::text[], %(keys)s::text[]) a (transaction_id, table_name, key)
), why as (
  select t.transaction_id, (select l.message from public.iasql_audit_log l where l.transaction_id = t.transaction_id and l.key is null
      and l.message is not null and l.change_type in ('OPEN_TRANSACTION', 'SET_COMMIT_MESSAGE', 'INSTALL', 'UNINSTALL') order by l.id desc limit 1) message,
    (select string_agg(l.changed_by, ', ' order by l.id) from public.iasql_audit_log l
      where l.transaction_id = t.transaction_id and l.key is null and l.change_type = 'APPROVE') approved_by
  from (select distinct a.transaction_id from asked a) t
)
select a.transaction_id::text, a.table_name, a.key, w.message, w.approved_by, c.requests::text
from asked a join why w using (transaction_id) left join lateral (
  select jsonb_agg(r.value order by l.id, r.n) requests from public.iasql_audit_log l
    cross join lateral jsonb_array_elements(l.change->'outcome'->'requests') with ordinality r (value, n)
  where a.key is not null and l.table_name = a.table_name and l.key = a.key::jsonb and l.change_type = 'CLOUD_CALL'
    and l.transaction_id = a.transaction_id and jsonb_typeof(l.change->'outcome'->'requests') = 'array') c on true
