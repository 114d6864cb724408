create table "public"."iam_role" (
  "arn" character varying,
  "role_name" character varying not null,
  "assume_role_policy_document" jsonb not null,
  "description" character varying,
  "attached_policies_arns" text[],
  "path" character varying,
  "max_session_duration" integer,
  "tags" jsonb,
  primary key ("role_name")
);
select iasql.watch('"public"."iam_role"'::regclass, "computed" => '{arn}'::text[]);
select iasql.watch_list('"public"."iam_role"'::regclass, 'attached_policies_arns', '"public"."iam_policy"'::regclass, 'arn', false, 'policy_name', '^arn:[a-z-]+:iam::aws:policy/');
select iasql.unwatch(iasql.table_name('"public"."iam_role"'::regclass));
drop table "public"."iam_role";
