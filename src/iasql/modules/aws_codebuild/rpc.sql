-- A build specification that makes an image and pushes it to ECR, under the same tag.

create or replace function generate_put_ecr_image_build_spec(
  region text, image_tag text, repo_name text, repo_uri text, build_path text, build_args text[] default '{}'
) returns text
language sql immutable
as $$
  select format($spec$version: 0.2

phases:
  pre_build:
    commands:
      - echo Logging in to Amazon ECR...
      - aws ecr get-login-password --region %1$s | docker login --username AWS --password-stdin %2$s
  build:
    commands:
      - echo Building the image...
      - docker build -t %3$s:%4$s %6$s%5$s
      - docker tag %3$s:%4$s %7$s:%4$s
  post_build:
    commands:
      - echo Pushing the image...
      - docker push %7$s:%4$s
$spec$, region, split_part(repo_uri, '/', 1), repo_name, image_tag, build_path,
    coalesce((select string_agg(format('--build-arg %s ', a), '' order by n) from unnest(build_args) with ordinality u (a, n)), ''),
    repo_uri)
$$;

comment on function generate_put_ecr_image_build_spec(text, text, text, text, text, text[]) is
  '{"module": "aws_codebuild", "description": "A build specification that builds an image and pushes it to an ECR repository.", "sample_usage": "select generate_put_ecr_image_build_spec(''us-east-1'', ''latest'', ''app'', ''123456789012.dkr.ecr.us-east-1.amazonaws.com/app'', ''.'')"}';
