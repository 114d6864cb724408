-- Values that follow from the row referred to, and the one move that AWS's model forbids.

-- An association lives where its route table does: the user names the table, the rest follows.
create or replace function route_table_association_place() returns trigger
language plpgsql
set search_path from current
as $$
declare
  place record;
begin
  select t.region, t.vpc_id into place from route_table t where t.id = new.route_table_id;
  if found then
    new.region := place.region;
    new.vpc_id := place.vpc_id;
  end if;
  return new;
end
$$;

create or replace trigger route_table_association_place before insert or update of route_table_id, vpc_id, region
  on route_table_association
  for each row execute function route_table_association_place();

-- A peering belongs to the region of the VPC that asks for it, and is accepted in that of the other.
create or replace function peering_connection_place() returns trigger
language plpgsql
set search_path from current
as $$
begin
  new.region := coalesce((select v.region from vpc v where v.id = new.requester_id), new.region);
  new.accepter_region := (select v.region from vpc v where v.id = new.accepter_id);
  return new;
end
$$;

create or replace trigger peering_connection_place before insert or update of requester_id, accepter_id, region, accepter_region
  on peering_connection
  for each row execute function peering_connection_place();

-- An endpoint's subnets are in its region.
create or replace function endpoint_interface_subnets_place() returns trigger
language plpgsql
set search_path from current
as $$
begin
  new.region := coalesce((select e.region from endpoint_interface e where e.id = new.endpoint_interface_id), new.region);
  return new;
end
$$;

create or replace trigger endpoint_interface_subnets_place before insert or update on endpoint_interface_subnets
  for each row execute function endpoint_interface_subnets_place();

-- The route tables of an endpoint are cloud ids of its own region: a move would leave them behind.
create or replace function check_route_table_ids_region_update() returns trigger
language plpgsql
as $$
begin
  if old.region is distinct from new.region and new.route_table_ids is not null then
    raise exception 'The region of an endpoint_gateway cannot change while it has route_table_ids'
      using errcode = '23514', detail = format('Its route tables are in %s.', old.region),
            hint = 'Set route_table_ids to null in the same update.';
  end if;
  return new;
end
$$;

create or replace trigger check_route_table_ids_region_update before update on endpoint_gateway
  for each row execute function check_route_table_ids_region_update();
