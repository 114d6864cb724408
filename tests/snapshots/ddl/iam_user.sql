create table "public"."iam_user" (
  "arn" character varying,
  "user_name" character varying not null,
  "create_date" timestamp with time zone default now() not null,
  "path" character varying,
  "user_id" character varying,
  "attached_policies_arns" text[],
  "tags" jsonb,
  primary key ("user_name")
);
select iasql.watch('"public"."iam_user"'::regclass, "computed" => '{arn,create_date,user_id}'::text[]);
select iasql.watch_list('"public"."iam_user"'::regclass, 'attached_policies_arns', '"public"."iam_policy"'::regclass, 'arn', false, 'policy_name', '^arn:[a-z-]+:iam::aws:policy/');
select iasql.unwatch(iasql.table_name('"public"."iam_user"'::regclass));
drop table "public"."iam_user";
