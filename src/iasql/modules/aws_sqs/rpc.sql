-- SQS tells a FIFO queue by its name; the row says it twice, so both must agree.

create or replace function before_queue_insert_update() returns trigger
language plpgsql
as $$
begin
  if new.fifo_queue and new.name not like '%.fifo' then
    raise exception 'The name of a FIFO queue must end with .fifo'
      using errcode = '23514', detail = format('Queue %s has fifo_queue = true.', new.name),
            hint = format('Name it %s.fifo, or set fifo_queue to false.', new.name);
  elsif not new.fifo_queue and new.name like '%.fifo' then
    raise exception 'A queue whose name ends with .fifo must be a FIFO queue'
      using errcode = '23514', detail = format('Queue %s has fifo_queue = false.', new.name),
            hint = 'Set fifo_queue to true, or choose another name.';
  end if;
  return new;
end
$$;

create or replace trigger before_queue_insert_update before insert or update on queue
  for each row execute function before_queue_insert_update();
