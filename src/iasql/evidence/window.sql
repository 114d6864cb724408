-- Where in the log a window of time lies: ids from low to below high. What was carried over from an archive is not of it.
select coalesce(greatest(min(l.id), (select max(a.high) from iasql.audit_away a)), 0), coalesce(max(l.id), -1) + 1
from public.iasql_audit_log l where l.ts >= %(since)s and l.ts < %(until)s
