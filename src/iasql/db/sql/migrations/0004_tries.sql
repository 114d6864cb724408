-- What fails is tried again, later each time.

alter table iasql.held add column tries integer not null default 0;
alter table iasql.held add column tried_at timestamptz not null default clock_timestamp();
comment on column iasql.held.tries is 'How often it was tried again.';
comment on column iasql.held.tried_at is 'When it was tried last.';
