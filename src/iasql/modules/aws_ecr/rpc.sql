-- What ECR never changes in place.

create or replace function block_private_repository_region_update() returns trigger
language plpgsql
as $$
begin
  raise exception 'Repository image region cannot be modified'
    using detail = format('Image %s is in %s; ECR moves no image.', old.image_id, old.private_repository_region),
          hint = 'Push the image to a repository of the other region.';
end
$$;

create or replace trigger block_private_repository_region_update before update on repository_image
  for each row
  when (old.private_repository_region is distinct from new.private_repository_region)
  execute function block_private_repository_region_update();
