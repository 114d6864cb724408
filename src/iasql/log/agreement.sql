-- Agreement: what both sides last had in common, column by column, read from the log.

-- the fold over one row's history, oldest first. agreed: column -> value; written: column -> what it was before
-- users wrote it ({from, by}, no from for a new row), only where the value did change in the end
create or replace function iasql.fold_agreement(
  state jsonb, kind public.iasql_audit_log_change_type_enum, origin text, restores boolean, change jsonb, person text
) returns jsonb language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  agreed jsonb := nullif(state->'agreed', 'null');
  written jsonb := coalesce(state->'written', '{}');
  told jsonb;
  c record;
begin
  if kind = 'AGREED' and change ? 'carried' then
    return change->'carried'->'state';   -- of rows that are in an archive
  elsif kind = 'AGREED' and change ? 'again' then
    return change->'again';   -- what was done since is undone
  elsif kind in ('CLOUD_CALL', 'AGREED') or (origin = 'engine' and not restores and kind in ('INSERT', 'UPDATE')) then
    if change ? 'ended' and agreed @> (change->'ended') then
      agreed := null;
      state := state - '{aside,gone}'::text[];
    end if;
    told := case when kind in ('CLOUD_CALL', 'AGREED') then change->'agreed' else change->'change' end;
    if kind = 'INSERT' then
      state := state - '{aside,gone,deleted_by}'::text[];
    end if;
    if told is null or told = 'null' then
      return state || jsonb_build_object('agreed', agreed);
    end if;
    state := state || jsonb_build_object('agreed', coalesce(agreed, '{}') || told);
    if written <> '{}' then
      state := state || jsonb_build_object('written', written - array(select jsonb_object_keys(told)));
    end if;
    if state ? 'aside' then
      state := state || jsonb_build_object('aside', (state->'aside') - array(select jsonb_object_keys(told)));
    end if;
    return state;
  elsif origin = 'engine' and not restores then
    return '{}';
  elsif kind = 'DELETE' and restores and state ? 'fresh' then
    return '{}';   -- an insert undone: nobody deleted what it turned out to stand for
  elsif kind = 'DELETE' then
    return state || jsonb_build_object('written', '{}'::jsonb, 'aside', written, 'gone', change->'original', 'deleted_by', person);
  elsif kind = 'INSERT' then   -- with the key of one that was deleted: that row changed
    select coalesce(jsonb_object_agg(n.key, n.entry), '{}') into written from (
      select e.key, e.value, coalesce(state->'aside'->e.key, case when state->'gone' ? e.key
        then jsonb_build_object('from', state->'gone'->e.key, 'by', person) else jsonb_build_object('by', person) end) entry
      from jsonb_each(change->'change') e) n
      where n.entry->'from' is distinct from n.value;
    state := state - '{aside,gone,deleted_by,fresh}'::text[] || jsonb_build_object('written', written);
    return case when agreed is null and not restores then state || '{"fresh": true}' else state end;
  end if;
  for c in select * from jsonb_each(change->'change') loop
    if written ? c.key and written->c.key->'from' = c.value then
      written := written - c.key;
    elsif written ? c.key then
      written := jsonb_set(written, array[c.key, 'by'], to_jsonb(person));
    else
      written := written || jsonb_build_object(c.key,
        jsonb_build_object('from', change->'original'->c.key, 'by', person));
    end if;
  end loop;
  return state || jsonb_build_object('written', written);
end $$;

create or replace aggregate iasql.agreement(
  public.iasql_audit_log_change_type_enum, text, boolean, jsonb, text
) (sfunc = iasql.fold_agreement, stype = jsonb, initcond = '{}');

-- the fold of one row's history up to an id of the log, from where it was kept last
create or replace function iasql.agreement_of(tab text, row_key jsonb, upto bigint) returns table (state jsonb) language sql stable as $$
  select iasql.agreement(h.change_type, h.origin, h.restores, h.change, h.changed_by order by h.id) from (
    select k.up_to id, 'AGREED'::public.iasql_audit_log_change_type_enum change_type, 'engine' origin, false restores,
      jsonb_build_object('carried', jsonb_build_object('state', k.state)) change, null changed_by
    from iasql.fold k where k.table_name = tab and k.key = row_key
    union all
    select l.id, l.change_type, l.origin, l.restores, l.change, l.changed_by from public.iasql_audit_log l
    where l.table_name = tab and l.key = row_key and l.change_type in ('INSERT', 'UPDATE', 'DELETE', 'AGREED', 'CLOUD_CALL')
      and l.id > coalesce((select k.up_to from iasql.fold k where k.table_name = tab and k.key = row_key), 0) and l.id <= upto) h
$$;

-- what these rows (table_name, key) had agreed on before a verb made its first call counts again: its calls are undone.
-- What users wrote meanwhile stays written
create or replace function iasql.agree_as_before(transaction uuid, rows jsonb) returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  since bigint;   -- where its plan was frozen
begin
  select max(l.id) into strict since from public.iasql_audit_log l where l.transaction_id = transaction and l.key is null
    and l.change_type = 'CLOUD_CALL' and l.change->'intent' ? 'plan' and l.change->'intent'->>'verb' <> 'bring back';
  perform iasql.log_rows('AGREED', jsonb_agg(jsonb_build_object('table_name', r.table_name, 'key', r.key, 'transaction_id', transaction,
      'message', 'as before', 'change', jsonb_build_object('agreed', b.state->'agreed', 'again', b.state
        || jsonb_build_object('written', coalesce(b.state->'written', '{}') || coalesce(n.state->'written', '{}'))))))
    from jsonb_to_recordset(rows) r (table_name text, key jsonb)
    cross join lateral iasql.agreement_of(r.table_name, r.key, since) b
    cross join lateral iasql.agreement_of(r.table_name, r.key, 9223372036854775807) n
    having count(*) > 0;
end $$;

-- one row a key: agreed is null when there is no agreement; written: what users changed since; keys null means all
create or replace function iasql.standing(tab text, keys jsonb[] default null) returns table (
  key jsonb, agreed jsonb, written text[], changed_by text[]
) language sql stable security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  with asked as (
    select distinct k.key from unnest(keys) k (key)
    union all
    select distinct l.key from public.iasql_audit_log l where keys is null and l.table_name = tab and l.key is not null
  )
  select a.key, nullif(f.state->'agreed', 'null'), array(select jsonb_object_keys(f.state->'written')),
    array(select distinct b from (
      select w.value->>'by' b from jsonb_each(f.state->'written') w union all select f.state->>'deleted_by') x
      where b is not null)
  from asked a cross join lateral iasql.agreement_of(tab, a.key, 9223372036854775807) f
$$;

-- the rows that may be pending: users wrote them since the last tick that dealt with everything, or they are held
create or replace function iasql.pending_candidates() returns table (table_name text, key jsonb) language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select distinct l.table_name::text, l.key from public.iasql_audit_log l
  where l.id > (select s.log_id from iasql.settled s) and l.origin = 'user' and l.change_type in ('INSERT', 'UPDATE', 'DELETE')
    and exists (select from iasql.watched w where w.table_name = l.table_name and not w.platform)
  union
  select h.table_name, h.key from iasql.held h   -- not what could not come in, which goes by its cloud id
  where exists (select from public.iasql_audit_log l where l.table_name = h.table_name and l.key = h.key
    and l.change_type in ('INSERT', 'UPDATE', 'DELETE'))
$$;

-- the tick has dealt with everything up to this id, or holds it
create or replace function iasql.settle(top bigint) returns void language sql
  security definer set search_path = pg_catalog, pg_temp as $$
  update iasql.settled set log_id = greatest(log_id, top)
$$;

-- the watermark that the next tick starts from
create or replace function iasql.settled_up_to() returns bigint language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select s.log_id from iasql.settled s
$$;

-- of these keys, those that have no row now
create or replace function iasql.missing(tab text, keys jsonb[]) returns setof jsonb language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  w iasql.watched;
begin
  select * into strict w from iasql.watched x where x.table_name = tab;
  return query execute format('select k.key from unnest($1) k (key) cross join lateral jsonb_populate_record(null::%1$s, k.key) r
    where not exists (select from %1$s t where %2$s)', w.rel,
    (select string_agg(format('t.%1$I = r.%1$I', c), ' and ') from unnest(w.keys) c)) using keys;
end $$;

-- rows that users deleted while both sides agreed, and that the cloud still has as far as the log knows
create or replace function iasql.lost_keys(tab text, since bigint default 0) returns setof jsonb language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select s.key from iasql.standing(tab, array(
    select iasql.missing(tab, array(
      select distinct l.key from public.iasql_audit_log l
      where l.table_name = tab and l.id > since and l.change_type = 'DELETE')))) s
  where s.agreed is not null
$$;

-- of these keys, those of deleted rows that others have taken the place of, each with the key of the last of these
create or replace function iasql.heirs(tab text, keys jsonb[]) returns table (key jsonb, heir jsonb) language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  with recursive chain (key, heir, n) as (
    select m.key, m.key, 0 from iasql.missing(tab, keys) m (key)
    union all
    select c.key, x.heir, c.n + 1 from chain c cross join lateral (
      select l.change->'heir' heir from public.iasql_audit_log l
      where l.table_name = tab and l.key = c.heir and l.change_type = 'AGREED' and l.change ? 'heir' order by l.id desc limit 1) x
    where c.n < 1000
  )
  select distinct on (c.key) c.key, c.heir from chain c where c.n > 0 order by c.key, c.n desc
$$;

-- no new row gets a number that the log knows
create or replace function iasql.raise_sequence(tab text) returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  w iasql.watched;
  sequence text;
  top bigint;
begin
  select * into strict w from iasql.watched x where x.table_name = tab;
  if cardinality(w.keys) <> 1 then
    return;
  end if;
  sequence := pg_get_serial_sequence(w.rel::text, w.keys[1]);
  if sequence is null then
    return;
  end if;
  select max((l.key->>w.keys[1])::bigint) into top from public.iasql_audit_log l where l.table_name = tab and l.key is not null;
  if top is not null then
    perform setval(sequence, greatest(top, (select last_value from pg_sequences s
      where format('%I.%I', s.schemaname, s.sequencename) = sequence), 1));
  end if;
end $$;

-- the rows with these keys as images; image is null where there is none
create or replace function iasql.images(tab text, keys jsonb[]) returns table (key jsonb, image jsonb) language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set intervalstyle = 'iso_8601'
  set bytea_output = 'hex' set extra_float_digits = 1 as $$
declare
  w iasql.watched;
begin
  select * into strict w from iasql.watched x where x.table_name = tab;
  return query execute format('select k.key, case when t.%3$I is not null then iasql.shown(to_jsonb(t.*)) end
    from unnest($1) k (key) cross join lateral jsonb_populate_record(null::%1$s, k.key) r left join %1$s t on %2$s',
    w.rel, (select string_agg(format('t.%1$I = r.%1$I', c), ' and ') from unnest(w.keys) c), w.keys[1]) using keys;
end $$;

-- the candidates that do differ from what was agreed
create or replace function iasql.pending() returns table (table_name text, key jsonb) language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  part record;
begin
  for part in select c.table_name, array_agg(c.key) keys, w.settable from iasql.pending_candidates() c
      join iasql.watched w on w.table_name = c.table_name group by 1, 3 loop
    return query select part.table_name, s.key
      from iasql.standing(part.table_name, part.keys) s join iasql.images(part.table_name, part.keys) i on i.key = s.key
      where case when s.agreed is null then i.image is not null and s.written <> '{}'
        when i.image is null then true
        else exists (select from jsonb_each(s.agreed) a where a.key = any (part.settable) and i.image->a.key is distinct from a.value) end;
  end loop;
end $$;
