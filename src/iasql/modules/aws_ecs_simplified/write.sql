-- High to low: what a change of an application's row means. Functions run with the power of whoever writes the row.

-- an environment as a container takes it; what does not fit is told without its values
create or replace function ecs_simplified_environment(told text) returns jsonb language plpgsql as $$
declare
  found jsonb;
begin
  begin
    found := told::jsonb;
  exception when invalid_text_representation then
    found := '[]';
  end;
  if jsonb_typeof(found) <> 'object' then
    raise exception 'env_variables must be a JSON object of texts' using errcode = '22023';
  end if;
  return found;
end
$$;

create or replace function insert_ecs_simplified_network(app ecs_simplified) returns void language plpgsql
set search_path from current as $$
declare
  home integer := (select id from vpc where is_default and region = app.region);
  sg integer;
  tg integer;
  lb integer;
begin
  if home is null then
    raise exception 'region % has no default VPC', app.region using errcode = '23503';
  end if;
  insert into security_group (group_name, description, vpc_id, region)
    values (app.app_name || '-security-group', app.app_name || ' security group', home, app.region) returning id into sg;
  insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, description, security_group_id, region)
    values (false, 'tcp', app.app_port, app.app_port, '0.0.0.0/0', app.app_name || '-security-group', sg, app.region),
      (true, '-1', -1, -1, '0.0.0.0/0', app.app_name || '-security-group', sg, app.region);
  insert into target_group (target_group_name, target_type, protocol, port, health_check_path, vpc, region)
    values (app.app_name || '-target', 'ip', 'HTTP', app.app_port, '/health', home, app.region) returning id into tg;
  insert into load_balancer (load_balancer_name, scheme, load_balancer_type, ip_address_type, subnets, region)
    values (app.app_name || '-load-balancer', 'internet-facing', 'application', 'ipv4',
      array(select subnet_id from subnet where vpc_id = home order by availability_zone, subnet_id limit 3), app.region)
    returning id into lb;
  insert into load_balancer_security_groups (load_balancer_id, security_group_id, region) values (lb, sg, app.region);
  insert into listener (load_balancer_id, port, protocol, target_group_id, region) values (lb, app.app_port, 'HTTP', tg, app.region);
end
$$;

create or replace function insert_ecs_simplified_task(app ecs_simplified) returns void language plpgsql
set search_path from current as $$
declare
  lg integer;
  td integer;
  cd integer;
begin
  insert into log_group (log_group_name, region) values (app.app_name || '-log-group', app.region) returning id into lg;
  insert into iam_role (role_name, assume_role_policy_document, attached_policies_arns) values (
    app.app_name || '-ecs-task-exec-role',
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}',
    array['arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy']);
  insert into task_definition (family, cpu_memory, task_role_name, execution_role_name, region) values (
    app.app_name || '-td', app.cpu_mem, app.app_name || '-ecs-task-exec-role', app.app_name || '-ecs-task-exec-role', app.region)
    returning id into td;
  insert into container_definition (name, image, essential, memory_reservation, host_port, container_port, protocol,
      env_variables, log_group_id, task_definition_id, region)
    values (app.app_name || '-container', 'to be said', true, get_mem_from_cpu_mem_enum(app.cpu_mem), app.app_port,
      app.app_port, 'tcp', ecs_simplified_environment(app.env_variables), lg, td, app.region) returning id into cd;
  perform set_ecs_simplified_image(app, cd);
end
$$;

-- the image of an application's container: where the row says, else in a repository of the application's own
create or replace function set_ecs_simplified_image(app ecs_simplified, container integer) returns void language plpgsql
set search_path from current as $$
declare
  own constant text := app.app_name || '-repository';
  repo integer := (select id from repository where repository_name = own and region = app.region
    and (app.repository_uri is null or repository_uri = app.repository_uri));
begin
  if app.repository_uri is null and repo is null then
    insert into repository (repository_name, region) values (own, app.region) returning id into repo;
  end if;
  update container_definition set repository_id = repo, image = case when repo is null then app.repository_uri end,
    tag = app.image_tag, digest = app.image_digest where id = container;
  if repo is null then
    delete from repository where repository_name = own and region = app.region;
  end if;
end
$$;

create or replace function insert_ecs_simplified(app ecs_simplified) returns void language plpgsql
set search_path from current as $$
declare
  made integer;
begin
  perform insert_ecs_simplified_network(app);
  perform insert_ecs_simplified_task(app);
  insert into cluster (cluster_name, region) values (app.app_name || '-cluster', app.region);
  insert into service (name, desired_count, assign_public_ip, subnets, cluster_id, task_definition_id, target_group_id, region)
    select app.app_name || '-service', app.desired_count,
      case when app.public_ip then 'ENABLED' else 'DISABLED' end::service_assign_public_ip_enum, b.subnets, c.id, t.id, g.id, app.region
    from load_balancer b, cluster c, task_definition t, target_group g
    where b.load_balancer_name = app.app_name || '-load-balancer' and b.region = app.region
      and c.cluster_name = app.app_name || '-cluster' and c.region = app.region
      and t.family = app.app_name || '-td' and t.region = app.region and t.task_definition_arn is null
      and g.target_group_name = app.app_name || '-target' and g.region = app.region
    returning id into strict made;
  insert into service_security_groups (service_id, security_group_id, region)
    select made, g.id, app.region from security_group g where g.group_name = app.app_name || '-security-group' and g.region = app.region;
end
$$;

create or replace function delete_ecs_simplified(app ecs_simplified) returns void language plpgsql
set search_path from current as $$
declare
  p record;
begin
  select * into p from ecs_simplified_parts x where x.app_name = app.app_name and x.region = app.region;
  if not found then
    return;
  end if;
  delete from service_security_groups where service_id = p.service_id;
  delete from service where id = p.service_id;
  delete from container_definition where id = p.container_definition_id;
  delete from task_definition where id = p.task_definition_id;
  delete from repository where repository_name = app.app_name || '-repository' and region = app.region;
  delete from iam_role where role_name = p.role_name;
  delete from cluster where id = p.cluster_id;
  delete from log_group where id = p.log_group_id;
  delete from listener where id = p.listener_id;
  delete from load_balancer_security_groups where load_balancer_id = p.load_balancer_id;
  delete from load_balancer where id = p.load_balancer_id;
  delete from target_group where id = p.target_group_id;
  delete from security_group_rule where security_group_id = p.security_group_id;
  delete from security_group where id = p.security_group_id;
end
$$;

-- only what differs is written, in place
create or replace function update_ecs_simplified(before ecs_simplified, app ecs_simplified) returns void language plpgsql
set search_path from current as $$
declare
  p record;
begin
  select * into p from ecs_simplified_parts x where x.app_name = app.app_name and x.region = app.region;
  if not found then
    raise exception 'application % has been taken apart', app.app_name using errcode = '55000',
      hint = 'Its row goes with the next sync.';
  end if;
  if (app.desired_count, app.public_ip) is distinct from (before.desired_count, before.public_ip) then
    update service set desired_count = app.desired_count,
      assign_public_ip = case when app.public_ip then 'ENABLED' else 'DISABLED' end::service_assign_public_ip_enum where id = p.service_id;
  end if;
  if app.cpu_mem <> before.cpu_mem then
    update task_definition set cpu_memory = app.cpu_mem where id = p.task_definition_id;
    update container_definition set memory_reservation = get_mem_from_cpu_mem_enum(app.cpu_mem) where id = p.container_definition_id;
  end if;
  if app.app_port <> before.app_port then
    update security_group_rule set from_port = app.app_port, to_port = app.app_port
      where security_group_id = p.security_group_id and not is_egress;
    update target_group set port = app.app_port where id = p.target_group_id;
    update listener set port = app.app_port where id = p.listener_id;
    update container_definition set host_port = app.app_port, container_port = app.app_port where id = p.container_definition_id;
  end if;
  if (app.repository_uri, app.image_tag, app.image_digest) is distinct from (before.repository_uri, before.image_tag, before.image_digest) then
    perform set_ecs_simplified_image(app, p.container_definition_id);
  end if;
  if app.env_variables is distinct from before.env_variables then
    update container_definition set env_variables = ecs_simplified_environment(app.env_variables) where id = p.container_definition_id;
  end if;
end
$$;

-- BEFORE, and by its name before the vault's trigger: the environment is in clear yet
create or replace function ecs_simplified_write() returns trigger language plpgsql set search_path from current as $$
begin
  if tg_op <> 'DELETE' and new.image_tag is not null and new.image_digest is not null then
    raise exception 'new row for relation "ecs_simplified" violates check constraint "valid_image_fields"'
      using errcode = '23514', constraint = 'valid_image_fields', hint = 'An image has a tag or a digest.';
  end if;
  if tg_op = 'DELETE' then
    perform delete_ecs_simplified(old);
    return old;
  elsif tg_op = 'INSERT' then
    new.load_balancer_dns := null;
    perform insert_ecs_simplified(new);
  elsif new.app_name <> old.app_name then
    perform delete_ecs_simplified(old);
    perform insert_ecs_simplified(new);
  else
    new.load_balancer_dns := old.load_balancer_dns;
    perform update_ecs_simplified(old, new);
  end if;
  return new;
end
$$;
create or replace trigger ecs_simplified_write before insert or update or delete on ecs_simplified
  for each row when (not public.iasql_stands_still()) execute function ecs_simplified_write();
