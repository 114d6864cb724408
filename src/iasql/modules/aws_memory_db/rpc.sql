-- The subnets of a group are of one VPC. That they exist, and stay while a group has them, is checked for every array
-- of ids.

create or replace function check_subnet_group_subnets() returns trigger
language plpgsql
set search_path from current
as $$
declare
  networks int;
begin
  select count(distinct s.vpc_id) into networks from subnet s
  where s.region = new.region and (s.subnet_id = any (new.subnets) or s.id::text = any (new.subnets));
  if networks > 1 then
    raise exception 'The subnets of subnet group % are of % VPCs', new.subnet_group_name, networks
      using errcode = '23514', hint = 'Name subnets of one VPC.';
  end if;
  return new;
end
$$;

create or replace trigger check_subnet_group_subnets before insert or update on subnet_group
  for each row execute function check_subnet_group_subnets();
