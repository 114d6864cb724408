create table "public"."aws_regions" (
  "region" character varying not null,
  "is_default" boolean default false not null,
  "is_enabled" boolean default true not null,
  primary key ("region")
);
select iasql.watch('"public"."aws_regions"'::regclass);
select iasql.unwatch(iasql.table_name('"public"."aws_regions"'::regclass));
drop table "public"."aws_regions";
