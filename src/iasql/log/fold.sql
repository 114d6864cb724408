-- Folds that are kept: of a long history only the end is read. A cache of the log, which can be emptied at any time.

-- keeps the folds of rows that were written between two ids, and `most` times since theirs was kept
create or replace function iasql.keep_folds(above bigint, upto bigint, most integer) returns void language sql
  set search_path = pg_catalog, pg_temp set jit = off as $$
  insert into iasql.fold as k (table_name, key, up_to, state)
  select w.table_name, w.key, upto, f.state
  from (select distinct l.table_name, l.key from public.iasql_audit_log l where l.id > above and l.id <= upto and l.key is not null
      and l.table_name is not null and l.change_type in ('INSERT', 'UPDATE', 'DELETE', 'AGREED', 'CLOUD_CALL')) w
  cross join lateral iasql.agreement_of(w.table_name, w.key, upto) f
  where exists (select from public.iasql_audit_log l where l.table_name = w.table_name and l.key = w.key and l.id <= upto
    and l.id > coalesce((select o.up_to from iasql.fold o where o.table_name = w.table_name and o.key = w.key), 0)
    order by l.id offset most - 1 limit 1)
  on conflict (table_name, key) do update set up_to = excluded.up_to, state = excluded.state
$$;

-- brings what is kept of the log on by a part of it; how far it came, or null when there is nothing left to do. By itself
-- it goes no further than where nothing can be missing any more
create or replace function iasql.catch_up(upto bigint default iasql.sealed_below(), most integer default 50) returns bigint language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  above bigint;
  part bigint;
begin
  select c.log_id, least(c.log_id + 20000, upto) into above, part from iasql.caught_up c for update;
  if coalesce(part <= above, true) then
    return null;
  end if;
  perform iasql.keep_folds(above, part, most);
  perform iasql.catch_up_aliases(above, part);
  update iasql.caught_up set log_id = part;
  return part;
end $$;
