-- High-level tables, which follow low-level ones; and modules that users add.

create table iasql.rebuild (
  table_name text primary key,
  source regclass not null,
  follows text[] not null,
  up_to bigint not null default 0
);
comment on table iasql.rebuild is 'High-level tables: which view tells their rows, which tables these rows are made of, and how far in the log they follow.';

create table iasql.added_module (
  name text primary key check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  version text not null,
  description text not null,
  dependencies text[] not null,
  install text not null,
  uninstall text not null,
  rebuilds jsonb not null,
  objects jsonb not null default '[]',
  added_by text not null,
  added_at timestamptz not null default clock_timestamp()
);
comment on table iasql.added_module is 'Modules that operators have added: SQL that is run with the power of the role iasql_module, never with the engine''s.';
comment on column iasql.added_module.objects is 'What its install has made, so that it can be taken away.';

-- Code of a module runs in a trigger of this table: there nobody counts as the engine.
create unlogged table iasql.module_run (
  one boolean primary key default true check (one),
  what text not null check (what in ('sql', 'rebuild')),
  argument text not null
);

revoke all on iasql.rebuild, iasql.added_module, iasql.module_run from public;
