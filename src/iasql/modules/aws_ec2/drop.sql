-- What rpc.sql made; triggers go with their functions.
drop function registered_instance_port() cascade;
drop function volume_is_root_device() cascade;
drop function check_role_ec2(text) cascade;
drop function check_target_group_instance(integer) cascade;
drop function check_instance_ebs_availability_zone(integer, character varying) cascade;
drop function volume_availability_zone(integer) cascade;
