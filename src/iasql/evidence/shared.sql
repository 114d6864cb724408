-- Logins that do not name a person: the one that every set-up has, superusers, and those under which an application named others.
select 'iasql'
union select r.rolname::text from pg_roles r where r.rolsuper
union select distinct l."user" from public.iasql_audit_log l where l.changed_by <> l."user" and l.origin = 'user'
