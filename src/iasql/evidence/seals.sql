-- Seals above a number, as JSON, with their signatures.
select jsonb_build_object('number', s.number, 'low', s.low, 'high', s.high, 'leaves', s.leaves,
  'previous', encode(s.previous, 'hex'), 'digest', encode(s.digest, 'hex'), 'snapshot', s.snapshot::text, 'sealed_at', s.sealed_at,
  'key_id', g.key_id, 'signature', convert_from(g.signature, 'UTF8'))
from iasql.audit_seal s left join iasql.audit_signature g on g.seal = s.number
where s.number > %(above)s order by s.number limit %(most)s
