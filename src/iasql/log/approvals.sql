-- Approvals: who wrote a transaction, who approved which plan of it, and what went without.
-- A writer is a login, and whoever it said it acted for; an approver is a login, whatever it says.

-- this transaction, and those whose changes it took up again
create or replace function iasql.lineage(tx uuid) returns setof uuid language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  with recursive taken (id) as (
    select tx
    union
    select coalesce(l.change->>'unstash', l.change->>'reopen')::uuid from taken t join public.iasql_audit_log l
      on l.transaction_id = t.id and l.key is null and l.change_type = 'OPEN_TRANSACTION' and l.change ?| '{unstash,reopen}'
  )
  select t.id from taken t
$$;

-- what users wrote in a transaction, without what was only put back as it had been put aside
create or replace function iasql.written_in(tx uuid) returns table (id bigint, login text, person text) language sql stable
  security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  select l.id, l."user"::text, l.changed_by::text
  from iasql.bounds(tx) b join public.iasql_audit_log l on l.id > b.low and l.id <= b.high
  where l.transaction_id = tx and l.origin = 'user' and not l.restores and l.change_type in ('INSERT', 'UPDATE', 'DELETE')
    and l.xact not in (select o.xact from public.iasql_audit_log o where o.transaction_id = tx and o.key is null
      and o.change_type = 'OPEN_TRANSACTION' and o.change ? 'unstash')
$$;

-- who wrote what a commit of this transaction would carry out
create or replace function iasql.writers(tx uuid) returns setof text language sql stable
  security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  select distinct p.name from iasql.lineage(tx) t (id) cross join lateral iasql.written_in(t.id) w
    cross join lateral (values (w.login), (w.person)) p (name)
  union
  -- what was changed outside of a transaction waits for the next commit
  select p.name from iasql.pending() o join public.iasql_audit_log l on l.table_name = o.table_name and l.key = o.key
    cross join lateral (values (l."user"::text), (l.changed_by::text)) p (name)
    where iasql.setting('approval') = 'required' and l.origin = 'user' and not l.restores and l.id > coalesce((
      select max(a.id) from public.iasql_audit_log a where a.table_name = l.table_name and a.key = l.key
        and (a.origin = 'engine' or a.change_type in ('AGREED', 'CLOUD_CALL'))), 0)
$$;

-- who approved this very plan: of the transaction as it is written now, or of the change set that it put back unaltered
create or replace function iasql.approvers(tx uuid, digest text) returns setof text language sql stable
  security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  with parent as (
    select (o.change->>'unstash')::uuid id from public.iasql_audit_log o
    where o.transaction_id = tx and o.key is null and o.change_type = 'OPEN_TRANSACTION' and o.change ? 'unstash'
  ), given as (
    select a."user"::text who from public.iasql_audit_log a
    where a.key is null and a.change_type = 'APPROVE' and a.change->>'digest' = approvers.digest and (
      a.transaction_id = tx and a.id > coalesce((select max(w.id) from iasql.written_in(tx) w), 0)
      or a.transaction_id in (select p.id from parent p) and not exists (select from iasql.written_in(tx)))
  )
  select distinct g.who from given g where g.who not in (select iasql.writers(tx))
$$;

-- the digest of the plan that a transaction went by, or was put aside with
create or replace function iasql.digest_of(tx uuid) returns text language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select l.change->>'digest' from public.iasql_audit_log l where l.transaction_id = tx and l.key is null
    and l.change_type in ('START_COMMIT', 'CLOSE_TRANSACTION') and l.change ? 'digest' order by l.id desc limit 1
$$;

create or replace function iasql.refuse_approval(tx uuid, digest text) returns void language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  state constant text := (select t.state from public.iasql_transaction t where t.transaction_id = tx);
  known constant text := iasql.digest_of(tx);
begin
  if not pg_has_role(session_user, 'iasql_approver', 'member') then
    raise exception '% may not approve: it needs the role iasql_approver', session_user using errcode = 'insufficient_privilege';
  elsif state is null or digest is null then
    raise exception 'an approval names a transaction and the digest of its plan' using errcode = 'invalid_parameter_value',
      hint = 'select distinct plan_digest from iasql_preview(); or iasql_stashes(), or iasql_unapproved';
  elsif session_user in (select iasql.writers(tx)) then
    raise exception '% wrote part of it: somebody else must approve it', session_user using errcode = 'insufficient_privilege';
  elsif state <> 'open' and not (state = 'stashed' or exists (select from public.iasql_unapproved u where u.transaction_id = tx)) then
    raise exception 'transaction % is %: there is nothing to approve', tx, replace(state, '_', ' ')
      using errcode = 'object_not_in_prerequisite_state';
  elsif state <> 'open' and known is distinct from digest then
    raise exception 'its plan is %', coalesce(known, 'not known: put back first what was put aside without an engine')
      using errcode = 'IA001';
  end if;
end $$;

-- one login more or less: what is told stands in the log under it
create or replace function iasql.note_approval(tx uuid, digest text) returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  begin
    perform iasql.refuse_approval(tx, digest);
  exception when insufficient_privilege or sqlstate 'IA001' then
    perform iasql.report_refusal('approve', sqlstate, sqlerrm);
    raise;
  end;
  perform iasql.mark('APPROVE', tx, null, jsonb_build_object('digest', digest), session_user);
end $$;

-- what was committed unapproved, until somebody approves it
create or replace view public.iasql_unapproved as
  select t.transaction_id, l.ts as committed_at, l.changed_by as committed_by, t.message, l.change->>'digest' as plan_digest
  from public.iasql_transaction t join public.iasql_audit_log l on l.transaction_id = t.transaction_id and l.key is null
    and l.change_type = 'START_COMMIT' and l.change ? 'unapproved'
  where t.state in ('committed', 'failed') and l.id = (select max(s.id) from public.iasql_audit_log s
      where s.transaction_id = l.transaction_id and s.key is null and s.change_type = 'START_COMMIT')
    and not exists (select from public.iasql_audit_log a where a.transaction_id = l.transaction_id and a.key is null
      and a.change_type = 'APPROVE' and a.id > l.id and a.change->>'digest' = l.change->>'digest');
comment on view public.iasql_unapproved is 'Emergency commits: carried out without an approval, and not approved since.';

-- the engine says what the plan of the open transaction is, so this runs with the rights of the caller
create or replace function public.iasql_approve(transaction_id uuid, plan_digest text) returns table (message text) language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  present text;
begin
  perform iasql.refuse_inside_transaction();
  if (select t.state from public.iasql_transaction t where t.transaction_id = $1) = 'open' then
    select r->>'plan_digest' into present from iasql.ask('digest') r;
    if present is distinct from $2 then
      raise exception 'the plan is % by now', present using errcode = 'IA001', hint = 'Look at iasql_preview() again.';
    end if;
  end if;
  perform iasql.note_approval($1, $2);
  return query select format('approved by %s', session_user);
end $$;
comment on function public.iasql_approve is '{"description": "Approves a plan that others wrote: of the open transaction, of a change set that is put aside, or of an emergency commit afterwards. Any other plan needs another approval.", "sample_usage": "SELECT * FROM iasql_approve(''01890a5d-ac96-774b-bcce-b302099a8057'', ''9f86d081884c7d65'')"}';
