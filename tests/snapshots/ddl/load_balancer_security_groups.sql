create table "public"."load_balancer_security_groups" (
  "load_balancer_id" integer not null,
  "security_group_id" integer not null,
  "region" character varying default default_aws_region() not null,
  primary key ("load_balancer_id", "security_group_id"),
  unique ("load_balancer_id", "security_group_id", "region")
);
alter table "public"."load_balancer_security_groups" add foreign key ("load_balancer_id") references "public"."load_balancer" ("id") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."load_balancer_security_groups" add foreign key ("security_group_id") references "public"."security_group" ("id") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."load_balancer_security_groups" add foreign key ("region") references "public"."aws_regions" ("region") deferrable initially immediate;
select iasql.watch('"public"."load_balancer_security_groups"'::regclass);
select iasql.follow_column('"public"."load_balancer_security_groups"'::regclass, 'region', 'load_balancer_id', '"public"."load_balancer"'::regclass, 'id', 'region');
select iasql.unwatch(iasql.table_name('"public"."load_balancer_security_groups"'::regclass));
drop table "public"."load_balancer_security_groups";
