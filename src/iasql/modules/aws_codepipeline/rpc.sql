-- Tokens in the stages of pipelines go where secrets go.

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
