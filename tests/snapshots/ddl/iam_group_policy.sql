create table "public"."iam_group_policy" (
  "group_name" character varying not null,
  "policy_name" character varying not null,
  "policy_document" jsonb not null,
  primary key ("group_name", "policy_name")
);
alter table "public"."iam_group_policy" add foreign key ("group_name") references "public"."iam_group" ("group_name") on delete cascade on update cascade deferrable initially immediate;
select iasql.watch('"public"."iam_group_policy"'::regclass);
select iasql.unwatch(iasql.table_name('"public"."iam_group_policy"'::regclass));
drop table "public"."iam_group_policy";
