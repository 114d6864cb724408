create type "public"."source_credentials_list_source_type_enum" as enum ('GITHUB', 'CODEPIPELINE', 'NO_SOURCE', 'BITBUCKET', 'GITHUB_ENTERPRISE', 'GITLAB', 'GITLAB_SELF_MANAGED');
create table "public"."source_credentials_list" (
  "arn" character varying not null,
  "source_type" "public"."source_credentials_list_source_type_enum" not null,
  "auth_type" character varying not null,
  "region" character varying default default_aws_region() not null,
  primary key ("arn"),
  unique ("arn", "region")
);
alter table "public"."source_credentials_list" add foreign key ("region") references "public"."aws_regions" ("region") deferrable initially immediate;
select iasql.watch('"public"."source_credentials_list"'::regclass, "computed" => '{auth_type,region,source_type}'::text[]);
select iasql.unwatch(iasql.table_name('"public"."source_credentials_list"'::regclass));
drop table "public"."source_credentials_list";
drop type "public"."source_credentials_list_source_type_enum";
