create table "public"."public_access_block" (
  "bucket_name" character varying not null,
  "block_public_acls" boolean default true not null,
  "ignore_public_acls" boolean default true not null,
  "block_public_policy" boolean default true not null,
  "restrict_public_buckets" boolean default true not null,
  primary key ("bucket_name")
);
alter table "public"."public_access_block" add foreign key ("bucket_name") references "public"."bucket" ("name") on delete cascade deferrable initially immediate;
select iasql.watch('"public"."public_access_block"'::regclass);
select iasql.unwatch(iasql.table_name('"public"."public_access_block"'::regclass));
drop table "public"."public_access_block";
