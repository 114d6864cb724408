-- What the rows of an instance must have in common, refused when they are written.

-- Whether a role may be carried by an instance: its trust policy allows EC2.
create or replace function check_role_ec2(_role_name text) returns boolean
language sql stable
set search_path from current
as $$
  select exists (
    select from iam_role r,
      jsonb_path_query(r.assume_role_policy_document::jsonb,
        '$.Statement[*] ? (@.Effect == "Allow" && @.Principal.Service[*] == "ec2.amazonaws.com")')
    where r.role_name = _role_name)
$$;

-- Whether the targets of a target group are instances.
create or replace function check_target_group_instance(_target_group_id integer) returns boolean
language sql stable
set search_path from current
as $$
  select exists (select from target_group t where t.id = _target_group_id and t.target_type = 'instance')
$$;

-- Whether an instance is in an availability zone; one that AWS places may be in any.
create or replace function check_instance_ebs_availability_zone(
  _instance_id integer, _volume_availability_zone character varying
) returns boolean
language sql stable
set search_path from current
as $$
  select coalesce(bool_and(s.availability_zone = _volume_availability_zone), true)
  from instance i join subnet s on s.id = i.subnet_id where i.id = _instance_id
$$;

-- In which availability zone a volume is.
create or replace function volume_availability_zone(_volume_id integer) returns character varying
language sql stable
set search_path from current
as $$
  select v.availability_zone from general_purpose_volume v where v.id = _volume_id
$$;

-- The checks are for what users write: what AWS has must find its place in the tables, whatever it is.
create or replace trigger check_role_ec2 before insert or update of role_name on instance
  for each row when (session_user <> 'iasql_writer' and new.role_name is not null and not check_role_ec2(new.role_name))
  execute function iasql.refuse_misfit('role_name',
    'Role %s cannot be carried by an instance: its assume_role_policy_document does not allow ec2.amazonaws.com',
    'Add the statement to the role, or name another role.');

create or replace trigger check_target_group_instance before insert or update of target_group_id on registered_instance
  for each row when (session_user <> 'iasql_writer' and new.target_group_id is not null
    and not check_target_group_instance(new.target_group_id))
  execute function iasql.refuse_misfit('target_group_id',
    'Only a target group of type instance takes instances, and target group %s is none',
    'Allowed: select id, target_group_name from target_group where target_type = ''instance''');

create or replace trigger check_instance_ebs_availability_zone
  before insert or update of instance_id, volume_id on instance_block_device_mapping
  for each row when (session_user <> 'iasql_writer'
    and not check_instance_ebs_availability_zone(new.instance_id, volume_availability_zone(new.volume_id)))
  execute function iasql.refuse_misfit('volume_id',
    'An instance and its volumes are in one availability zone, and volume %s is in another',
    'Make the volume in the zone of the instance''s subnet.');

-- A registration is at the port of its target group where the row names none.
create or replace function registered_instance_port() returns trigger
language plpgsql
set search_path from current
as $$
begin
  new.port := coalesce(new.port, (select t.port from target_group t where t.id = new.target_group_id));
  return new;
end
$$;

create or replace trigger registered_instance_port before insert or update of target_group_id, port on registered_instance
  for each row execute function registered_instance_port();

-- From which volume an instance starts, its device tells.
create or replace function volume_is_root_device() returns trigger
language plpgsql
set search_path from current
as $$
begin
  update general_purpose_volume v set is_root_device = new.is_root_device
  where v.id = new.volume_id and v.is_root_device is distinct from new.is_root_device;
  return null;
end
$$;

create or replace trigger volume_is_root_device after insert or update of volume_id, is_root_device
  on instance_block_device_mapping
  for each row when (new.volume_id is not null and new.is_root_device is not null)
  execute function volume_is_root_device();
