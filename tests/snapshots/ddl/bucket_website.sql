create table "public"."bucket_website" (
  "bucket_name" character varying not null,
  "index_document" character varying not null,
  "error_document" character varying,
  primary key ("bucket_name")
);
alter table "public"."bucket_website" add foreign key ("bucket_name") references "public"."bucket" ("name") on delete cascade deferrable initially immediate;
select iasql.watch('"public"."bucket_website"'::regclass);
select iasql.unwatch(iasql.table_name('"public"."bucket_website"'::regclass));
drop table "public"."bucket_website";
