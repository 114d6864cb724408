create type "public"."bucket_versioning_status_enum" as enum ('Enabled', 'Suspended');
create table "public"."bucket" (
  "name" character varying not null,
  "policy" jsonb,
  "created_at" timestamp with time zone,
  "tags" jsonb,
  "region" character varying default default_aws_region() not null,
  "versioning_status" "public"."bucket_versioning_status_enum",
  "encryption" jsonb,
  primary key ("name"),
  unique ("name", "region")
);
alter table "public"."bucket" add foreign key ("region") references "public"."aws_regions" ("region") deferrable initially immediate;
select iasql.watch('"public"."bucket"'::regclass, "computed" => '{created_at}'::text[]);
select iasql.fix_columns('"public"."bucket"'::regclass, '{name,region}', 'block_s3_primary_key_update', 'Bucket name or region', 'Insert a bucket of the new name or region, move the objects, then delete this row.');
select iasql.unwatch(iasql.table_name('"public"."bucket"'::regclass));
drop table "public"."bucket";
drop type "public"."bucket_versioning_status_enum";
