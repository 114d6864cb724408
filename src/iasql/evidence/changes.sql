-- The log from one id to below another, in order, as evidence: every value as text, the change in two halves.
select l.id::text, to_jsonb(l.ts) #>> '{}', l.xact::text, l."user", l.changed_by, to_jsonb(l.client_addr) #>> '{}', l.application_name,
  l.origin, l.restores::text, l.table_name, l.change_type::text, l.key::text,
  case when h.halves then (l.change->'original')::text end, case when h.halves then (l.change->'change')::text end,
  case when not h.halves then l.change::text end, l.message, l.transaction_id::text,
  f.seal::text, encode(f.salt, 'hex'), encode(f.digest, 'hex'), encode(f.redacted, 'hex')
from public.iasql_audit_log l left join iasql.audit_leaf f on f.log_id = l.id
  cross join lateral (select l.change <> '{}' and l.change - '{original,change}'::text[] = '{}' halves offset 0) h
where l.id >= %(low)s and l.id < %(high)s and l.ts >= %(since)s and l.ts < %(until)s
order by l.id
