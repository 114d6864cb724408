-- What parts.sql and write.sql made.
drop view ecs_simplified_found;
drop trigger ecs_simplified_write on ecs_simplified;
drop function ecs_simplified_write();
drop function update_ecs_simplified(ecs_simplified, ecs_simplified);
drop function insert_ecs_simplified(ecs_simplified);
drop function insert_ecs_simplified_network(ecs_simplified);
drop function insert_ecs_simplified_task(ecs_simplified);
drop function delete_ecs_simplified(ecs_simplified);
drop function set_ecs_simplified_image(ecs_simplified, integer);
drop function ecs_simplified_environment(text);
drop view ecs_simplified_parts;
drop function get_cpu_mem_enum_from_parts(integer, integer);
drop function get_mem_from_cpu_mem_enum(task_definition_cpu_memory_enum);
