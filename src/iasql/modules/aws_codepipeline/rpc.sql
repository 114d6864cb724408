-- Pipelines keep their name and region; tokens in their stages go where secrets go.

create or replace function block_codepipeline_primary_key_update() returns trigger language plpgsql as $$
begin
  raise exception 'Pipeline name or region cannot be modified'
    using detail = format('Pipeline %s is in %s.', old.name, old.region),
          hint = 'Insert a pipeline of the new name or region, then delete this row.';
end
$$;

create or replace trigger block_codepipeline_primary_key_update before update on pipeline_declaration
  for each row when (old.name is distinct from new.name or old.region is distinct from new.region)
  execute function block_codepipeline_primary_key_update();

-- before the guard of secrets, whose name comes later
create or replace function hide_codepipeline_token() returns trigger language plpgsql as $$
declare
  token constant text := (regexp_match(new.stages::text, '"OAuthToken": "((?:[^"\\]|\\.)*)"'))[1];
begin
  if token is not null and token <> '****' then
    new.oauth_token := token;
    new.stages := regexp_replace(new.stages::text, '"OAuthToken": "(?:[^"\\]|\\.)*"', '"OAuthToken": "****"', 'g')::jsonb;
  end if;
  return new;
end
$$;

create or replace trigger a_hide_codepipeline_token before insert or update on pipeline_declaration
  for each row when (new.stages::text like '%"OAuthToken"%') execute function hide_codepipeline_token();
