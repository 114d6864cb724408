-- What the channel keeps: who may speak, who answers, what was answered. Only the engine's role sees any of it.

-- Locked during a hand-over. A table, because an advisory lock could be taken by anybody and hang every caller.
create table iasql.channel_mutex ();

-- The key of the engine in office: a hand-over passes through pg_locks, which everybody may read.
create unlogged table iasql.channel_key (epoch bigint primary key, key bytea not null);

-- What the engine answered: any number of notices and rows, then one end or error. Deleted once the caller is gone.
create unlogged table iasql.reply (
  nonce bigint not null,
  seq integer not null,
  kind text not null check (kind in ('notice', 'row', 'end', 'error')),
  body jsonb not null,
  written timestamptz not null default clock_timestamp(),
  primary key (nonce, seq)
);

-- How far the running operations are, for iasql_progress().
create unlogged table iasql.progress (
  nonce bigint primary key,
  operation text not null,
  "user" text,
  since timestamptz not null,
  done integer,
  total integer,
  "current" text not null
);

revoke all on iasql.channel_mutex, iasql.channel_key, iasql.reply, iasql.progress from public;
