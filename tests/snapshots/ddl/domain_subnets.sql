create table "public"."domain_subnets" (
  "domain_id" integer not null,
  "subnet_id" integer not null,
  "region" character varying default default_aws_region() not null,
  primary key ("domain_id", "subnet_id"),
  unique ("domain_id", "subnet_id", "region")
);
alter table "public"."domain_subnets" add foreign key ("domain_id") references "public"."domain" ("id") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."domain_subnets" add foreign key ("subnet_id") references "public"."subnet" ("id") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."domain_subnets" add foreign key ("region") references "public"."aws_regions" ("region") deferrable initially immediate;
select iasql.watch('"public"."domain_subnets"'::regclass);
select iasql.follow_column('"public"."domain_subnets"'::regclass, 'region', 'domain_id', '"public"."domain"'::regclass, 'id', 'region');
select iasql.unwatch(iasql.table_name('"public"."domain_subnets"'::regclass));
drop table "public"."domain_subnets";
