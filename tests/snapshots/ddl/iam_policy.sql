create table "public"."iam_policy" (
  "policy_name" character varying not null,
  "arn" character varying,
  "policy_document" jsonb not null,
  "description" character varying,
  "path" character varying,
  "policy_id" character varying,
  "default_version_id" character varying,
  "attachment_count" integer,
  "create_date" timestamp with time zone,
  "tags" jsonb,
  primary key ("policy_name")
);
select iasql.watch('"public"."iam_policy"'::regclass, "volatile" => '{attachment_count}'::text[], "computed" => '{arn,create_date,default_version_id,policy_id}'::text[]);
select iasql.unwatch(iasql.table_name('"public"."iam_policy"'::regclass));
drop table "public"."iam_policy";
