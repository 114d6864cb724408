-- The platform's tables. Functions, triggers and views stand in files of their own, applied again when they change.

create schema iasql;
grant usage on schema iasql to iasql_writer, iasql_user, iasql_operator, iasql_approver, iasql_auditor;
grant usage on schema public to iasql_writer, iasql_user, iasql_operator, iasql_approver, iasql_auditor;
grant create on schema public to iasql_user;

-- the log ------------------------------------------------------------------------------------------------------------

create type public.iasql_audit_log_change_type_enum as enum (
  'INSERT', 'UPDATE', 'DELETE',
  'OPEN_TRANSACTION', 'CLOSE_TRANSACTION', 'START_COMMIT', 'END_COMMIT',
  'PREVIEW_START_COMMIT', 'PREVIEW_END_COMMIT', 'START_REVERT', 'END_REVERT', 'SET_COMMIT_MESSAGE', 'ERROR',
  'CLOUD_CALL', 'AGREED', 'INSTALL', 'UNINSTALL', 'CONFLICT', 'APPROVE', 'SETTING',
  'ENGINE_START', 'ENGINE_STOP', 'MIGRATE', 'REFUSED');

create table public.iasql_audit_log (
  id bigint generated always as identity primary key,
  ts timestamptz not null default clock_timestamp(),
  xact xid8 not null default pg_current_xact_id(),
  "user" varchar not null default session_user,
  changed_by varchar not null default session_user,
  client_addr inet default inet_client_addr(),
  application_name varchar default current_setting('application_name'),
  origin varchar not null,
  restores boolean not null default false,
  table_name varchar,
  change_type public.iasql_audit_log_change_type_enum not null,
  key jsonb,
  change jsonb,
  message varchar,
  transaction_id uuid not null
);
create index iasql_audit_log_row on public.iasql_audit_log (table_name, key, id);
create index iasql_audit_log_ts on public.iasql_audit_log using brin (ts) with (pages_per_range = 32, autosummarize = on);
create index iasql_audit_log_marker on public.iasql_audit_log (transaction_id, id) where key is null;

comment on table public.iasql_audit_log is 'Everything that happened: who changed what, which transaction it belongs to, what was asked of the cloud.';
comment on column public.iasql_audit_log.ts is 'When it was written (the clock, not the start of the transaction).';
comment on column public.iasql_audit_log.xact is 'The PostgreSQL transaction: a moment never means half of one.';
comment on column public.iasql_audit_log."user" is 'The login.';
comment on column public.iasql_audit_log.changed_by is 'The person, where an application names one in the setting iasql.actor; else the login.';
comment on column public.iasql_audit_log.origin is 'user, or engine: what the engine itself wrote.';
comment on column public.iasql_audit_log.restores is 'Written by a rollback, or to bring a failed commit back: such a change agrees nothing with the cloud.';
comment on column public.iasql_audit_log.key is 'The primary key of the row.';
comment on column public.iasql_audit_log.change is 'original: the row before; change: the columns that changed, or the whole new row.';
comment on column public.iasql_audit_log.transaction_id is 'The IaSQL transaction; changes outside of one share an id until the next tick.';

create table iasql.succession (
  previous public.iasql_audit_log_change_type_enum,
  next public.iasql_audit_log_change_type_enum not null,
  unique nulls not distinct (previous, next)
);
comment on table iasql.succession is 'Which marker of a transaction may follow which; null: the transaction''s first.';
insert into iasql.succession values
  (null, 'OPEN_TRANSACTION'),
  (null, 'START_COMMIT'),                   -- a tick carries out what was changed outside of a transaction
  ('OPEN_TRANSACTION', 'START_COMMIT'),
  ('OPEN_TRANSACTION', 'START_REVERT'),     -- rollback
  ('START_COMMIT', 'OPEN_TRANSACTION'),     -- back to open, before any call was made
  ('START_COMMIT', 'START_REVERT'),         -- failed: bring back
  ('START_COMMIT', 'END_COMMIT'),
  ('START_COMMIT', 'CLOSE_TRANSACTION'),    -- failed for good
  ('START_REVERT', 'END_REVERT'),
  ('START_REVERT', 'CLOSE_TRANSACTION'),
  ('END_REVERT', 'END_COMMIT'),
  ('END_REVERT', 'CLOSE_TRANSACTION'),
  ('END_COMMIT', 'CLOSE_TRANSACTION');

-- the gate -----------------------------------------------------------------------------------------------------------

create table iasql.gate (
  one boolean primary key default true check (one),
  state text not null default 'clean' check (state in ('clean', 'open', 'committing', 'reverting')),
  user_transaction uuid not null,
  since bigint not null default 0,
  verb_transaction uuid,
  opened_by varchar,
  xact xid8,
  outside text not null default 'push',
  owner_only boolean not null default false,
  bulk boolean not null default false,
  tracks boolean not null default false
) with (fillfactor = 10);
comment on table iasql.gate is 'One row between writers (row share) and markers (exclusive), and what every write needs to know.';
comment on column iasql.gate.user_transaction is 'The id that users'' changes carry now: the open transaction''s, or an implicit one.';
comment on column iasql.gate.since is 'The log''s last id when user_transaction came: its changes lie above.';
comment on column iasql.gate.verb_transaction is 'The id that the engine''s writes carry now.';
comment on column iasql.gate.xact is 'The PostgreSQL transaction that set the last marker: it may not write rows as well.';
comment on column iasql.gate.outside is 'Setting outside_transaction.';
comment on column iasql.gate.owner_only is 'Setting transaction_scope is owner.';
comment on column iasql.gate.bulk is 'Setting truncate_outside_transaction.';
comment on column iasql.gate.tracks is 'Some mode is TRACK.';
insert into iasql.gate (user_transaction) values (gen_random_uuid());

create table iasql.switched (
  one boolean primary key default true check (one),
  stated_at timestamptz
) with (fillfactor = 10);
comment on table iasql.switched is 'Rewritten by each switch of the gate, so that a REPEATABLE READ writer with an older view fails; stated_at: the statement that set a marker.';
insert into iasql.switched default values;

create table iasql.settled (
  one boolean primary key default true check (one),
  log_id bigint not null default 0
);
comment on table iasql.settled is 'Up to this log id the tick has dealt with users'' changes.';
insert into iasql.settled default values;

create table iasql.epoch (
  one boolean primary key default true check (one),
  number bigint not null default 0,
  taken_at timestamptz
);
comment on table iasql.epoch is 'How often an engine took over; whoever carries an older number may call nothing more.';
insert into iasql.epoch default values;

-- what is watched ----------------------------------------------------------------------------------------------------

create table iasql.watched (
  table_name text primary key,
  rel regclass not null unique,
  keys text[] not null,
  masked text[] not null,
  volatile text[] not null,
  derived text[] not null,
  computed text[] not null,
  settable text[] not null,
  platform boolean not null default false
);
comment on table iasql.watched is 'The tables whose rows are logged, and what their columns are.';

create table iasql.vault (
  table_name text not null,
  key jsonb not null,
  place text not null,
  version text not null,
  secret text not null,
  xact xid8 not null default pg_current_xact_id(),
  primary key (table_name, key, place, version)
);
comment on table iasql.vault is 'Secrets by row, column and version; old versions stay, so that a rollback can bring them back.';

create table iasql.mask_key (
  one boolean primary key default true check (one),
  inner_pad bytea not null,
  outer_pad bytea not null
);
comment on table iasql.mask_key is 'The key of the digests that the log shows in place of secrets, as the two pads of HMAC.';
do $$
declare
  key bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) || decode(repeat('00', 32), 'hex');
  i bytea := key; o bytea := key;
begin
  for n in 0..63 loop
    i := set_byte(i, n, get_byte(key, n) # 54);
    o := set_byte(o, n, get_byte(key, n) # 92);
  end loop;
  insert into iasql.mask_key (inner_pad, outer_pad) values (i, o);
end $$;

-- the platform's own tables ------------------------------------------------------------------------------------------

create table public.iasql_module (
  name varchar primary key,
  version varchar not null
);
create table public.iasql_dependencies (
  module varchar not null references public.iasql_module (name) on update cascade on delete cascade,
  dependency varchar not null references public.iasql_module (name) on update cascade on delete cascade,
  primary key (module, dependency)
);
create index iasql_dependencies_dependency on public.iasql_dependencies (dependency);
create table public.iasql_tables (
  module varchar not null references public.iasql_module (name),
  "table" varchar not null,
  primary key (module, "table")
);
comment on table public.iasql_module is 'The installed modules.';
comment on table public.iasql_dependencies is 'Which installed module needs which.';
comment on table public.iasql_tables is 'Which table belongs to which module.';

create table public.iasql_setting (
  name varchar primary key,
  value varchar not null,
  allowed varchar not null,
  description varchar not null,
  constraint iasql_setting_allowed check (value ~ ('^(' || allowed || ')$'))
);
comment on table public.iasql_setting is 'How this database behaves; an operator may update a value.';

create table public.iasql_mode (
  id integer generated by default as identity primary key,
  table_name varchar,
  key jsonb,
  column_name varchar,
  mode varchar not null check (mode in ('NORMAL', 'TRACK', 'ENFORCE', 'PROTECT')),
  unique nulls not distinct (table_name, key, column_name)
);
comment on table public.iasql_mode is 'Who wins where: null means all, and the most specific row decides.';

create table iasql.held (
  table_name text not null,
  key jsonb not null,
  kind text not null,
  detail jsonb not null,
  since timestamptz not null default clock_timestamp(),
  primary key (table_name, key, kind)
);
comment on table iasql.held is 'Changes that wait for somebody to decide, and why.';

create table iasql.freshness (
  table_name text not null,
  region text,
  last_ok timestamptz,
  error text,
  unique nulls not distinct (table_name, region)
);
comment on table iasql.freshness is 'When each table was last read whole from the cloud, region by region.';
