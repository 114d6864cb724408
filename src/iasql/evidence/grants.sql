-- Who may do what: members of our groups, directly or by another role, and superusers. since: the record that first shows it, if any does.
select g.role, g.member, g.superuser::text, (
  select to_jsonb(min(l.ts)) #>> '{}' from public.iasql_audit_log l where l.key is null and l.change_type = 'SETTING'
    and l.change->'grants' @> jsonb_build_array(jsonb_build_object('role', g.role, 'member', g.member)))
from iasql.granted g where %(low)s is not null order by 1, 2
