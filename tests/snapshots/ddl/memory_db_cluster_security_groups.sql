create table "public"."memory_db_cluster_security_groups" (
  "memory_db_cluster_id" integer not null,
  "region" character varying default default_aws_region() not null,
  "security_group_id" integer not null,
  primary key ("memory_db_cluster_id", "region", "security_group_id")
);
alter table "public"."memory_db_cluster_security_groups" add foreign key ("memory_db_cluster_id", "region") references "public"."memory_db_cluster" ("id", "region") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."memory_db_cluster_security_groups" add foreign key ("region") references "public"."aws_regions" ("region") deferrable initially immediate;
alter table "public"."memory_db_cluster_security_groups" add foreign key ("security_group_id", "region") references "public"."security_group" ("id", "region") on delete cascade on update cascade deferrable initially immediate;
select iasql.watch('"public"."memory_db_cluster_security_groups"'::regclass);
select iasql.follow_column('"public"."memory_db_cluster_security_groups"'::regclass, 'region', 'memory_db_cluster_id', '"public"."memory_db_cluster"'::regclass, 'id', 'region');
select iasql.unwatch(iasql.table_name('"public"."memory_db_cluster_security_groups"'::regclass));
drop table "public"."memory_db_cluster_security_groups";
