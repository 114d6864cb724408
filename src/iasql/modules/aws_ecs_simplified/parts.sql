-- Low to high: which services are web applications in the simple form, and what each is made of. Rows belong together by
-- their references; only the service's name says what the application is called, whatever else stands in it.

create or replace function get_mem_from_cpu_mem_enum(cpu_mem task_definition_cpu_memory_enum) returns integer
language sql immutable as $$
  select (substring(cpu_mem::text from '-([0-9.]+)GB$')::numeric * 1024)::integer
$$;
comment on function get_mem_from_cpu_mem_enum(task_definition_cpu_memory_enum) is
  '{"module": "aws_ecs_simplified", "description": "The memory in MB that a size means.", "sample_usage": "select get_mem_from_cpu_mem_enum(''vCPU2-8GB'')"}';

create or replace function get_cpu_mem_enum_from_parts(cpu integer, mem integer) returns task_definition_cpu_memory_enum
language sql stable set search_path from current as $$
  select format('vCPU%s-%sGB', trim_scale(cpu / 1024.0), trim_scale(mem / 1024.0))::task_definition_cpu_memory_enum
$$;
comment on function get_cpu_mem_enum_from_parts(integer, integer) is
  '{"module": "aws_ecs_simplified", "description": "The size of so many CPU units and MB.", "sample_usage": "select get_cpu_mem_enum_from_parts(2048, 8192)"}';

create or replace view ecs_simplified_parts as
  select left(s.name, -length('-service')) app_name, s.region, s.id service_id, c.id cluster_id, t.id task_definition_id,
    t.task_role_name role_name, d.id container_definition_id, d.repository_id, d.log_group_id, g.id target_group_id,
    l.id listener_id, b.id load_balancer_id, m.security_group_id
  from service s
    join cluster c on c.id = s.cluster_id
    join task_definition t on t.id = s.task_definition_id and t.task_role_name = t.execution_role_name
    join container_definition d on d.task_definition_id = t.id
    join target_group g on g.id = s.target_group_id and g.target_type = 'ip' and g.protocol = 'HTTP'
      and g.health_check_path = '/health' and g.port = d.container_port
    join listener l on l.target_group_id = g.id and l.protocol = 'HTTP' and l.port = d.container_port
    join load_balancer b on b.id = l.load_balancer_id and b.scheme = 'internet-facing'
      and b.load_balancer_type = 'application' and b.ip_address_type = 'ipv4'
    join service_security_groups m on m.service_id = s.id
    join load_balancer_security_groups n on n.load_balancer_id = b.id and n.security_group_id = m.security_group_id
  where s.name like '%-service' and length(s.name) <= 18 + length('-service')
    and (select count(*) = 1 from container_definition o where o.task_definition_id = t.id)
    and (select count(*) = 1 from listener o where o.load_balancer_id = b.id)
    and (select count(*) = 1 from service_security_groups o where o.service_id = s.id)
    and (select count(*) = 2 and count(*) filter (where r.is_egress) = 1
        and bool_or(not r.is_egress and r.ip_protocol = 'tcp' and r.from_port = d.container_port and r.to_port = d.container_port)
      from security_group_rule r where r.security_group_id = m.security_group_id);

create or replace view ecs_simplified_found as
  select p.app_name::varchar(18), s.desired_count, d.container_port app_port, t.cpu_memory cpu_mem,
    coalesce(r.repository_uri, d.image) repository_uri, d.tag image_tag, d.digest image_digest,
    s.assign_public_ip = 'ENABLED' public_ip, b.dns_name load_balancer_dns, p.region
  from ecs_simplified_parts p
    join service s on s.id = p.service_id
    join task_definition t on t.id = p.task_definition_id and t.cpu_memory is not null
    join container_definition d on d.id = p.container_definition_id
    join load_balancer b on b.id = p.load_balancer_id
    left join repository r on r.id = d.repository_id;

grant select on ecs_simplified_parts, ecs_simplified_found to iasql_user, iasql_operator, iasql_approver, iasql_auditor;
