create table "public"."instance_security_groups" (
  "instance_id" integer not null,
  "security_group_id" integer not null,
  "region" character varying default default_aws_region() not null,
  primary key ("instance_id", "security_group_id"),
  unique ("instance_id", "security_group_id", "region")
);
alter table "public"."instance_security_groups" add foreign key ("instance_id") references "public"."instance" ("id") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."instance_security_groups" add foreign key ("security_group_id") references "public"."security_group" ("id") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."instance_security_groups" add foreign key ("region") references "public"."aws_regions" ("region") deferrable initially immediate;
select iasql.watch('"public"."instance_security_groups"'::regclass);
select iasql.follow_column('"public"."instance_security_groups"'::regclass, 'region', 'instance_id', '"public"."instance"'::regclass, 'id', 'region');
select iasql.unwatch(iasql.table_name('"public"."instance_security_groups"'::regclass));
drop table "public"."instance_security_groups";
