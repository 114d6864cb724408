-- Who may call and read what. Applied last; what is not named here is the engine's alone.

do $$
declare
  f regprocedure;
begin
  for f in
    select p.oid::regprocedure from pg_proc p
    where p.prokind in ('f', 'p', 'a') and (p.pronamespace = 'iasql'::regnamespace
      or (p.pronamespace = 'public'::regnamespace and (p.proname ^@ 'iasql_' or p.proname = 'delete_all_records')))
      and pg_has_role(current_user, p.proowner, 'usage')
  loop
    execute format('revoke execute on function %s from public', f);
  end loop;
end $$;

-- the views call them with the rights of whoever reads them
grant execute on function iasql.bounds, iasql.expiries, iasql.message_of to iasql_user, iasql_operator, iasql_approver, iasql_auditor;

-- the writer
grant select on iasql.watched to iasql_writer;
grant execute on function iasql.write_rows, iasql.leave_room, iasql.shown, iasql.mask, iasql.is_version, iasql.with_versions to iasql_writer;

grant execute on function iasql.follow, iasql.install_added, iasql.uninstall_added to iasql_writer;

-- what modules run as
grant select on iasql.watched, iasql.rebuild to iasql_module;
grant execute on function iasql.followed_columns to iasql_module;
grant execute on function public.iasql_stands_still
  to iasql_writer, iasql_user, iasql_operator, iasql_approver, iasql_auditor;

-- everybody reads what is no secret
grant select on public.iasql_audit_log, public.iasql_transaction, public.iasql_conflict, public.iasql_freshness, public.iasql_unapproved, public.iasql_expiry,
  public.iasql_module, public.iasql_dependencies, public.iasql_tables, public.iasql_setting, public.iasql_mode
  to iasql_user, iasql_operator, iasql_approver, iasql_auditor;
grant execute on function public.iasql_modules_list, public.iasql_modules_installed, public.iasql_get_errors,
  public.iasql_version, public.iasql_help, public.iasql_progress, public.iasql_result, public.iasql_wait_for,
  public.iasql_wait_for_all, iasql.ask, iasql.table_to_watch, iasql.still_waiting, iasql.refuse_interrupted,
  iasql.refuse_inside_transaction, iasql.raise_inside_transaction, iasql.holds_gate
  to iasql_user, iasql_operator, iasql_approver, iasql_auditor;

-- the past
grant execute on function public.iasql_state_at, public.iasql_history, public.iasql_blame, public.iasql_diff,
  public.iasql_get_sql_since, public.iasql_get_sql_for_transaction, public.iasql_bisect, iasql.bisect, iasql.found_at,
  iasql.ends_between, iasql.refuse_no_moment, public.iasql_audit_verify,
  iasql.past_moment to iasql_user, iasql_operator, iasql_approver, iasql_auditor;

-- evidence
grant select on iasql.watched, iasql.granted, iasql.audit_leaf to iasql_auditor;
grant select on iasql.audit_seal, iasql.audit_signature, iasql.audit_self, iasql.audit_away, iasql.audit_part, public.iasql_archive
  to iasql_user, iasql_operator, iasql_approver, iasql_auditor;

-- users
grant execute on function public.iasql_begin, public.iasql_rollback, public.iasql_preview, public.iasql_commit, public.iasql_cancel,
  public.iasql_refresh, public.iasql_sync, public.iasql_restore, public.iasql_revert, public.iasql_reopen,
  public.iasql_create_review, iasql.cell,
  public.delete_all_records, public.iasql_apply, public.iasql_preview_apply,
  public.iasql_preview_sync, iasql.changes_of_open, iasql.left_of_open, iasql.emptied_tables, iasql.raise_replaced to iasql_user;

grant execute on function public.iasql_stash, public.iasql_unstash, public.iasql_discard, public.iasql_keep, iasql.put_aside_alone,
  iasql.refuse_stash to iasql_user;

-- who approves must see what
grant execute on function public.iasql_preview, public.iasql_drift, public.iasql_create_review, iasql.cell, iasql.changes_of_open, iasql.left_of_open,
  public.iasql_stashes to iasql_user, iasql_operator, iasql_approver, iasql_auditor;
grant execute on function public.iasql_approve, iasql.note_approval to iasql_approver;

-- operators
grant select (name, version, description, dependencies, rebuilds, added_by, added_at) on iasql.added_module to iasql_operator;
grant execute on function public.iasql_install, public.iasql_uninstall, public.iasql_confirm_database,
  public.iasql_add_module, public.iasql_remove_module, public.iasql_grant to iasql_operator;

do $$
begin
  if to_regprocedure('iasql.call(text, jsonb)') is not null then
    grant execute on function iasql.call(text, jsonb) to iasql_user, iasql_operator, iasql_approver, iasql_auditor, iasql_engine;
  end if;
end $$;
