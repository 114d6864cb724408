create type "public"."instance_metadata_architecture_enum" as enum ('arm64', 'i386', 'x86_64', 'x86_64_mac');
create type "public"."instance_metadata_root_device_type_enum" as enum ('ebs', 'instance-store');
create table "public"."instance_metadata" (
  "id" integer not null,
  "instance_id" character varying not null,
  "architecture" "public"."instance_metadata_architecture_enum" not null,
  "private_ip_address" cidr not null,
  "public_ip_address" cidr,
  "public_dns_name" character varying,
  "launch_time" timestamp with time zone not null,
  "cpu_cores" integer not null,
  "mem_size_mb" integer not null,
  "ebs_optimized" boolean not null,
  "root_device_type" "public"."instance_metadata_root_device_type_enum" not null,
  "root_device_name" character varying,
  "region" character varying default default_aws_region() not null,
  primary key ("instance_id"),
  unique ("instance_id", "region"),
  unique ("id")
);
alter table "public"."instance_metadata" add foreign key ("id") references "public"."instance" ("id") on delete cascade deferrable initially immediate;
alter table "public"."instance_metadata" add foreign key ("region") references "public"."aws_regions" ("region") deferrable initially immediate;
select iasql.watch('"public"."instance_metadata"'::regclass, "computed" => '{architecture,cpu_cores,ebs_optimized,id,launch_time,mem_size_mb,private_ip_address,public_dns_name,public_ip_address,region,root_device_name,root_device_type}'::text[]);
select iasql.unwatch(iasql.table_name('"public"."instance_metadata"'::regclass));
drop table "public"."instance_metadata";
drop type "public"."instance_metadata_architecture_enum";
drop type "public"."instance_metadata_root_device_type_enum";
