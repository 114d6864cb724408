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
