create table "public"."db_cluster_security_groups" (
  "db_cluster_id" integer not null,
  "security_group_id" integer not null,
  "region" character varying default default_aws_region() not null,
  primary key ("db_cluster_id", "security_group_id"),
  unique ("db_cluster_id", "security_group_id", "region")
);
alter table "public"."db_cluster_security_groups" add foreign key ("db_cluster_id") references "public"."db_cluster" ("id") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."db_cluster_security_groups" add foreign key ("security_group_id") references "public"."security_group" ("id") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."db_cluster_security_groups" add foreign key ("region") references "public"."aws_regions" ("region") deferrable initially immediate;
select iasql.watch('"public"."db_cluster_security_groups"'::regclass);
select iasql.follow_column('"public"."db_cluster_security_groups"'::regclass, 'region', 'db_cluster_id', '"public"."db_cluster"'::regclass, 'id', 'region');
select iasql.unwatch(iasql.table_name('"public"."db_cluster_security_groups"'::regclass));
drop table "public"."db_cluster_security_groups";
