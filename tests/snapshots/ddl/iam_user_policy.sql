create table "public"."iam_user_policy" (
  "user_name" character varying not null,
  "policy_name" character varying not null,
  "policy_document" jsonb not null,
  primary key ("user_name", "policy_name")
);
alter table "public"."iam_user_policy" add foreign key ("user_name") references "public"."iam_user" ("user_name") on delete cascade on update cascade deferrable initially immediate;
select iasql.watch('"public"."iam_user_policy"'::regclass);
select iasql.unwatch(iasql.table_name('"public"."iam_user_policy"'::regclass));
drop table "public"."iam_user_policy";
