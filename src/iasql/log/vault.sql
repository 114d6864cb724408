-- Secrets: a row keeps ******** and a version, the vault keeps the value, the log shows the version.
-- A version is an HMAC over table, key, column and value: it shows that a secret changed, and fits no other row.

create or replace function iasql.version_of(tab text, key jsonb, place text, secret text) returns text language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select 'hmac:' || encode(sha256(m.outer_pad || sha256(m.inner_pad
    || convert_to(jsonb_build_array(tab, key, place, secret)::text, 'UTF8'))), 'hex')
  from iasql.mask_key m
$$;

create or replace function iasql.keep_secret(tab text, key jsonb, place text, secret text) returns text language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  version constant text := iasql.version_of(tab, key, place, secret);
begin
  insert into iasql.vault (table_name, key, place, version, secret) values (tab, key, place, version, secret)
    on conflict do nothing;
  return version;
end $$;

-- the version of one secret of a row being written: of a new value, or of the one that ******** stands for
create or replace function iasql.guarded(
  tab text, new_key jsonb, old_key jsonb, place text, given text, shown text, claimed text
) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept text;
begin
  if shown <> '********' then
    return iasql.keep_secret(tab, new_key, place, given);
  end if;
  select v.secret into kept from iasql.vault v
    where v.table_name = tab and v.key = coalesce(old_key, new_key) and v.place = guarded.place and v.version = claimed;
  if kept is null then
    raise exception '%.% of %: ******** stands for a secret that is not changed, and there is none', tab, place, new_key
      using errcode = 'invalid_parameter_value', hint = 'Give the secret itself.';
  end if;
  return case when coalesce(old_key, new_key) = new_key then claimed else iasql.keep_secret(tab, new_key, place, kept) end;
end $$;

-- an INSERT that meets an existing row would lose another secret: EXCLUDED holds the mask already
create or replace function iasql.refuse_upsert(rel regclass, keys text[], key jsonb, versions jsonb) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  present jsonb;
begin
  execute format('select t.secret_versions from %1$s t join jsonb_populate_record(null::%1$s, $1) k on %2$s', rel,
    (select string_agg(format('t.%1$I = k.%1$I', c), ' and ') from unnest(keys) c)) into present using key;
  if present is not null and versions <> '{}' and not present @> versions then
    raise exception '% % exists already: an INSERT cannot change its secret', rel, key
      using errcode = 'feature_not_supported', hint = 'Set the secret by UPDATE.';
  end if;
end $$;

-- the same where the existing row was met by another unique column: the proposed secret belongs to no row
create or replace function iasql.refuse_lost_secret(tab text) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  if exists (
    select from iasql.vault v where v.table_name = tab and v.xact = pg_current_xact_id() and not exists (
      select from public.iasql_audit_log l where l.table_name = tab and l.key = v.key and l.xact = v.xact
        and l.change_type in ('INSERT', 'UPDATE'))
  ) then
    raise exception 'this INSERT into % met an existing row: it cannot change its secret', tab
      using errcode = 'feature_not_supported', hint = 'Set the secret by UPDATE.';
  end if;
end $$;

-- what PostgreSQL would refuse by printing the whole row, refused here without it
create or replace function iasql.check_row(rel regclass, image jsonb) returns void language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  name text;
  rule record;
  holds boolean;
begin
  select a.attname into name from pg_attribute a where a.attrelid = rel and a.attnum > 0 and not a.attisdropped
    and a.attnotnull and a.attgenerated = '' and image->>a.attname is null order by a.attnum limit 1;
  if name is not null then
    raise exception 'null value in column "%" of relation "%" violates not-null constraint', name, rel
      using errcode = 'not_null_violation', table = rel::text, column = name;
  end if;
  for rule in select c.conname, pg_get_expr(c.conbin, c.conrelid) expression from pg_constraint c
    where c.conrelid = rel and c.contype = 'c' order by c.conname loop
    execute format('select (%s) from jsonb_populate_record(null::%s, $1) r', rule.expression, rel) into holds using image;
    if not holds then
      raise exception 'new row for relation "%" violates check constraint "%"', rel, rule.conname
        using errcode = 'check_violation', table = rel::text, constraint = rule.conname;
    end if;
  end loop;
end $$;

-- BEFORE each row of a table with secrets: values go to the vault, masks and versions into the row
create or replace function iasql.guard_secrets() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set intervalstyle = 'iso_8601'
  set bytea_output = 'hex' set extra_float_digits = 1 as $$
declare
  tab constant text := tg_argv[0];
  keys constant text[] := tg_argv[1];
  masked constant text[] := tg_argv[2];
  row constant jsonb := to_jsonb(new);
  claimed constant jsonb := coalesce(new.secret_versions, '{}');
  row_key constant jsonb := iasql.pick(row, keys);
  old_key constant jsonb := case tg_op when 'UPDATE' then iasql.pick(to_jsonb(old), keys) end;
  versions jsonb := '{}';
  masks jsonb := '{}';
  fresh jsonb := '{}';
  c text;
  members jsonb;
begin
  foreach c in array masked loop
    continue when row->>c is null;
    if jsonb_typeof(row->c) = 'object' then
      select coalesce(jsonb_object_agg(e.key, case when e.value = 'null' then e.value else to_jsonb(
          iasql.guarded(tab, row_key, old_key, c || '.' || e.key, e.value::text, e.value #>> '{}', claimed->c->>e.key)) end), '{}')
        into members from jsonb_each(row->c) e;
      versions := versions || jsonb_build_object(c, members);
      masks := masks || jsonb_build_object(c, iasql.mask(members));
    else
      versions := versions || jsonb_build_object(c,
        iasql.guarded(tab, row_key, old_key, c, row->>c, row->>c, claimed->>c));
      masks := masks || jsonb_build_object(c, '********'::text);
      if row->>c <> '********' then
        fresh := fresh || jsonb_build_object(c, versions->c);
      end if;
    end if;
  end loop;
  if tg_op = 'INSERT' then
    perform iasql.refuse_upsert(tg_relid::regclass, keys, row_key, fresh);
  end if;
  masks := masks || jsonb_build_object('secret_versions', versions);
  perform iasql.check_row(tg_relid::regclass, row || masks);
  new := jsonb_populate_record(new, masks);
  return new;
end $$;

-- the versions of values that the cloud told of a row's masked columns; of an object: of each of its members
create or replace function iasql.kept(tab text, row_key jsonb, told jsonb) returns jsonb language sql volatile
  security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(jsonb_object_agg(c.key, case jsonb_typeof(c.value)
      when 'null' then c.value
      when 'object' then (select coalesce(jsonb_object_agg(e.key, case when e.value = 'null' then e.value
        else to_jsonb(iasql.keep_secret(tab, row_key, c.key || '.' || e.key, e.value::text)) end), '{}') from jsonb_each(c.value) e)
      else to_jsonb(iasql.keep_secret(tab, row_key, c.key, c.value #>> '{}')) end), '{}')
  from jsonb_each(told) c
$$;

-- the values that an image's versions stand for, for the engine only; what is no version stays as it is
create or replace function iasql.revealed(tab text, row_key jsonb, image jsonb) returns jsonb language sql stable
  security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(jsonb_object_agg(c.key, case
      when not iasql.is_version(c.value) then c.value
      when jsonb_typeof(c.value) = 'object' then (select coalesce(jsonb_object_agg(e.key, v.secret::jsonb), '{}')
        from jsonb_each_text(c.value) e left join iasql.vault v
          on v.table_name = tab and v.key = row_key and v.place = c.key || '.' || e.key and v.version = e.value)
      else (select to_jsonb(v.secret) from iasql.vault v
        where v.table_name = tab and v.key = row_key and v.place = c.key and v.version = c.value #>> '{}') end), '{}')
  from jsonb_each(image) c
$$;

-- a secret in clear, for the engine only; of a column of many values: all of them as JSON text
create or replace function iasql.secret(tab text, row_key jsonb, column_name text) returns text language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp as $$
declare
  w iasql.watched;
  shown jsonb;
  found text;
begin
  select * into strict w from iasql.watched x where x.table_name = tab;
  execute format('select t.secret_versions->$2 from %1$s t join jsonb_populate_record(null::%1$s, $1) k on %2$s', w.rel,
    (select string_agg(format('t.%1$I = k.%1$I', c), ' and ') from unnest(w.keys) c)) into shown using row_key, column_name;
  if jsonb_typeof(shown) = 'object' then
    select jsonb_object_agg(e.key, v.secret::jsonb)::text into found from jsonb_each_text(shown) e
      left join iasql.vault v on v.table_name = tab and v.key = row_key and v.place = column_name || '.' || e.key and v.version = e.value;
    return found;
  end if;
  select v.secret into found from iasql.vault v
    where v.table_name = tab and v.key = row_key and v.place = column_name and v.version = shown #>> '{}';
  return found;
end $$;
