-- Revert: the inverse of what a transaction did in the end, in columns that a user can set.
-- Rows whose key survives are only ever updated: deleting and inserting them would fire users' ON DELETE CASCADE.

-- a statement on rows, run with the power of the writer: users' triggers get no more than that
create or replace function iasql.as_writer(statement text, items jsonb) returns bigint language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  count bigint;
  before constant text := coalesce(current_setting('iasql.stands_still', true), '');
begin
  perform set_config('iasql.stands_still', 'on', true);   -- what triggers of high-level tables would do stands in the log
  execute statement using items;
  get diagnostics count = row_count;
  perform set_config('iasql.stands_still', before, true);
  return count;
end $$;
grant create on schema iasql to iasql_writer;
alter function iasql.as_writer(text, jsonb) owner to iasql_writer;
revoke create on schema iasql from iasql_writer;

create or replace function iasql.some(image jsonb, columns text[]) returns jsonb language sql immutable as $$
  select coalesce(jsonb_object_agg(e.key, e.value), '{}') from jsonb_each(image) e where e.key = any (columns)
$$;

-- whether a column has its value from the cloud: the engine was the last to write it
create or replace function iasql.was_filled_in(tab text, row_key jsonb, col text) returns boolean language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce((select l.origin = 'engine' and not l.restores from public.iasql_audit_log l
    where l.table_name = tab and l.key = row_key and l.change_type in ('INSERT', 'UPDATE') and l.change->'change' ? col
    order by l.id desc limit 1), false)
$$;

-- what undoes the changes of one table. span: rows of iasql.net; later: what to do where somebody changed the same
-- columns afterwards: raise (give the problem), keep (leave theirs), force (overwrite)
create or replace function iasql.inverse(w iasql.watched, span jsonb, later text) returns table (
  action text, key jsonb, image jsonb, problem text
) language plpgsql stable security definer
  set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set intervalstyle = 'iso_8601'
  set bytea_output = 'hex' set extra_float_digits = 1 as $$
declare
  free constant text[] := array(select c from unnest(w.settable) c where c <> all (w.keys));
begin
  return query execute format($q$
    with span as (
      select i.*, case when t.%3$I is not null then iasql.shown(to_jsonb(t.*)) end present, s.agreed
      from jsonb_to_recordset($1) as i (key jsonb, existed boolean, remains boolean, before jsonb, after jsonb)
      cross join lateral jsonb_populate_record(null::%1$s, i.key) k
      left join %1$s t on %2$s
      left join iasql.standing($2, array(
        select r.told->'key' from jsonb_array_elements($1) r (told) where not (r.told->>'remains')::boolean)) s
        on s.key = i.key
    ), told as (
      select i.*, iasql.some(coalesce(i.before, '{}'), $3) wanted,
        case when i.remains then coalesce((select jsonb_object_agg(e.key, e.value) from jsonb_each(iasql.some(coalesce(i.after, '{}'), $3)) e
          where i.present->e.key is distinct from e.value and not (i.existed and i.before ? e.key and i.present->e.key = i.before->e.key)
            and (i.existed or e.value <> 'null' or not iasql.was_filled_in($2, i.key, e.key))), '{}') else '{}' end moved
      from span i
    )
    select case
        when i.existed and i.remains and i.present is not null then 'update'
        when i.existed and i.present is null then 'create'
        when i.existed then 'update'
        when i.present is not null then 'delete' end,
      i.key,
      case
        when not i.existed then null
        when i.present is null and i.remains then i.key || i.wanted
        when i.present is null then i.key || i.wanted || iasql.some(coalesce(i.agreed, '{}'), $4)
        when $5 = 'keep' then i.wanted - array(select jsonb_object_keys(i.moved))
        else i.wanted end,
      case
        when i.existed and i.remains and i.present is null then 'was deleted later'
        when i.existed and not i.remains and i.present is not null
          and exists (select from jsonb_each(i.wanted) e where i.present->e.key is distinct from e.value) then 'was created again later'
        when i.moved <> '{}' then array_to_string(array(select jsonb_object_keys(i.moved)), ', ') || ' changed later' end
    from told i
    where not (i.existed and i.remains and i.present is not null and i.wanted = '{}')$q$,
    w.rel, (select string_agg(format('t.%1$I = k.%1$I', c), ' and ') from unnest(w.keys) c), w.keys[1])
    using span, w.table_name, free, w.computed, later;
end $$;

create or replace function iasql.undo_rows(w iasql.watched, kind text, items jsonb) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  same constant text := (select string_agg(format('t.%1$I = k.%1$I', c), ' and ') from unnest(w.keys) c);
  rows constant text := format('jsonb_array_elements($1) item (told) cross join lateral jsonb_populate_record(null::%s, item.told->''key'') k', w.rel);
  columns text[];
  groups record;
begin
  if kind = 'pass' then
    perform iasql.as_writer(format('update %s t set %s from %s where %s', w.rel, p.values, rows, same), items)
      from (select string_agg(format('%I = %s', p.col, p.value), ', ') from iasql.passing(w) p) p (values) where p.values is not null;
  elsif kind = 'update' then
    columns := array(select distinct c from jsonb_array_elements(items) i, jsonb_object_keys(i->'image') c);
    perform iasql.as_writer(format(
      'update %1$s t set (%2$s) = (select %3$s from jsonb_populate_record(t.*, item.told->''image'' || %4$s) v) from %5$s where %6$s', w.rel,
      (select string_agg(quote_ident(c), ', ') from unnest(columns) c), (select string_agg(format('v.%I', c), ', ') from unnest(columns) c),
      case when w.masked = '{}' then '''{}''' else
        'jsonb_build_object(''secret_versions'', t.secret_versions || coalesce(item.told->''image''->''secret_versions'', ''{}''))' end, rows, same), items);
  elsif kind = 'delete' then
    perform iasql.as_writer(format('delete from %s t using %s where %s', w.rel, rows, same), items);
  elsif kind = 'create' then
    -- only the columns that an image has, so that a column that came later gets its default
    for groups in select array(select jsonb_object_keys(i->'image') order by 1) names, jsonb_agg(i->'image') images
      from jsonb_array_elements(items) i group by 1 loop
      perform iasql.as_writer(format('insert into %1$s (%2$s) overriding system value select %2$s from jsonb_populate_recordset(null::%1$s, $1)',
        w.rel, (select string_agg(quote_ident(c), ', ') from unnest(groups.names) c)), groups.images);
    end loop;
  end if;
end $$;

-- all steps of all tables: first what survives, so that nothing that is deleted takes it along
create or replace function iasql.undo_all(work jsonb[], passing boolean) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  kind text;
  part jsonb;
  items jsonb;
  w iasql.watched;
begin
  foreach kind in array case when passing then array['pass', 'update', 'delete', 'create'] else array['update', 'delete', 'create'] end loop
    foreach part in array work loop
      select * into strict w from iasql.watched x where x.table_name = part->>'table';
      if part ? 'author' then
        perform set_config('iasql.actor', part->>'author', true);
      end if;
      select jsonb_agg(i) into items from jsonb_array_elements(part->'items') i
        where i->>'action' = kind or (kind = 'pass' and i->>'action' in ('update', 'delete'));
      if items is not null then
        perform iasql.undo_rows(w, kind, items);
      end if;
    end loop;
  end loop;
end $$;

-- what to write into one table so that these rows (as in iasql.inverse) are undone; problems: what stands in the way.
-- later = keep: what somebody changed afterwards, and what users' own tables refer to, is left as it is
create or replace function iasql.undo_items(w iasql.watched, span jsonb, later text, out items jsonb, out problems jsonb)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  referred jsonb;
begin
  select jsonb_agg(jsonb_build_object('action', i.action, 'key', i.key, 'image', iasql.with_versions(i.image, w.masked))) filter (
      where i.action is not null and (i.action <> 'update' or i.image <> '{}')
        and (later <> 'keep' or i.problem is null or (i.action = 'update' and i.problem like '%changed later'))),
    jsonb_agg(jsonb_build_object('key', i.key, 'reason', i.problem)) filter (where i.problem is not null and later <> 'force')
    into items, problems from iasql.inverse(w, span, later) i;
  select jsonb_agg(jsonb_build_object('key', d.key, 'reason',
      format('a row of %s refers to it (constraint %s, on delete %s)', d.dependent, d.constraint_name, d.action))) into referred
    from iasql.dependents(w.table_name, array(select i->'key' from jsonb_array_elements(items) i where i->>'action' = 'delete')) d;
  problems := coalesce(problems, '[]') || coalesce(referred, '[]');
  if later = 'keep' then
    items := (select jsonb_agg(i) from jsonb_array_elements(items) i
      where i->>'action' <> 'delete' or not exists (select from jsonb_array_elements(referred) r where r->'key' = i->'key'));
  end if;
end $$;

-- writes all of it; values that circle among the rows pass through others. The gate is closed meanwhile, so that nobody
-- is waited for long
create or replace function iasql.undo_work(work jsonb[]) returns void language plpgsql
  set search_path = pg_catalog, pg_temp set lock_timeout = '10s' as $$
declare
  culprit text; rule text; told text;
begin
  set constraints all deferred;
  update iasql.gate g set leads_back = pg_current_xact_id();   -- lists.sql: members are checked for users' own changes only
  begin
    perform iasql.undo_all(work, false);
  exception when unique_violation or exclusion_violation then
    perform iasql.undo_all(iasql.with_passed(work), true);
  end;
  perform iasql.follow_lists(work);
  update iasql.gate g set leads_back = null;
  -- users' deferred triggers fire here, with the writer's power as those that were not deferred
  perform iasql.as_writer('set constraints all immediate', null);
exception when lock_not_available then
  raise exception 'another session holds a lock on a row that is to be written' using errcode = 'object_in_use',
    hint = 'It ends with that session''s PostgreSQL transaction. Who it is: select pid, usename, state from pg_stat_activity';
when foreign_key_violation then
  get stacked diagnostics culprit = table_name, rule = constraint_name, told = pg_exception_detail;
  raise exception 'rows stand in the way: constraint % of table %', rule, culprit using errcode = 'IA002', detail = told,
    hint = 'Delete or repoint the rows that refer to them first.';
end $$;

create or replace function iasql.rollback_span(tx uuid, later text default 'raise') returns table (
  action text, table_name text, key jsonb, image jsonb
) language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  work jsonb[] := '{}';
  problems text[] := '{}';
  span record;
  w iasql.watched;
  undo record;
begin
  if not exists (select from iasql.gate g where g.state = 'reverting' and tx in (g.user_transaction, g.verb_transaction)) then
    raise exception 'transaction % is not being reverted', tx using errcode = 'object_not_in_prerequisite_state';
  end if;
  for span in select n.table_name, jsonb_agg(jsonb_build_object('key', n.key, 'existed', n.existed, 'remains', n.remains,
      'before', n.before, 'after', n.after) order by n.last_id desc) rows from iasql.net(tx) n group by 1 loop
    select * into w from iasql.watched x where x.table_name = span.table_name;
    if w.rel is null then
      problems := problems || format('%s: the table is not there any more', span.table_name);
      continue;
    end if;
    select * into undo from iasql.undo_items(w, span.rows, later);
    if later <> 'keep' then
      problems := problems || array(select format('%s %s: %s', w.table_name, p->'key', p->>'reason') from jsonb_array_elements(undo.problems) p);
    end if;
    if undo.items is not null then
      work := work || jsonb_build_object('table', w.table_name, 'items', undo.items);
    end if;
  end loop;
  if problems <> '{}' then
    raise exception E'rows stand in the way:\n%', array_to_string(problems[1:20], E'\n') using errcode = 'IA002',
      hint = 'What somebody changed later is overwritten by iasql_rollback(force => true); rows of your own tables must be deleted or repointed first.';
  end if;
  perform iasql.undo_work(work);
  return query select i->>'action', part->>'table', i->'key', coalesce(nullif(i->'image', 'null'), '{}') - 'secret_versions'
    from unnest(work) part, jsonb_array_elements(part->'items') i;
end $$;

-- what iasql_rollback() does, under the gate from beginning to end
create or replace function iasql.roll_back(force boolean) returns table (action text, table_name text, key jsonb, image jsonb)
  language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off as $$
declare
  g iasql.gate;
begin
  perform iasql.refuse_rollback(force);
  perform iasql.take_gate();
  perform iasql.refuse_rollback(force);
  select * into g from iasql.gate;
  perform iasql.switch('reverting', g.user_transaction, g.verb_transaction, g.opened_by);
  perform iasql.mark('START_REVERT', g.user_transaction);
  return query select * from iasql.rollback_span(g.user_transaction, case when force then 'force' else 'raise' end);
  perform iasql.mark('END_REVERT', g.user_transaction);
  perform iasql.mark('CLOSE_TRANSACTION', g.user_transaction);
  perform iasql.switch('clean', iasql.new_id(), g.verb_transaction);
  perform iasql.note_statement();
end $$;

create or replace function iasql.refuse_rollback(force boolean) returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  g iasql.gate;
  committed uuid;
begin
  select * into g from iasql.gate;
  if g.state in ('committing', 'reverting') then
    perform iasql.raise_committing(g);
  elsif g.state <> 'open' then
    select l.transaction_id into committed from public.iasql_audit_log l
      where l.key is null and l.change_type = 'END_COMMIT' order by l.id desc limit 1;
    raise exception 'Cannot execute without calling iasql_begin() first' using errcode = 'no_active_sql_transaction',
      hint = case when committed is null then 'There is nothing to roll back.'
        else format('To undo the last commit: select * from iasql_revert(%L)', committed) end;
  end if;
  if force and not pg_has_role(session_user, 'iasql_operator', 'member') then
    raise exception 'iasql_rollback(force => true) needs the role iasql_operator' using errcode = 'insufficient_privilege';
  end if;
  if g.owner_only and g.opened_by <> session_user and not force then
    raise exception 'the open transaction is %''s, and the setting transaction_scope is owner', g.opened_by
      using errcode = 'insufficient_privilege', hint = 'An operator may take it over: iasql_rollback(force => true)';
  end if;
end $$;
