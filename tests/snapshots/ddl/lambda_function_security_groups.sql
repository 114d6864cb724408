create table "public"."lambda_function_security_groups" (
  "lambda_function_id" integer not null,
  "security_group_id" integer not null,
  "region" character varying default default_aws_region() not null,
  primary key ("lambda_function_id", "security_group_id"),
  unique ("lambda_function_id", "security_group_id", "region")
);
alter table "public"."lambda_function_security_groups" add foreign key ("lambda_function_id") references "public"."lambda_function" ("id") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."lambda_function_security_groups" add foreign key ("security_group_id") references "public"."security_group" ("id") on delete cascade on update cascade deferrable initially immediate;
alter table "public"."lambda_function_security_groups" add foreign key ("region") references "public"."aws_regions" ("region") deferrable initially immediate;
select iasql.watch('"public"."lambda_function_security_groups"'::regclass, "computed" => '{region}'::text[]);
select iasql.follow_column('"public"."lambda_function_security_groups"'::regclass, 'region', 'lambda_function_id', '"public"."lambda_function"'::regclass, 'id', 'region');
select iasql.unwatch(iasql.table_name('"public"."lambda_function_security_groups"'::regclass));
drop table "public"."lambda_function_security_groups";
