-- Redaction: one value leaves a row of the log for good, with record and reason. The row's digest and its place in the
-- chain stay; the salt goes with the value, so that nobody can try values against the digest.

create or replace function iasql.blotted() returns jsonb language sql immutable as $$ select '"[redacted from the log]"'::jsonb $$;

-- the row without the value at a path: message, or change and the members that lead to it
create or replace function iasql.without_value(l public.iasql_audit_log, path text[]) returns public.iasql_audit_log
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if path = '{message}' then
    l.message := iasql.blotted() #>> '{}';
  else
    l.change := jsonb_set(l.change, path[2:], iasql.blotted(), false);
  end if;
  return l;
end $$;

create or replace function iasql.value_at(l public.iasql_audit_log, path text[]) returns jsonb language sql immutable
  set search_path = pg_catalog, pg_temp as $$
  select case when path = '{message}' then to_jsonb(l.message) when path[1] = 'change' and cardinality(path) > 1 then l.change #> path[2:] end
$$;

-- whether a value stands anywhere in an image
create or replace function iasql.holds(image jsonb, value jsonb) returns boolean language sql immutable
  set search_path = pg_catalog, pg_temp as $$
  select case when jsonb_typeof(value) in ('object', 'array') then strpos(image::text, value::text) > 0
    else jsonb_path_exists(image, '$.** ? (@ == $v)', jsonb_build_object('v', value)) end
$$;

-- refuses what would break the work that goes on: a value that the row still has, or that both sides agreed on last
create or replace function iasql.check_redaction(l public.iasql_audit_log, path text[]) returns void language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  held constant jsonb := iasql.value_at(l, path);
begin
  if held is null or held in ('null', iasql.blotted()) then
    raise exception 'row % of the log has no value at %', l.id, array_to_string(path, '.') using errcode = 'invalid_parameter_value',
      hint = 'A path is message, or change and the members that lead to the value: change.original.tags.owner';
  end if;
  if not exists (select from iasql.audit_leaf f where f.log_id = l.id) then
    raise exception 'row % of the log is not sealed, or is in an archive', l.id using errcode = 'object_not_in_prerequisite_state';
  end if;
  if exists (select from jsonb_each(l.key) k where k.value = held) then
    raise exception 'the value is part of the key of % %', l.table_name, l.key using errcode = 'feature_not_supported',
      detail = 'Without it the log could not say which row it speaks of.';
  end if;
  if exists (select from iasql.watched w where w.table_name = l.table_name) and exists (
    select from iasql.images(l.table_name, array[l.key]) i, iasql.standing(l.table_name, array[l.key]) s
    where iasql.holds(i.image, held) or iasql.holds(s.agreed, held)
  ) then
    raise exception '% % still has the value, or the cloud has it as far as the log knows', l.table_name, l.key
      using errcode = 'object_not_in_prerequisite_state', hint = 'Change it there and commit first.';
  end if;
end $$;

-- the row's digests before and after a redaction, for whoever signs it
create or replace function iasql.redaction(number bigint, path text[], salt bytea, out leaf bytea, out digest bytea) language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' as $$
declare
  l public.iasql_audit_log;
begin
  select * into l from public.iasql_audit_log x where x.id = number;
  if l.id is null then
    raise exception 'there is no row % in the log', number using errcode = 'no_data_found';
  end if;
  perform iasql.check_redaction(l, path);
  select f.digest into leaf from iasql.audit_leaf f where f.log_id = number;
  digest := iasql.leaf_of(iasql.without_value(l, path), salt);
end $$;

-- removes the value and writes the record, whose id it gives; `proof`: the key's id and signature, or null
create or replace function iasql.redact(number bigint, path text[], salt bytea, reason text, proof jsonb default null) returns bigint
  language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' as $$
declare
  l public.iasql_audit_log;
  found record;
begin
  if coalesce(btrim(reason), '') = '' then
    raise exception 'a redaction needs a reason: it is what stays on record' using errcode = 'invalid_parameter_value';
  end if;
  select * into found from iasql.redaction(number, path, salt);
  select (iasql.without_value(x, path)).* into l from public.iasql_audit_log x where x.id = number;
  perform set_config('iasql.rewrites', pg_current_xact_id()::text, true);
  update public.iasql_audit_log x set message = l.message, change = l.change where x.id = number;
  update iasql.audit_leaf f set salt = redact.salt, redacted = found.digest where f.log_id = number;
  perform set_config('iasql.rewrites', '', true);
  delete from iasql.fold f where f.table_name = l.table_name and f.key = l.key;   -- nothing keeps the value
  perform iasql.note_aliases_again(l.table_name, l.key);
  return iasql.mark('REDACT', null, reason, jsonb_build_object('row', number, 'path', to_jsonb(path),
    'leaf', encode(found.leaf, 'hex'), 'digest', encode(found.digest, 'hex')) || coalesce(proof, '{}'));
end $$;

-- where else in the log a value stands: rows and paths, the row itself included
create or replace function iasql.traces_of(value jsonb) returns table (id bigint, path text[]) language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  with recursive near as (
    select l.id, l.change, l.message from public.iasql_audit_log l where strpos(l.change::text, value::text) > 0 or to_jsonb(l.message) = value
  ), parts (id, path, part) as (
    select n.id, array['change'], n.change from near n
    union all
    select p.id, p.path || e.key, e.value from parts p cross join lateral (
      select o.key, o.value from jsonb_each(case when jsonb_typeof(p.part) = 'object' then p.part end) o
      union all
      select (a.n - 1)::text, a.value from jsonb_array_elements(case when jsonb_typeof(p.part) = 'array' then p.part end) with ordinality a (value, n)
    ) e where strpos(p.part::text, value::text) > 0
  )
  select p.id, p.path from parts p where p.part = value
  union all
  select n.id, array['message'] from near n where to_jsonb(n.message) = value
  order by 1, 2
$$;

-- the columns of an image that held what was redacted
create or replace function iasql.blotted_columns(image jsonb) returns text[] language sql immutable
  set search_path = pg_catalog, pg_temp as $$
  select array(select e.key from jsonb_each(case when strpos(image::text, iasql.blotted()::text) > 0 then image end) e
    where strpos(e.value::text, iasql.blotted()::text) > 0 order by 1)
$$;

-- a way back without what nobody knows any more: such columns stay as they are
create or replace function iasql.without_blots(way jsonb) returns jsonb language sql immutable
  set search_path = pg_catalog, pg_temp as $$
  select coalesce(jsonb_agg(w.row order by w.n), '[]') from (
    select r || jsonb_build_object('before', case when jsonb_typeof(r->'before') = 'object' then (r->'before') - iasql.blotted_columns(r->'before') else r->'before' end) as row, n
    from jsonb_array_elements(way) with ordinality e (r, n)) w
  where not ((w.row->>'existed')::boolean and (w.row->>'remains')::boolean and w.row->'before' = '{}')
$$;

create or replace function iasql.blots_of(way jsonb) returns jsonb language sql immutable
  set search_path = pg_catalog, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('table', r->>'table_name', 'key', r->'key', 'kind', 'keep',
    'reason', 'what it held was redacted: ' || array_to_string(iasql.blotted_columns(r->'before'), ', '))), '[]')
  from jsonb_array_elements(way) r where iasql.blotted_columns(r->'before') <> '{}'
$$;
