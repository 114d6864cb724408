create table web_site (
  name text primary key,
  index_page text not null default 'index.html',
  region text not null default default_aws_region(),
  endpoint text
);
comment on table web_site is 'A bucket that is a website.';

-- low to high: which rows the table has
create view web_site_found as
  select b.name, w.index_document as index_page, b.region, get_bucket_website_endpoint(b.name) as endpoint
  from bucket b join bucket_website w on w.bucket_name = b.name;

-- high to low: what a change of a row means
create function write_web_site() returns trigger language plpgsql as $$
begin
  if tg_op in ('UPDATE', 'DELETE') and (tg_op = 'DELETE' or old.name <> new.name) then
    delete from bucket_website where bucket_name = old.name;
    delete from bucket where name = old.name;
  end if;
  if tg_op = 'INSERT' or (tg_op = 'UPDATE' and old.name <> new.name) then
    insert into bucket (name, region) values (new.name, new.region);
    insert into bucket_website (bucket_name, index_document) values (new.name, new.index_page);
  elsif tg_op = 'UPDATE' then
    update bucket_website set index_document = new.index_page
      where bucket_name = new.name and index_document is distinct from new.index_page;
  end if;
  return null;
end
$$;

create trigger write_web_site after insert or update or delete on web_site
  for each row when (not iasql_stands_still()) execute function write_web_site();
