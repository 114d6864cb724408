create table "public"."domain_security_groups" (
  "domain_id" integer not null,
  "security_group_id" integer not null,
  "region" character varying default default_aws_region() not null,
  primary key ("domain_id", "security_group_id"),
  unique ("domain_id", "security_group_id", "region")
);
alter table "public"."domain_security_groups" add foreign key ("domain_id") references "public"."domain" ("id") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."domain_security_groups" add foreign key ("security_group_id") references "public"."security_group" ("id") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."domain_security_groups" add foreign key ("region") references "public"."aws_regions" ("region") deferrable initially immediate;
select iasql.watch('"public"."domain_security_groups"'::regclass);
select iasql.follow_column('"public"."domain_security_groups"'::regclass, 'region', 'domain_id', '"public"."domain"'::regclass, 'id', 'region');
select iasql.unwatch(iasql.table_name('"public"."domain_security_groups"'::regclass));
drop table "public"."domain_security_groups";
