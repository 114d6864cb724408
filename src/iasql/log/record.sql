-- What happened to the rows of a watched table, as rows of the log: one generic trigger function, static SQL.
-- watch.sql makes the triggers; plpgsql compiles the function once for each of them.

-- refuses a user's change that the settings or the modes do not allow
create or replace function iasql.refuse_disallowed(g iasql.gate, op text, tab text, above bigint) returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  tracked record;
begin
  if g.state <> 'open' and g.outside = 'refuse' then
    raise exception '% is not changed outside of a transaction here', tab using errcode = 'insufficient_privilege',
      hint = case when iasql.setting('commit_message') = 'required' then 'Call iasql_begin() first; the setting commit_message is required.'
        when iasql.setting('approval') = 'required' then 'Call iasql_begin() first; the setting approval is required.'
        else 'Call iasql_begin() first; the setting outside_transaction is refuse.' end;
  end if;
  if g.state <> 'open' and op = 'TRUNCATE' and not g.bulk then
    raise exception '% is not truncated outside of a transaction', tab using errcode = 'insufficient_privilege',
      hint = 'Call iasql_begin() first, or set truncate_outside_transaction to allow.';
  end if;
  if g.state = 'open' and g.owner_only and g.opened_by <> session_user then
    raise exception 'the open transaction is %''s, and the setting transaction_scope is owner', g.opened_by
      using errcode = 'insufficient_privilege';
  end if;
  if g.tracks then
    select l.key, c.name into tracked from public.iasql_audit_log l
      cross join lateral jsonb_object_keys(coalesce(l.change->'change', l.change->'original')) c (name)
      where l.id > above and l.xact = pg_current_xact_id() and l.table_name = tab
        and l.change_type in ('INSERT', 'UPDATE', 'DELETE') and iasql.mode_of(tab, l.key, c.name) = 'TRACK' limit 1;
    if found then
      raise exception '% % only follows the cloud%', tab, tracked.key,
        case op when 'UPDATE' then ': ' || tracked.name when 'INSERT' then ': it is not inserted here' else ': it is not deleted here' end
        using errcode = 'insufficient_privilege', hint = 'Its mode in iasql_mode is TRACK. Change it in AWS, or let an operator change the mode.';
    end if;
  end if;
end $$;

create or replace function iasql.record() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set intervalstyle = 'iso_8601'
  set bytea_output = 'hex' set extra_float_digits = 1 set jit = off as $$
declare
  tab constant text := tg_argv[0];
  keys constant text[] := tg_argv[1];
  dropped constant text[] := tg_argv[2];
  masked constant boolean := tg_argv[3];
  platform constant boolean := tg_argv[4];
  k1 constant text := keys[1];
  single constant boolean := cardinality(keys) = 1;
  high constant boolean := tg_argv[5];
  -- a high-level table is written by a trigger: see rebuild.sql
  who text := case when session_user in ('iasql_writer', 'iasql_engine')
    and (pg_trigger_depth() = 1 or (high and pg_trigger_depth() = 2)) then 'engine' else 'user' end;
  person constant text := coalesce(nullif(current_setting('iasql.actor', true), ''), session_user);
  addr constant inet := inet_client_addr();
  app constant text := current_setting('application_name');
  g iasql.gate;
  tx uuid;
  restoring boolean;
  above bigint := 0;
begin
  select * into g from iasql.gate;
  if g.replays then
    who := 'user';
  end if;
  tx := case when who = 'engine' then coalesce(g.verb_transaction, g.user_transaction) else g.user_transaction end;
  restoring := g.state = 'reverting' and (who = 'engine' or g.xact = pg_current_xact_id());
  if g.tracks and who = 'user' then
    above := (select coalesce(max(l.id), 0) from public.iasql_audit_log l);
  end if;
  if tg_op = 'INSERT' then
    insert into public.iasql_audit_log (changed_by, client_addr, application_name, origin, restores, table_name, change_type, key, change, transaction_id)
    select person, addr, app, who, restoring, tab, 'INSERT',
      case when single then jsonb_build_object(k1, n.i->k1) else iasql.pick(n.i, keys) end, jsonb_build_object('change', n.i), tx
    from (select case when masked then iasql.shown(r.r) - dropped else r.r - dropped end i from (select to_jsonb(n.*) r from n offset 0) r offset 0) n;
  elsif tg_op = 'DELETE' then
    insert into public.iasql_audit_log (changed_by, client_addr, application_name, origin, restores, table_name, change_type, key, change, transaction_id)
    select person, addr, app, who, restoring, tab, 'DELETE',
      case when single then jsonb_build_object(k1, o.i->k1) else iasql.pick(o.i, keys) end, jsonb_build_object('original', o.i), tx
    from (select case when masked then iasql.shown(r.r) - dropped else r.r - dropped end i from (select to_jsonb(o.*) r from o offset 0) r offset 0) o;
  elsif tg_op = 'UPDATE' then
    -- the table as a map key -> row: a moved key is a DELETE and an INSERT, whatever the pairing of the rows was
    insert into public.iasql_audit_log (changed_by, client_addr, application_name, origin, restores, table_name, change_type, key, change, transaction_id)
    select person, addr, app, who, restoring, tab,
      case when n.i is null then 'DELETE' when o.i is null then 'INSERT' else 'UPDATE' end::public.iasql_audit_log_change_type_enum,
      coalesce(o.k, n.k),
      case when n.i is null then jsonb_build_object('original', o.i) when o.i is null then jsonb_build_object('change', n.i)
        else jsonb_build_object('original', o.i, 'change',
          (select jsonb_object_agg(e.key, e.value) from jsonb_each(n.i) e where o.i->e.key is distinct from e.value)) end, tx
    from (select i, case when single then jsonb_build_object(k1, i->k1) else iasql.pick(i, keys) end k
      from (select case when masked then iasql.shown(r.r) - dropped else r.r - dropped end i from (select to_jsonb(o.*) r from o offset 0) r offset 0) o offset 0) o
    full join (select i, case when single then jsonb_build_object(k1, i->k1) else iasql.pick(i, keys) end k
      from (select case when masked then iasql.shown(r.r) - dropped else r.r - dropped end i from (select to_jsonb(n.*) r from n offset 0) r offset 0) n offset 0) n
      on o.k = n.k
    where o.i is distinct from n.i;
  else
    execute format('insert into public.iasql_audit_log (changed_by, client_addr, application_name, origin, restores, table_name, change_type, key, change, transaction_id)
      select $1, $2, $3, $4, $5, $6, ''DELETE'', iasql.pick(i, $7), jsonb_build_object(''original'', i), $8
      from (select iasql.shown(r) - $9 i from (select to_jsonb(t.*) r from %s t offset 0) r offset 0) t', tg_relid::regclass)
      using person, addr, app, who, restoring, tab, keys, tx, dropped;
  end if;
  if masked and tg_op = 'INSERT' then
    perform iasql.refuse_lost_secret(tab);
  end if;
  if who = 'user' and not restoring and not platform and (g.state <> 'open' or g.owner_only or g.tracks) then
    perform iasql.refuse_disallowed(g, tg_op, tab, above);
  end if;
  return null;
end $$;
