-- What an export says of its origin.
select jsonb_build_object('log', (select s.log from iasql.audit_self s), 'database', current_database(), 'server', current_setting('server_version'),
  'exported_at', to_jsonb(clock_timestamp()), 'exported_by', session_user,
  'archives', (select coalesce(jsonb_agg(to_jsonb(a.*) || jsonb_build_object('files', l.change->'files') order by a.low), '[]')
    from public.iasql_archive a left join iasql.audit_away w on w.low = a.low left join public.iasql_audit_log l on l.id = w.record),
  'settings', (select jsonb_object_agg(s.name, s.value) from public.iasql_setting s),
  'modes', (select coalesce(jsonb_agg(to_jsonb(m.*) order by m.id), '[]') from public.iasql_mode m))
