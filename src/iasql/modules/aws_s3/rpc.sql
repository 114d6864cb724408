-- What S3 never changes in place, and where a website is found.

create or replace function block_s3_primary_key_update() returns trigger
language plpgsql
as $$
begin
  raise exception 'Bucket name or region cannot be modified'
    using detail = format('Bucket %s is in %s; S3 neither renames nor moves a bucket.', old.name, old.region),
          hint = 'Insert a bucket of the new name or region, move the objects, then delete this row.';
end
$$;

create or replace trigger block_s3_primary_key_update before update on bucket
  for each row
  when (old.name is distinct from new.name or old.region is distinct from new.region)
  execute function block_s3_primary_key_update();

create or replace function block_s3_object_primary_key_update() returns trigger
language plpgsql
as $$
begin
  raise exception 'Object bucket, key or region cannot be modified'
    using detail = format('Object %s is in bucket %s; S3 neither renames nor moves an object.', old.key, old.bucket_name),
          hint = 'Upload it under the new key with s3_upload_object(), then delete this row.';
end
$$;

create or replace trigger block_s3_object_primary_key_update before update on bucket_object
  for each row
  when (
    old.bucket_name is distinct from new.bucket_name
    or old.region is distinct from new.region
    or old.key is distinct from new.key
  )
  execute function block_s3_object_primary_key_update();

-- S3's first regions write the website endpoint with a dash, all later ones with a dot
-- (docs.aws.amazon.com/general/latest/gr/s3.html#s3_website_region_endpoints).
create or replace function get_bucket_website_endpoint(bucket_name text) returns text
language sql stable
set search_path from current
as $$
  select b.name || '.s3-website' || case when b.region in (
      'us-east-1', 'us-west-1', 'us-west-2', 'us-gov-west-1', 'eu-west-1',
      'ap-southeast-1', 'ap-southeast-2', 'ap-northeast-1', 'sa-east-1'
    ) then '-' else '.' end || b.region || '.amazonaws.com' || case when b.region like 'cn-%' then '.cn' else '' end
  from bucket b where b.name = get_bucket_website_endpoint.bucket_name
$$;

comment on function get_bucket_website_endpoint(text) is
  '{"module": "aws_s3", "description": "The host name under which S3 serves a bucket as a website; null for an unknown bucket.", "sample_usage": "select get_bucket_website_endpoint(''my-site'')"}';
