create table "public"."ecs_simplified" (
  "app_name" character varying(18) not null,
  "desired_count" integer default 1 not null,
  "app_port" integer not null,
  "cpu_mem" "public"."task_definition_cpu_memory_enum" default 'vCPU2-8GB' not null,
  "repository_uri" character varying,
  "image_tag" character varying,
  "image_digest" character varying,
  "public_ip" boolean default false not null,
  "load_balancer_dns" character varying,
  "env_variables" text,
  "region" character varying default default_aws_region() not null,
  primary key ("app_name"),
  unique ("app_name", "region"),
  constraint "valid_image_fields" check (image_tag is null or image_digest is null)
);
alter table "public"."ecs_simplified" add foreign key ("region") references "public"."aws_regions" ("region") deferrable initially immediate;
select iasql.watch('"public"."ecs_simplified"'::regclass, "masked" => '{env_variables}'::text[]);
select iasql.fix_columns('"public"."ecs_simplified"'::regclass, '{region}', 'block_ecs_simplified_region_update', 'Region', 'Insert an application in the other region, then delete this row.');
select iasql.unwatch(iasql.table_name('"public"."ecs_simplified"'::regclass));
drop table "public"."ecs_simplified";
