create table "public"."iam_group" (
  "group_name" character varying not null,
  "arn" character varying,
  "path" character varying,
  "group_id" character varying,
  "create_date" timestamp with time zone,
  "user_names" text[],
  "attached_policies_arns" text[],
  primary key ("group_name")
);
select iasql.watch('"public"."iam_group"'::regclass, "computed" => '{arn,create_date,group_id}'::text[]);
select iasql.watch_list('"public"."iam_group"'::regclass, 'user_names', '"public"."iam_user"'::regclass, 'user_name', false, NULL);
select iasql.watch_list('"public"."iam_group"'::regclass, 'attached_policies_arns', '"public"."iam_policy"'::regclass, 'arn', false, 'policy_name', '^arn:[a-z-]+:iam::aws:policy/');
select iasql.unwatch(iasql.table_name('"public"."iam_group"'::regclass));
drop table "public"."iam_group";
