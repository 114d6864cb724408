-- Where load balancers and target groups are when the row leaves it open.

-- Whether these subnets are all in the tables.
create or replace function check_load_balancer_subnets(_subnets text[]) returns boolean
language sql stable
set search_path from current
as $$
  select not exists (select from unnest(_subnets) u(id) where not exists (select from subnet s where s.subnet_id = u.id))
$$;

-- Whether these availability zones are all of one region, the load balancer's own where there is one of that name.
create or replace function check_load_balancer_availability_zones(
  _load_balancer_name character varying, _availability_zones character varying[]
) returns boolean
language sql stable
set search_path from current
as $$
  select coalesce(array_length(_availability_zones, 1), 0) = 0 or exists (
    select from availability_zone z where z.name = any(_availability_zones) and (
      not exists (select from load_balancer b where b.load_balancer_name = _load_balancer_name)
      or exists (select from load_balancer b where b.load_balancer_name = _load_balancer_name and b.region = z.region))
    group by z.region having count(*) = (select count(distinct n) from unnest(_availability_zones) u(n)))
$$;

-- A new load balancer without subnets gets one in each of its availability zones, of its VPC or the default one.
create or replace function load_balancer_place() returns trigger
language plpgsql
set search_path from current
as $$
declare
  zone text;
begin
  if new.subnets is not null then
    return new;
  end if;
  foreach zone in array coalesce(new.availability_zones, '{}') loop
    if not exists (select from availability_zone z where z.name = zone and z.region = new.region) then
      raise exception 'There is no availability zone % in %', zone, new.region
        using errcode = '23514', detail = format('Load balancer %s names it.', new.load_balancer_name),
              hint = 'select name, region from availability_zone';
    end if;
  end loop;
  new.subnets := (
    select array_agg(one.subnet_id order by one.subnet_id) from (
      select distinct on (s.availability_zone) s.subnet_id
      from subnet s join vpc v on v.id = s.vpc_id
      where s.region = new.region and s.subnet_id is not null
        and (case when new.vpc is null then v.is_default else v.id = new.vpc end)
        and (new.availability_zones is null or s.availability_zone = any(new.availability_zones))
      order by s.availability_zone, s.default_for_az desc, s.id
    ) one);
  return new;
end
$$;

create or replace trigger load_balancer_place before insert on load_balancer
  for each row when (session_user <> 'iasql_writer') execute function load_balancer_place();

-- A new target group is in the default VPC where the row does not say which, unless its targets are functions.
create or replace function target_group_place() returns trigger
language plpgsql
set search_path from current
as $$
begin
  if new.vpc is null and new.target_type <> 'lambda' then
    new.vpc := (select v.id from vpc v where v.is_default and v.region = new.region limit 1);
  end if;
  return new;
end
$$;

create or replace trigger target_group_place before insert on target_group
  for each row when (session_user <> 'iasql_writer') execute function target_group_place();
