-- The log itself: its grammar, the legal succession of markers, and that nothing in it ever changes.

-- one small call: a CHECK of this size written out is parsed and simplified anew for every statement
create or replace function iasql.grammatical(
  kind public.iasql_audit_log_change_type_enum, table_name text, key jsonb, change jsonb, message text, origin text
) returns boolean language plpgsql immutable as $$
begin
  if origin not in ('user', 'engine') then
    return false;
  end if;
  return case kind
    when 'INSERT' then table_name is not null and key is not null and change ? 'change' and not change ? 'original'
    when 'UPDATE' then table_name is not null and key is not null and change ?& '{original,change}'
    when 'DELETE' then table_name is not null and key is not null and change ? 'original' and not change ? 'change'
    when 'AGREED' then table_name is not null and key is not null and change ? 'agreed'
    when 'CLOUD_CALL' then change ?| '{intent,outcome}'
    when 'CONFLICT' then table_name is not null
    when 'ERROR' then key is null and message is not null
    when 'SET_COMMIT_MESSAGE' then key is null and message is not null
    when 'PREVIEW_START_COMMIT' then false
    when 'PREVIEW_END_COMMIT' then false
    else table_name is null and key is null
  end is true;
end $$;

-- iasql.rewrites names the PostgreSQL transaction of a redaction, or of an archive, whose record stands in the log
create or replace function iasql.refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op <> 'TRUNCATE' and current_setting('iasql.rewrites', true) = pg_current_xact_id_if_assigned()::text then
    return null;
  end if;
  raise exception '% is append-only: % refused', tg_table_name, lower(tg_op) using errcode = 'insufficient_privilege';
end $$;

-- the functions that write the log say so; whoever owns the table and types an insert does not
create or replace function iasql.refuse_stray() returns trigger language plpgsql as $$
begin
  if pg_trigger_depth() = 1 and current_setting('iasql.writes', true) is distinct from tg_table_name then
    raise exception '% is written by IaSQL only: % refused', tg_table_name, lower(tg_op)
      using errcode = 'insufficient_privilege';
  end if;
  return null;
end $$;

-- statement triggers fire for the table that is addressed: the log and each of its partitions has its own
create or replace function iasql.guard_log(rel regclass) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  execute format('create or replace trigger append_only before update or delete or truncate on %s
    for each statement execute function iasql.refuse_change()', rel);
  execute format('alter table %s enable always trigger append_only', rel);
  execute format('create or replace trigger only_ours before insert on %s
    for each statement execute function iasql.refuse_stray()', rel);
  execute format('alter table %s enable always trigger only_ours', rel);
end $$;

-- a partition keeps its own copy of the rule: one of the log's own would be checked anew whenever one is moved
create or replace function iasql.guard_partition(rel regclass) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  perform iasql.guard_log(rel);
  execute format('alter table %s drop constraint if exists iasql_audit_log_grammar', rel);
  execute format('alter table %s add constraint iasql_audit_log_grammar
    check (iasql.grammatical(change_type, table_name, key, change, message, origin)) not valid', rel);
end $$;

select iasql.guard_log('public.iasql_audit_log');
select iasql.guard_partition(p.rel) from iasql.audit_part p;

create or replace function iasql.check_succession() returns trigger language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  last public.iasql_audit_log_change_type_enum;
begin
  if not exists (select from iasql.succession s where s.next = new.change_type) then
    return new;
  end if;
  select l.change_type into last from public.iasql_audit_log l
    where l.transaction_id = new.transaction_id and l.key is null
      and l.change_type in (select s.next from iasql.succession s)
    order by l.id desc limit 1;
  if not exists (select from iasql.succession s where s.next = new.change_type and s.previous is not distinct from last) then
    raise exception '% cannot follow % in transaction %', new.change_type, coalesce(last::text, 'nothing'), new.transaction_id
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  return new;
end $$;

create or replace trigger succession before insert on public.iasql_audit_log
  for each row when (new.key is null) execute function iasql.check_succession();
alter table public.iasql_audit_log enable always trigger succession;
