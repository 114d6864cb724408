-- The archive: whole sealed partitions leave the database. What the log must go on knowing is carried over: for each
-- key its last image and what both sides agreed on, in a row that has the id of the key's last one.

-- the settled, sealed partitions whose rows are all older than a moment, as one range; null when there are none
create or replace function iasql.archivable(before timestamptz, out low bigint, out high bigint, out why_not text) language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  p iasql.audit_part;
  top constant bigint := least((select s.log_id + 1 from iasql.settled s), (select nullif(g.since, 0) + 1 from iasql.gate g where g.state <> 'clean'));
begin
  for p in select * from iasql.audit_part x where x.high > coalesce((select max(a.high) from iasql.audit_away a), 0) order by x.low loop
    why_not := case
      when exists (select from public.iasql_audit_log l where l.id >= p.low and l.id < p.high and l.ts >= before) then 'the oldest partition has rows that are younger'
      when p.high > top then 'the oldest partition has changes that no commit or tick has dealt with yet'
      when exists (select from public.iasql_audit_log l where l.id >= p.low and l.id < p.high
        and not exists (select from iasql.audit_leaf f where f.log_id = l.id)) then 'the oldest partition is not sealed yet'
      when exists (select from iasql.open_intents(p.low - 1) i where i.id < p.high) then 'the oldest partition has calls whose outcome nobody knows' end;
    exit when why_not is not null;
    low := coalesce(low, p.low); high := p.high;
  end loop;
  why_not := case when high is null then coalesce(why_not, 'the log has only the partition that is written to') end;
end $$;

-- what must stay known of the rows below an id
create or replace function iasql.carried(top bigint) returns setof public.iasql_audit_log language sql stable
  security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  with folded as (
    select l.table_name, l.key, max(l.id) id, iasql.agreement(l.change_type, l.origin, l.restores, l.change, l.changed_by order by l.id) state,
      max(l.id) filter (where l.change_type <> 'CLOUD_CALL' and (l.change_type <> 'AGREED' or l.change ? 'carried')) seen,
      max(l.id) filter (where l.change_type = 'INSERT') made
    from public.iasql_audit_log l
    where l.id < top and l.key is not null and l.change_type in ('INSERT', 'UPDATE', 'DELETE', 'AGREED', 'CLOUD_CALL') group by 1, 2
  )
  select x.id, x.ts, x.xact, x."user", x.changed_by, null::inet, null::varchar, 'engine'::varchar, false, f.table_name,
    'AGREED'::public.iasql_audit_log_change_type_enum, f.key, jsonb_build_object('agreed', f.state->'agreed',
      'original', coalesce(iasql.image_after(i.change - 'carried'), i.change->'original'),
      'carried', jsonb_build_object('state', f.state,
        'image', case when i.change ? 'carried' then i.change->'carried'->'image' else iasql.image_after(i.change) end,
        'found', case when m.id is null then i.change->'carried'->'found' else to_jsonb(m.origin = 'engine' and not m.restores) end)),
    'carried over'::varchar, x.transaction_id
  from folded f join public.iasql_audit_log x on x.id = f.id left join public.iasql_audit_log i on i.id = f.seen
    left join public.iasql_audit_log m on m.id = f.made
$$;

create or replace function iasql.carried_digest(top bigint) returns bytea language sql stable
  security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set jit = off as $$
  select sha256(coalesce(string_agg(iasql.leaf_of(l, ''), '' order by l.id), '')) from public.iasql_audit_log l where l.id < top
$$;

-- takes every partition below an id out of the log
create or replace function iasql.drop_below(top bigint) returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  p iasql.audit_part;
begin
  for p in select * from iasql.audit_part x where x.high <= top loop
    execute format('alter table public.iasql_audit_log detach partition %s', p.rel);
    execute format('drop table %s', p.rel);
    delete from iasql.audit_part x where x.low = p.low;
  end loop;
end $$;

-- a table with rows becomes the partition from an id to below another
create or replace function iasql.add_part(rel regclass, low bigint, high bigint) returns void language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into iasql.audit_part (low, high, rel) values (low, high, rel);
  execute format('alter table public.iasql_audit_log attach partition %s for values %s', rel,
    (select iasql.part_bounds(p) from iasql.audit_part p where p.rel = add_part.rel));
  execute format('comment on table %s is %L', rel, 'A partition of the log.');
  perform iasql.guard_partition(rel);
end $$;

create or replace function iasql.new_part(name text) returns regclass language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  execute format('create table iasql.%I (like public.iasql_audit_log including defaults including comments)', name);
  return format('iasql.%I', name)::regclass;
end $$;

-- the range [low, high) is in an archive from now on; the id of the record. The caller has written and read it there
create or replace function iasql.archive(low bigint, high bigint, place text, files jsonb) returns bigint language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  away iasql.audit_away;
  rel regclass;
begin
  if not iasql.try_log() then
    raise exception 'the log is in use' using errcode = 'object_in_use', hint = 'Try again when less is going on.';
  end if;
  select archive.low, archive.high, min(f.seal), max(f.seal), count(*), max(l.ts), archive.place, 0 into away
    from public.iasql_audit_log l join iasql.audit_leaf f on f.log_id = l.id where l.id >= archive.low and l.id < archive.high;
  rel := iasql.new_part('audit_log_carried_' || high);
  execute format('insert into %s select * from iasql.carried($1)', rel) using high;
  perform iasql.drop_below(high);
  perform iasql.add_part(rel, 1, high);
  perform set_config('iasql.rewrites', pg_current_xact_id()::text, true);
  delete from iasql.audit_leaf f where f.seal between away.first_seal and away.last_seal;
  perform set_config('iasql.rewrites', '', true);
  away.record := iasql.mark('ARCHIVE', null, format('rows %s to %s are in %s', low, high - 1, place), jsonb_build_object(
    'low', low, 'high', high, 'rows', away.rows, 'until', away.until, 'place', place, 'files', files,
    'seals', jsonb_build_array(away.first_seal, away.last_seal), 'carried', encode(iasql.carried_digest(high), 'hex')));
  insert into iasql.audit_away select away.*;
  return away.record;
end $$;

-- an archive's rows are in the log again: `rel` has its rows, `earlier` what had been carried over from before them.
-- Only the last archive can come back; the caller has filled the leaves in
create or replace function iasql.attach(low bigint, rel regclass, earlier regclass) returns bigint language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  away iasql.audit_away;
begin
  select * into away from iasql.audit_away a order by a.low desc limit 1;
  if away.low is distinct from attach.low then
    raise exception 'rows from % on come first: they are in %', away.low, away.place using errcode = 'object_not_in_prerequisite_state';
  end if;
  if not iasql.try_log() then
    raise exception 'the log is in use' using errcode = 'object_in_use', hint = 'Try again when less is going on.';
  end if;
  perform iasql.drop_below(away.high);
  delete from iasql.audit_away a where a.low = away.low;
  if exists (select from iasql.audit_away) then
    perform iasql.add_part(earlier, 1, away.low);
    perform iasql.add_part(rel, away.low, away.high);
  else
    execute format('drop table %s', earlier);
    perform iasql.add_part(rel, 1, away.high);
  end if;
  return iasql.mark('SETTING', null, format('rows %s to %s are in the log again', away.low, away.high - 1),
    jsonb_build_object('attached', jsonb_build_object('low', away.low, 'high', away.high, 'place', away.place)));
end $$;

-- for whoever asks of a time that is in an archive
create or replace function iasql.refuse_archived(at timestamptz) returns void language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  a iasql.audit_away;
begin
  select * into a from iasql.audit_away x order by x.low desc limit 1;
  if at < a.until then
    raise exception 'the log begins at %: what was at % is in the archive', a.until, at using errcode = 'IA010',
      detail = format('Rows %s to %s are in %s.', a.low, a.high - 1, a.place), hint = 'iasql audit attach brings them back.';
  end if;
end $$;

-- where to look for a transaction
create or replace function iasql.transactions_hint() returns text language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select 'select * from iasql_transaction' || case when exists (select from iasql.audit_away)
    then '; older ones are in an archive: select * from iasql_archive' else '' end
$$;

-- for whoever would work with a transaction of which the log has only the end
create or replace function iasql.refuse_cut(tx uuid) returns void language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  a iasql.audit_away;
begin
  select * into a from iasql.audit_away x order by x.low desc limit 1;
  if (select b.low + 1 from iasql.bounds(tx) b) < a.high then
    raise exception 'transaction % is in an archive, or begins there', tx using errcode = 'IA010',
      detail = format('Rows %s to %s are in %s.', a.low, a.high - 1, a.place), hint = 'iasql audit attach brings them back.';
  end if;
end $$;

create or replace view public.iasql_archive as
  select a.low, a.high - 1 as high, a.rows, a.until, a.place, l.ts as archived_at, l.changed_by as archived_by
  from iasql.audit_away a left join public.iasql_audit_log l on l.id = a.record;
comment on view public.iasql_archive is 'The parts of the log that are in an archive, and where.';
