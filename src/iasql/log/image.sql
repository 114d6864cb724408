-- Images: a row as jsonb, as the log keeps it.

-- a table as the log names it: bare in the default account's schema
create or replace function iasql.table_name(rel regclass) returns text language sql stable
  set search_path = pg_catalog, pg_temp as $$
  select case n.nspname when 'public' then c.relname::text else n.nspname || '.' || c.relname end
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = rel
$$;

-- a row's image with the versions of its secrets in the place of their masks
create or replace function iasql.shown(image jsonb) returns jsonb language sql immutable as $$
  select (image - 'secret_versions') || coalesce(image->'secret_versions', '{}')
$$;

-- not in sql: inlined into the log's trigger it would be made ready for every statement, also where keys have one column
create or replace function iasql.pick(image jsonb, columns text[]) returns jsonb language plpgsql immutable as $$
begin
  return (select jsonb_object_agg(c, image->c) from unnest(columns) c);
end $$;

-- the columns of `image` whose value differs in `other`, or is missing there
create or replace function iasql.differing(image jsonb, other jsonb) returns jsonb language sql immutable as $$
  select coalesce(jsonb_object_agg(e.key, e.value), '{}')
  from jsonb_each(image) e where other->e.key is distinct from e.value
$$;

-- what stands in a row for a secret value; of an object: for each of its members
create or replace function iasql.mask(value jsonb) returns jsonb language sql immutable as $$
  select case when value = 'null' then value when jsonb_typeof(value) <> 'object' then '"********"' else
    (select coalesce(jsonb_object_agg(e.key, case when e.value = 'null' then e.value else '"********"' end), '{}') from jsonb_each(value) e) end
$$;

create or replace function iasql.is_version(value jsonb) returns boolean language sql immutable as $$
  select case jsonb_typeof(value) when 'string' then value #>> '{}' ~ '^hmac:[0-9a-f]{64}$'
    when 'object' then not exists (select from jsonb_each_text(value) e where e.value !~ '^hmac:[0-9a-f]{64}$') else false end
$$;

-- an image for writing: versions of secrets, as images show them, go where the vault looks for them
create or replace function iasql.with_versions(image jsonb, masked text[]) returns jsonb language sql immutable as $$
  select image || coalesce((
    select jsonb_object_agg(c, iasql.mask(image->c)) || jsonb_build_object('secret_versions', jsonb_object_agg(c, image->c))
    from unnest(masked) c where iasql.is_version(image->c)), '{}')
$$;
