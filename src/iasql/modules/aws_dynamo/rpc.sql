-- Which attribute of a key is the partition key. JSON says it by the order of its members, which no row keeps; the text
-- of a statement still has it.

create or replace function before_dynamo_table_insert_update() returns trigger
language plpgsql
as $$
declare
  attributes text[];
begin
  if json_typeof(new.primary_key) <> 'object' then
    raise exception 'The primary key of DynamoDB table % is not an object', new.table_name
      using errcode = '23514', hint = 'Name one or two attributes with their types: {"id": "S", "at": "N"}.';
  end if;
  attributes := array(select json_object_keys(new.primary_key));
  if cardinality(attributes) not between 1 and 2 then
    raise exception 'The primary key of DynamoDB table % has % attributes', new.table_name, cardinality(attributes)
      using errcode = '23514', hint = 'A key is a partition key, and perhaps a sort key: {"id": "S", "at": "N"}.';
  end if;
  if new.partition_key is null or new.partition_key <> all (attributes) then
    new.partition_key := attributes[1];
  end if;
  return new;
end
$$;

create or replace trigger before_dynamo_table_insert_update before insert or update on dynamo_table
  for each row execute function before_dynamo_table_insert_update();
