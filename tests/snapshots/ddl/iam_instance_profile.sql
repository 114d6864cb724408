create table "public"."iam_instance_profile" (
  "instance_profile_name" character varying not null,
  "arn" character varying,
  "path" character varying,
  "role_name" character varying,
  "instance_profile_id" character varying,
  "create_date" timestamp with time zone,
  "tags" jsonb,
  primary key ("instance_profile_name")
);
alter table "public"."iam_instance_profile" add foreign key ("role_name") references "public"."iam_role" ("role_name") on delete cascade on update cascade deferrable initially immediate;
select iasql.watch('"public"."iam_instance_profile"'::regclass, "computed" => '{arn,create_date,instance_profile_id}'::text[]);
select iasql.unwatch(iasql.table_name('"public"."iam_instance_profile"'::regclass));
drop table "public"."iam_instance_profile";
