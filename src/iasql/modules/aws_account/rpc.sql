-- The default region: which row of aws_regions it is, and how it moves.
-- Functions pin the search_path they were created under, so that each account's schema has its own.

create or replace function default_aws_region() returns text
language sql stable
set search_path from current
as $$
  select coalesce((select region from aws_regions where is_default limit 1), 'us-east-1')
$$;

comment on function default_aws_region() is
  '{"module": "aws_account", "description": "The region of rows that name none: the default row of aws_regions, else us-east-1.", "sample_usage": "select default_aws_region()"}';

create or replace function default_aws_region(r text) returns text
language plpgsql
set search_path from current
as $$
declare
  allowed text := (select string_agg(region, ', ' order by region) from aws_regions where is_enabled);
begin
  if not exists (select from aws_regions where region = r and is_enabled) then
    raise exception 'AWS region % does not exist or is not enabled', coalesce(quote_literal(r), 'null')
      using errcode = '22023',
            detail = coalesce('Allowed: ' || allowed, 'aws_regions is empty.'),
            hint = case when allowed is null
              then 'Regions come with the first commit or tick after credentials are there.'
              else 'select region, is_enabled from aws_regions' end;
  end if;
  update aws_regions set is_default = (region = r) where is_default is distinct from (region = r);
  return r;
end
$$;

comment on function default_aws_region(text) is
  '{"module": "aws_account", "description": "Makes a region the default and returns it; an unknown or disabled region is an error that names the allowed ones.", "sample_usage": "select default_aws_region(''us-east-2'')"}';

-- After the statement, so that one update may move the flag whatever the order of its rows.
create or replace function aws_default_region_trigger() returns trigger
language plpgsql
set search_path from current
as $$
begin
  if not exists (select from touched where is_default) then
    return null;
  end if;
  -- Two transactions that each move the flag see each other's row only one after the other. They meet at a row: an
  -- advisory lock could be held by anybody. What refers to the row does not wait for it.
  perform from aws_regions order by region limit 1 for no key update;
  if (select count(*) > 1 from aws_regions where is_default) then
    raise exception 'Only one AWS region may be the default'
      using errcode = '23505', hint = 'select default_aws_region(''us-east-2'') moves it.';
  end if;
  return null;
end
$$;

create or replace trigger aws_default_region_insert after insert on aws_regions
  referencing new table as touched
  for each statement execute function aws_default_region_trigger();

create or replace trigger aws_default_region after update on aws_regions
  referencing new table as touched
  for each statement execute function aws_default_region_trigger();
