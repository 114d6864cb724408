-- What is held is told once, however often it is found again; and where this database was at home.

alter table iasql.held add column seen_at timestamptz not null default clock_timestamp();
comment on column iasql.held.seen_at is 'When it was last found to be so; what is not found again is held no longer.';

create table iasql.home (
  one boolean primary key default true check (one),
  system_identifier bigint not null,
  database_oid oid not null,
  database_name text not null
);
comment on table iasql.home is 'Where an engine first served this database, or where somebody confirmed it: a copy is elsewhere, and pushes nothing.';
