-- Arrays whose members name rows of another table.

create table iasql.list_reference (
  table_name text not null,
  column_name text not null,
  target text not null,
  target_column text not null,
  regional boolean not null,
  stand_in text,
  primary key (table_name, column_name)
);
create index list_reference_target on iasql.list_reference (target);
comment on table iasql.list_reference is 'Columns that are arrays of values of another table''s column: no member is unknown, and no row that is one is deleted.';
comment on column iasql.list_reference.regional is 'Whether a member names a row of the same region.';
comment on column iasql.list_reference.stand_in is 'The target''s key, whose value as text names a row that AWS has not given its id; null: users give the names.';
