-- Names as Route 53 writes them: small letters, and a dot at the end, so that one name is one text.

create or replace function whole_domain_name() returns trigger
language plpgsql
as $$
begin
  new.domain_name := rtrim(lower(new.domain_name), '.') || '.';
  return new;
end
$$;

create or replace trigger whole_domain_name before insert or update of domain_name on hosted_zone
  for each row execute function whole_domain_name();

create or replace function whole_record_name() returns trigger
language plpgsql
as $$
begin
  new.name := rtrim(lower(new.name), '.') || '.';
  return new;
end
$$;

create or replace trigger whole_record_name before insert or update of name on resource_record_set
  for each row execute function whole_record_name();
