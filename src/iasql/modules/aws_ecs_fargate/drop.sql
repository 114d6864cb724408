-- What rpc.sql made; the guards' triggers go with their functions.
drop function block_ecs_cluster_region_update() cascade;
drop function block_ecs_service_region_update() cascade;
drop function block_ecs_task_definition_region_update() cascade;
drop function block_ecs_container_definition_region_update() cascade;
