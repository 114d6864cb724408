-- A role that is in none of our groups may read or write some tables, and no others.

-- who is to be narrowed, and to what, looked at before anything is granted
create or replace function iasql.refuse_grant(role text, table_names text[], privileges text[]) returns void language plpgsql stable
  set search_path = pg_catalog, pg_temp as $$
declare
  allowed constant text[] := '{select,insert,update,delete,references}';
  wider text;
  unknown text;
begin
  if not exists (select from pg_roles r where r.rolname = role) then
    raise exception 'there is no role %', coalesce(role, 'null') using errcode = 'undefined_object', hint = format('iasql user add makes logins; or: create role %I', role);
  end if;
  select string_agg(g.rolname, ', ' order by g.rolname) into wider from pg_roles g
    where g.rolname ^@ 'iasql_' and pg_has_role(role, g.oid, 'member');
  if wider is not null then
    raise exception '% may do more than that already: it is in %', role, wider using errcode = 'invalid_parameter_value',
      hint = format('An administrator can take it out first: revoke %s from %I', wider, role);
  end if;
  select string_agg(coalesce(p, 'null'), ', ') into unknown from unnest(privileges) p where lower(p) is null or lower(p) <> all (allowed);
  if unknown is not null or coalesce(cardinality(privileges), 0) = 0 then
    raise exception 'privileges: %', coalesce(unknown, 'none is named') using errcode = 'invalid_parameter_value',
      hint = format('There are %s.', array_to_string(allowed, ', '));
  end if;
  select string_agg(coalesce(t, 'null'), ', ') into unknown from unnest(table_names) t
    where not exists (select from iasql.watched w where w.table_name = t and not w.platform);
  if unknown is not null then
    raise exception 'no installed module has a table %', unknown using errcode = 'undefined_table', hint = 'select * from iasql_tables';
  end if;
end $$;

create or replace function public.iasql_grant(role text, table_names text[], privileges text[] default '{select}') returns table (
  table_name text, privilege text
) language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
  w iasql.watched;
  p text;
  columns text;
begin
  perform iasql.refuse_grant(role, table_names, privileges);
  execute format('grant connect on database %I to %I', current_database(), role);
  execute format('grant usage on schema public, iasql to %I', role);
  for w in select * from iasql.watched x where not x.platform order by x.table_name loop
    execute format('revoke all on %s from %I', w.rel, role);
    if w.table_name = 'aws_regions' then   -- the default of a row's region is read from it
      execute format('grant select on %s to %I', w.rel, role);
    end if;
    continue when w.table_name <> all (coalesce(table_names, '{}'));
    foreach p in array privileges loop
      -- the versions of secrets are for reading only
      columns := case when w.masked <> '{}' and lower(p) in ('insert', 'update') then (select format(' (%s)', string_agg(quote_ident(a.attname), ', '))
        from pg_attribute a where a.attrelid = w.rel and a.attnum > 0 and not a.attisdropped and a.attname <> 'secret_versions') else '' end;
      execute format('grant %s%s on %s to %I', lower(p), columns, w.rel, role);
      table_name := w.table_name; privilege := lower(p);
      return next;
    end loop;
  end loop;
  perform iasql.mark('SETTING', null, format('%s may %s: %s', role, lower(array_to_string(privileges, ', ')),
    coalesce(nullif(array_to_string(table_names, ', '), ''), 'nothing')), jsonb_build_object('narrowed', jsonb_build_object(
    'role', role, 'tables', table_names, 'privileges', privileges)));
end $$;
comment on function public.iasql_grant is '{"description": "Narrows a role that is in none of IaSQL''s groups to these tables and privileges (select, insert, update, delete, references); what an earlier call granted it is taken back. No tables: to none. A table that is installed later, or anew, must be granted then.", "sample_usage": "SELECT * FROM iasql_grant(''web_team'', array[''bucket'', ''queue''], array[''select'', ''update''])"}';
