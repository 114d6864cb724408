create table "public"."availability_zone" (
  "name" character varying not null,
  "region" character varying default default_aws_region() not null,
  primary key ("name"),
  unique ("name", "region")
);
alter table "public"."availability_zone" add foreign key ("region") references "public"."aws_regions" ("region") deferrable initially immediate;
select iasql.watch('"public"."availability_zone"'::regclass, "computed" => '{region}'::text[]);
select iasql.unwatch(iasql.table_name('"public"."availability_zone"'::regclass));
drop table "public"."availability_zone";
