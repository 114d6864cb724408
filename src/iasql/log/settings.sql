-- Settings and modes: ordinary rows, logged like any; what each write needs of them is kept in the gate's row.

insert into public.iasql_setting (name, value, allowed, description) values
  ('outside_transaction', 'push', 'push|hold|refuse', 'What becomes of a change made outside of a transaction: pushed at the next tick, kept until a commit, or refused.'),
  ('transaction_scope', 'anyone', 'anyone|owner', 'Who may write into, commit or roll back the open transaction.'),
  ('truncate_outside_transaction', 'refuse', 'refuse|allow', 'Whether TRUNCATE and delete_all_records() work outside of a transaction.'),
  ('mass_delete_rows', '20', '[0-9]+', 'A commit that deletes more rows than this, and more than mass_delete_percent, must be allowed by name.'),
  ('mass_delete_percent', '10', '[0-9]+', 'See mass_delete_rows: the share of a table, in percent.'),
  ('guard_destroys_data', 'off', 'on|off', 'Whether a change that loses data for good (the messages of a queue) must be allowed by name.'),
  ('guard_replaces', 'off', 'on|off', 'Whether a change that makes a resource anew and deletes its predecessor must be allowed by name.'),
  ('commit_message', 'optional', 'optional|required', 'Whether each commit needs a message; if so, nothing is changed outside of a transaction.'),
  ('approval', 'optional', 'optional|required', 'Whether each commit needs iasql_approve() by somebody who wrote none of it; if so, nothing is changed outside of a transaction.')
  on conflict (name) do update set allowed = excluded.allowed, description = excluded.description;

create or replace function iasql.setting(wanted text) returns text language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select s.value from public.iasql_setting s where s.name = wanted
$$;

-- the mode of a column of a row: the most specific line decides
create or replace function iasql.mode_of(tab text, row_key jsonb, column_name text) returns text language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce((select m.mode from public.iasql_mode m
    where (m.table_name is null or m.table_name = tab) and (m.key is null or m.key = row_key)
      and (m.column_name is null or m.column_name = mode_of.column_name)
    order by (m.key is not null) desc, (m.column_name is not null) desc, (m.table_name is not null) desc limit 1), 'NORMAL')
$$;

-- the most similar of these names, by the pairs of letters that they share; null when none is
create or replace function iasql.nearest(word text, among text[]) returns text language sql immutable
  set search_path = pg_catalog, pg_temp as $$
  select a.name from unnest(among) a (name) cross join lateral (
    select 2.0 * count(*) filter (where strpos(a.name, substr(word, n, 2)) > 0) / greatest(length(word) + length(a.name) - 2, 1) alike
    from generate_series(1, length(word) - 1) n) s
  where s.alike >= 0.5 order by s.alike desc, a.name limit 1
$$;

-- a mode for what there is not would hold for nothing
create or replace function iasql.check_mode() returns trigger language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  w iasql.watched;
  columns text[];
begin
  if new.mode not in ('NORMAL', 'TRACK', 'ENFORCE', 'PROTECT') then
    raise exception 'there is no mode %', new.mode using errcode = 'check_violation', hint = 'Allowed: NORMAL, TRACK, ENFORCE, PROTECT.';
  end if;
  if new.table_name is null then
    return new;
  end if;
  select * into w from iasql.watched x where x.table_name = new.table_name and not x.platform;
  if w.rel is null then
    raise exception 'no installed module has a table %', new.table_name using errcode = 'undefined_table', hint = coalesce(
      'Did you mean: ' || iasql.nearest(new.table_name, array(select x.table_name from iasql.watched x where not x.platform)) || '?',
      'select * from iasql_tables');
  end if;
  columns := array(select a.attname::text from pg_attribute a where a.attrelid = w.rel and a.attnum > 0 and not a.attisdropped);
  if new.column_name is not null and new.column_name <> all (columns) then
    raise exception '% has no column %', new.table_name, new.column_name using errcode = 'undefined_column',
      hint = coalesce('Did you mean: ' || iasql.nearest(new.column_name, columns) || '?', format('It has: %s.', array_to_string(columns, ', ')));
  elsif new.key is not null and (jsonb_typeof(new.key) <> 'object' or new.key - w.keys <> '{}' or not new.key ?& w.keys) then
    raise exception 'a row of % is named by its primary key: %', new.table_name, new.key using errcode = 'invalid_parameter_value',
      hint = format('For instance %L.', (select jsonb_object_agg(k, 1) from unnest(w.keys) k));
  end if;
  return new;
end $$;

create or replace trigger check_mode before insert or update on public.iasql_mode for each row execute function iasql.check_mode();
alter table public.iasql_mode enable always trigger check_mode;

create or replace function iasql.check_setting() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.value !~ ('^(' || new.allowed || ')$') then
    raise exception '% cannot be %', new.name, new.value using errcode = 'check_violation',
      hint = 'Allowed: ' || case new.allowed when '[0-9]+' then 'a whole number' else replace(new.allowed, '|', ', ') end || '.';
  end if;
  return new;
end $$;

create or replace trigger check_setting before update on public.iasql_setting for each row execute function iasql.check_setting();

create or replace function iasql.apply_settings() returns trigger language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
begin
  update iasql.gate set
    outside = case when 'required' in (iasql.setting('commit_message'), iasql.setting('approval')) then 'refuse'
      else coalesce(iasql.setting('outside_transaction'), 'push') end,
    owner_only = iasql.setting('transaction_scope') = 'owner',
    bulk = iasql.setting('truncate_outside_transaction') = 'allow',
    tracks = exists (select from public.iasql_mode m where m.mode = 'TRACK');
  return null;
end $$;

create or replace trigger apply_settings after insert or update or delete or truncate on public.iasql_setting
  for each statement execute function iasql.apply_settings();
create or replace trigger apply_settings after insert or update or delete or truncate on public.iasql_mode
  for each statement execute function iasql.apply_settings();
alter table public.iasql_setting enable always trigger apply_settings;
alter table public.iasql_mode enable always trigger apply_settings;

select iasql.watch('public.iasql_setting', platform => true);
select iasql.watch('public.iasql_mode', platform => true);
revoke insert, update, delete, truncate, references on public.iasql_setting, public.iasql_mode from iasql_user, iasql_writer;
grant update (value) on public.iasql_setting to iasql_operator;
grant insert, update, delete on public.iasql_mode to iasql_operator;
