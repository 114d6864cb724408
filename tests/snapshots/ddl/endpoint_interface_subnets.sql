create table "public"."endpoint_interface_subnets" (
  "endpoint_interface_id" integer not null,
  "subnet_id" integer not null,
  "region" character varying default default_aws_region() not null,
  primary key ("endpoint_interface_id", "subnet_id"),
  unique ("endpoint_interface_id", "subnet_id", "region")
);
alter table "public"."endpoint_interface_subnets" add foreign key ("endpoint_interface_id") references "public"."endpoint_interface" ("id") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."endpoint_interface_subnets" add foreign key ("subnet_id") references "public"."subnet" ("id") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."endpoint_interface_subnets" add foreign key ("region") references "public"."aws_regions" ("region") deferrable initially immediate;
select iasql.watch('"public"."endpoint_interface_subnets"'::regclass);
select iasql.follow_column('"public"."endpoint_interface_subnets"'::regclass, 'region', 'endpoint_interface_id', '"public"."endpoint_interface"'::regclass, 'id', 'region');
select iasql.unwatch(iasql.table_name('"public"."endpoint_interface_subnets"'::regclass));
drop table "public"."endpoint_interface_subnets";
