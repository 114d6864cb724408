-- What is kept beside a long log, so that reading it does not begin at the start: folds of long histories, and names.

create table iasql.fold (
  table_name text not null,
  key jsonb not null,
  up_to bigint not null,
  state jsonb not null,
  primary key (table_name, key)
);
comment on table iasql.fold is 'The state of iasql.agreement after the row''s changes up to an id of the log, where they are many. Can be emptied at any time.';

create table iasql.alias (
  table_name text not null,
  column_name text not null,
  value text not null,
  key jsonb not null,
  primary key (table_name, column_name, value, key)
);
create index alias_key on iasql.alias (table_name, key);
comment on table iasql.alias is 'Which rows bore a value in a column by which rows are called; value: its MD5. Can be emptied, with iasql.aliased, at any time.';

create table iasql.aliased (
  table_name text not null,
  column_name text not null,
  primary key (table_name, column_name)
);
comment on table iasql.aliased is 'The columns of which iasql.alias has all values up to iasql.caught_up.';

create table iasql.caught_up (
  one boolean primary key default true check (one),
  log_id bigint not null default 0
);
comment on table iasql.caught_up is 'Up to this id, iasql.fold and iasql.alias have what is kept of the log.';
insert into iasql.caught_up default values;
