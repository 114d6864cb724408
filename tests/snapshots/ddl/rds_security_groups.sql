create table "public"."rds_security_groups" (
  "rds_id" integer not null,
  "security_group_id" integer not null,
  "region" character varying default default_aws_region() not null,
  primary key ("rds_id", "security_group_id"),
  unique ("rds_id", "security_group_id", "region")
);
alter table "public"."rds_security_groups" add foreign key ("rds_id") references "public"."rds" ("id") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."rds_security_groups" add foreign key ("security_group_id") references "public"."security_group" ("id") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."rds_security_groups" add foreign key ("region") references "public"."aws_regions" ("region") deferrable initially immediate;
select iasql.watch('"public"."rds_security_groups"'::regclass);
select iasql.follow_column('"public"."rds_security_groups"'::regclass, 'region', 'rds_id', '"public"."rds"'::regclass, 'id', 'region');
select iasql.unwatch(iasql.table_name('"public"."rds_security_groups"'::regclass));
drop table "public"."rds_security_groups";
