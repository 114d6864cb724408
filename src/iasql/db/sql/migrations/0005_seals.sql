-- Tamper evidence: a digest for each row of the log, and a chain of seals over them.

create table iasql.audit_seal (
  number bigint primary key,
  low bigint not null,
  high bigint not null,
  leaves bigint not null,
  previous bytea not null,
  digest bytea not null,
  snapshot pg_snapshot not null,
  sealed_at timestamptz not null
);
comment on table iasql.audit_seal is 'The chain: each seal''s digest covers its leaves and the digest before it.';
comment on column iasql.audit_seal.low is 'The least id of the log that it covers; a transaction that ended late may lie below the seal before.';
comment on column iasql.audit_seal.snapshot is 'What had been committed by then: a row that was and has no leaf was added afterwards.';

create table iasql.audit_leaf (
  log_id bigint primary key,
  seal bigint not null,
  salt bytea not null,
  digest bytea not null
);
create index audit_leaf_seal on iasql.audit_leaf (seal, log_id);
comment on table iasql.audit_leaf is 'The salted digest of each sealed row of the log.';
