create table "public"."iam_role_policy" (
  "role_name" character varying not null,
  "policy_name" character varying not null,
  "policy_document" jsonb not null,
  primary key ("role_name", "policy_name")
);
alter table "public"."iam_role_policy" add foreign key ("role_name") references "public"."iam_role" ("role_name") on delete cascade on update cascade deferrable initially immediate;
select iasql.watch('"public"."iam_role_policy"'::regclass);
select iasql.unwatch(iasql.table_name('"public"."iam_role_policy"'::regclass));
drop table "public"."iam_role_policy";
