-- What ECS never moves to another region.

create or replace function block_ecs_cluster_region_update() returns trigger language plpgsql as $$
begin
  raise exception 'Cluster region cannot be modified'
    using detail = format('Cluster %s is in %s.', old.cluster_name, old.region),
          hint = 'Insert a cluster in the other region, then delete this row.';
end
$$;

create or replace trigger block_ecs_cluster_region_update before update on cluster
  for each row when (old.region is distinct from new.region) execute function block_ecs_cluster_region_update();

create or replace function block_ecs_service_region_update() returns trigger language plpgsql as $$
begin
  raise exception 'Service region cannot be modified'
    using detail = format('Service %s is in %s.', old.name, old.region),
          hint = 'Insert a service in the other region, then delete this row.';
end
$$;

create or replace trigger block_ecs_service_region_update before update on service
  for each row when (old.region is distinct from new.region) execute function block_ecs_service_region_update();

create or replace function block_ecs_task_definition_region_update() returns trigger language plpgsql as $$
begin
  raise exception 'Task definition region cannot be modified'
    using detail = format('Task definition %s is in %s.', old.family, old.region),
          hint = 'Insert a task definition in the other region, then delete this row.';
end
$$;

create or replace trigger block_ecs_task_definition_region_update before update on task_definition
  for each row when (old.region is distinct from new.region) execute function block_ecs_task_definition_region_update();

create or replace function block_ecs_container_definition_region_update() returns trigger language plpgsql as $$
begin
  raise exception 'Container definition region cannot be modified'
    using detail = format('Container definition %s is in %s.', old.name, old.region),
          hint = 'Insert a task definition with its containers in the other region, then delete this row.';
end
$$;

create or replace trigger block_ecs_container_definition_region_update before update on container_definition
  for each row when (old.region is distinct from new.region)
  execute function block_ecs_container_definition_region_update();
