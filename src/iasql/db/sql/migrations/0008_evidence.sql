-- The log in partitions by id, so that old ones can be moved to an archive; and what makes its seals evidence.

alter type public.iasql_audit_log_change_type_enum add value 'REDACT';
alter type public.iasql_audit_log_change_type_enum add value 'ARCHIVE';

-- the table that was the log becomes its first partition; whatever reads it, users' views too, reads all of them
create temporary table reading on commit drop as
  select distinct v.oid::regclass::text name, pg_get_viewdef(v.oid) body
  from pg_depend d join pg_rewrite r on r.oid = d.objid join pg_class v on v.oid = r.ev_class
  where d.classid = 'pg_rewrite'::regclass and d.refobjid = 'public.iasql_audit_log'::regclass and v.relkind = 'v';

alter table public.iasql_audit_log alter column id drop identity;
alter table public.iasql_audit_log drop constraint if exists iasql_audit_log_grammar;
do $$
declare
  t name;
begin
  for t in select g.tgname from pg_trigger g where g.tgrelid = 'public.iasql_audit_log'::regclass and not g.tgisinternal loop
    execute format('drop trigger %I on public.iasql_audit_log', t);
  end loop;
  if to_regprocedure('iasql.leaf_of(public.iasql_audit_log, bytea)') is not null then
    drop function iasql.leaf_of(public.iasql_audit_log, bytea);
  end if;
end $$;
alter table public.iasql_audit_log set schema iasql;
alter table iasql.iasql_audit_log rename to audit_log_1;
alter index iasql.iasql_audit_log_pkey rename to audit_log_1_pkey;
alter index iasql.iasql_audit_log_row rename to audit_log_1_row;
alter index iasql.iasql_audit_log_ts rename to audit_log_1_ts;
alter index iasql.iasql_audit_log_marker rename to audit_log_1_marker;

create table public.iasql_audit_log (like iasql.audit_log_1 including defaults including comments) partition by range (id);
comment on table public.iasql_audit_log is 'Everything that happened: who changed what, which transaction it belongs to, what was asked of the cloud.';
comment on table iasql.audit_log_1 is 'A partition of the log.';
alter table public.iasql_audit_log alter column id add generated always as identity;
alter table public.iasql_audit_log add constraint iasql_audit_log_pkey primary key (id);
create index iasql_audit_log_row on public.iasql_audit_log (table_name, key, id);
create index iasql_audit_log_ts on public.iasql_audit_log using brin (ts) with (pages_per_range = 32, autosummarize = on);
create index iasql_audit_log_marker on public.iasql_audit_log (transaction_id, id) where key is null;
alter table public.iasql_audit_log attach partition iasql.audit_log_1 for values from (minvalue) to (maxvalue);
select setval('public.iasql_audit_log_id_seq', greatest((select max(l.id) from public.iasql_audit_log l), 1),
  exists (select from public.iasql_audit_log));
do $$
declare
  v record;
begin
  for v in select * from reading loop
    execute format('create or replace view %s as %s', v.name, v.body);
  end loop;
end $$;

create table iasql.audit_part (
  low bigint primary key,
  high bigint,
  rel regclass not null unique,
  made_at timestamptz not null default clock_timestamp()
);
comment on table iasql.audit_part is 'The partitions of the log: ids from low to below high; the last one has no high.';
insert into iasql.audit_part (low, rel) values (1, 'iasql.audit_log_1');

create table iasql.audit_self (
  one boolean primary key default true check (one),
  log uuid not null default gen_random_uuid()
);
comment on table iasql.audit_self is 'Which log this is, so that no seal of another one can stand for it.';
insert into iasql.audit_self default values;

create table iasql.audit_signature (
  seal bigint primary key,
  key_id text not null,
  signature bytea not null,
  signed_at timestamptz not null default clock_timestamp()
);
comment on table iasql.audit_signature is 'Ed25519 signatures of seals, by a key that is kept outside of the database.';

alter table iasql.audit_leaf add column redacted bytea;
create index audit_leaf_redacted on iasql.audit_leaf (log_id) where redacted is not null;
comment on column iasql.audit_leaf.redacted is 'The digest that the row has since a value was removed from it; its first one stays.';

create table iasql.audit_away (
  low bigint primary key,
  high bigint not null,
  first_seal bigint not null,
  last_seal bigint not null,
  rows bigint not null,
  until timestamptz not null,
  place text not null,
  record bigint not null
);
comment on table iasql.audit_away is 'Rows of the log (ids from low to below high) that are in an archive and not here; record: the row of the log that tells of it.';
