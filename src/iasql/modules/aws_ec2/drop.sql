-- What rpc.sql made; triggers go with their functions.
drop function check_instance_role() cascade;
drop function check_registered_instance() cascade;
drop function check_device_zone() cascade;
drop function registered_instance_port() cascade;
drop function volume_is_root_device() cascade;
drop function check_role_ec2(text);
drop function check_target_group_instance(integer);
drop function check_instance_ebs_availability_zone(integer, character varying);
