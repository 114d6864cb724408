-- iasql.watch: a table's rows are logged from now on. May be repeated, and must be after DDL.

create or replace function iasql.check_watchable(rel regclass, keys text[], masked text[]) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  missing text;
begin
  if keys is null then
    raise exception '% has no primary key: its rows could not be named in the log', rel
      using errcode = 'invalid_table_definition', hint = format('alter table %s add primary key (...)', rel);
  end if;
  if exists (select from pg_class c where c.oid = rel and (c.relkind <> 'r' or c.relispartition)) then
    raise exception '% is not a plain table', rel using errcode = 'wrong_object_type';
  end if;
  if masked && keys then
    raise exception 'a key column of % cannot be masked', rel using errcode = 'invalid_parameter_value';
  end if;
  select string_agg(m, ', ') into missing from unnest(masked) m where not exists (
    select from pg_attribute a where a.attrelid = rel and a.attname = m and a.attnum > 0 and not a.attisdropped
      and a.atttypid in ('text'::regtype, 'varchar'::regtype, 'jsonb'::regtype));
  if missing is not null then
    raise exception 'columns of % to be masked must be text or jsonb: %', rel, missing using errcode = 'invalid_parameter_value';
  end if;
end $$;

-- who may do what with a watched table; the versions of secrets are for reading only
create or replace function iasql.grant_rows(rel regclass, masked boolean) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  columns text;
begin
  execute format('grant select on %s to iasql_user, iasql_operator, iasql_approver, iasql_auditor', rel);
  execute format('grant select, insert, update, delete on %s to iasql_writer', rel);
  execute format('revoke insert, update on %s from iasql_user', rel);
  execute format('grant delete, truncate, references on %s to iasql_user', rel);
  if masked then
    select string_agg(quote_ident(a.attname), ', ') into columns from pg_attribute a
      where a.attrelid = rel and a.attnum > 0 and not a.attisdropped and a.attname <> 'secret_versions';
    execute format('grant insert (%1$s), update (%1$s) on %2$s to iasql_user', columns, rel);
  else
    execute format('grant insert, update on %s to iasql_user', rel);
  end if;
end $$;

create or replace function iasql.watch(
  rel regclass, masked text[] default '{}', volatile text[] default '{}', computed text[] default '{}',
  platform boolean default false
) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  w iasql.watched;
  args text;
  event text;
begin
  select array_agg(a.attname::text order by array_position(i.indkey::int2[], a.attnum)) into w.keys
    from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
    where i.indrelid = rel and i.indisprimary;
  perform iasql.check_watchable(rel, w.keys, masked);
  if masked <> '{}' then
    execute format('alter table %s add column if not exists secret_versions jsonb not null default ''{}''', rel);
  end if;
  select coalesce(array_agg(a.attname::text order by a.attnum) filter (where a.attgenerated <> ''), '{}'),
    coalesce(array_agg(a.attname::text order by a.attnum) filter (
      where a.attgenerated = '' and a.attname <> all (watch.volatile || watch.computed || 'secret_versions'::text)), '{}')
    into w.derived, w.settable
    from pg_attribute a where a.attrelid = watch.rel and a.attnum > 0 and not a.attisdropped;
  w.table_name := iasql.table_name(rel);
  args := format('%L, %L, %L, %L, %L, %L', w.table_name, w.keys, w.derived || watch.volatile, masked <> '{}', platform,
    exists (select from iasql.rebuild r where r.table_name = w.table_name));
  foreach event in array array['insert', 'update', 'delete', 'truncate'] loop
    execute format('create or replace trigger iasql_record_%1$s %2$s %1$s on %3$s %4$s for each statement execute function iasql.record(%5$s)',
      event, case event when 'truncate' then 'before' else 'after' end, rel,
      case event when 'insert' then 'referencing new table as n' when 'delete' then 'referencing old table as o'
        when 'update' then 'referencing old table as o new table as n' else '' end, args);
  end loop;
  execute format('create or replace trigger iasql_gate before insert or update or delete or truncate on %s for each statement execute function iasql.pass_gate()', rel);
  execute format('drop trigger if exists iasql_vault on %s', rel);
  if masked <> '{}' then
    execute format('create trigger iasql_vault before insert or update on %s for each row execute function iasql.guard_secrets(%L, %L, %L)',
      rel, w.table_name, w.keys, masked);
  end if;
  execute format('alter table %s %s', rel, (
    select string_agg(format('enable always trigger %I', g.tgname), ', ') from pg_trigger g where g.tgrelid = rel
      and g.tgname in ('iasql_record_insert', 'iasql_record_update', 'iasql_record_delete', 'iasql_record_truncate', 'iasql_gate', 'iasql_vault')));
  perform iasql.grant_rows(rel, masked <> '{}');
  delete from iasql.watched x where x.rel = watch.rel or x.table_name = w.table_name;
  insert into iasql.watched (table_name, rel, keys, masked, volatile, derived, computed, settable, platform)
    values (w.table_name, rel, w.keys, masked, watch.volatile, w.derived, computed, w.settable, platform);
  if not platform then
    perform iasql.keep_past(rel);
  end if;
end $$;

-- before a watched table is dropped; its history stays
create or replace function iasql.unwatch(tab text) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  perform iasql.drop_past(w.rel) from iasql.watched w where w.table_name = tab and not w.platform;
  delete from iasql.list_reference l where tab in (l.table_name, l.target);
  delete from iasql.watched w where w.table_name = tab;
end $$;
