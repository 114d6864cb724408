-- A copy of a database must not push old changes into the cloud that the first one works with.

create or replace function iasql.here() returns iasql.home language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select true, c.system_identifier, d.oid, d.datname::text
  from pg_control_system() c, pg_database d where d.datname = current_database()
$$;

-- the first engine that serves a database makes this its home. One that was made as a copy of a template gets an id of
-- its own for what users write: calls are named after it, and what two databases make must not have one name
create or replace function iasql.settle_home() returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into iasql.home select (iasql.here()).* on conflict do nothing;
  if found then
    update iasql.gate g set user_transaction = iasql.new_id() where g.state = 'clean' and iasql.last_id(g.user_transaction) = 0;
  end if;
end $$;

-- of what this database is a copy; null at home
create or replace function iasql.copied_from() returns text language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select format('%s (oid %s of the server %s)', h.database_name, h.database_oid, h.system_identifier)
  from iasql.home h, iasql.here() n
  where (h.system_identifier, h.database_oid, h.database_name) is distinct from (n.system_identifier, n.database_oid, n.database_name)
$$;

create or replace function public.iasql_confirm_database() returns table (message text, copied_from text) language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  before constant text := iasql.copied_from();
begin
  if before is null then
    return query select 'this database is no copy: there is nothing to confirm', null::text;
    return;
  end if;
  update iasql.home h set (system_identifier, database_oid, database_name)
    = (select n.system_identifier, n.database_oid, n.database_name from iasql.here() n);
  perform iasql.mark('SETTING', null, format('confirmed: this database goes on from where %s was', before),
    jsonb_build_object('copied_from', before));
  return query select 'this database pushes changes to the cloud from now on; pending ones go with the next tick', before;
end $$;
comment on function public.iasql_confirm_database is '{"description": "Says that this copy of a database shall change the cloud from now on, in place of the one that it was copied from.", "sample_usage": "SELECT * FROM iasql_confirm_database()"}';
