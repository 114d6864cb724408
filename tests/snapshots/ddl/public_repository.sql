create table "public"."public_repository" (
  "repository_name" character varying not null,
  "repository_arn" character varying,
  "registry_id" character varying,
  "repository_uri" character varying,
  "created_at" timestamp with time zone,
  "tags" jsonb,
  primary key ("repository_name")
);
select iasql.watch('"public"."public_repository"'::regclass, "computed" => '{created_at,registry_id,repository_arn,repository_uri}'::text[]);
select iasql.unwatch(iasql.table_name('"public"."public_repository"'::regclass));
drop table "public"."public_repository";
