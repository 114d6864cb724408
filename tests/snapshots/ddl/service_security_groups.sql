create table "public"."service_security_groups" (
  "service_id" integer not null,
  "security_group_id" integer not null,
  "region" character varying default default_aws_region() not null,
  primary key ("service_id", "security_group_id"),
  unique ("service_id", "security_group_id", "region")
);
alter table "public"."service_security_groups" add foreign key ("service_id") references "public"."service" ("id") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."service_security_groups" add foreign key ("security_group_id") references "public"."security_group" ("id") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."service_security_groups" add foreign key ("region") references "public"."aws_regions" ("region") deferrable initially immediate;
select iasql.watch('"public"."service_security_groups"'::regclass);
select iasql.follow_column('"public"."service_security_groups"'::regclass, 'region', 'service_id', '"public"."service"'::regclass, 'id', 'region');
select iasql.unwatch(iasql.table_name('"public"."service_security_groups"'::regclass));
drop table "public"."service_security_groups";
