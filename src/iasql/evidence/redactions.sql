-- Every removal of a value that is on record.
select l.change->>'row', l.id::text, to_jsonb(l.ts) #>> '{}', l.changed_by, l.message, (l.change->'path')::text,
  l.change->>'leaf', l.change->>'digest', l.change->>'key_id', l.change->>'signature'
from public.iasql_audit_log l where l.key is null and l.change_type = 'REDACT' order by l.id
