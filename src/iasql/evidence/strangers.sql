-- Digests of the rows that are not in a window, though a seal covers them together with some that are; missing: which the log has lost.
select f.log_id::text, f.seal::text, encode(f.digest, 'hex'), (l.id is null)::text
from iasql.audit_leaf f left join public.iasql_audit_log l on l.id = f.log_id
where f.seal between (select min(x.seal) from iasql.audit_leaf x join public.iasql_audit_log y on y.id = x.log_id
    where x.log_id >= %(low)s and x.log_id < %(high)s and y.ts >= %(since)s and y.ts < %(until)s)
  and (select max(x.seal) from iasql.audit_leaf x join public.iasql_audit_log y on y.id = x.log_id
    where x.log_id >= %(low)s and x.log_id < %(high)s and y.ts >= %(since)s and y.ts < %(until)s)
  and (l.id is null or l.id < %(low)s or l.id >= %(high)s or l.ts < %(since)s or l.ts >= %(until)s)
order by f.log_id
