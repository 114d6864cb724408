-- Who may write members of arrays that no row bears: a way back, as the gate says.

alter table iasql.gate add column leads_back xid8;
comment on column iasql.gate.leads_back is 'The PostgreSQL transaction that writes a way back just now: what it writes was checked when it was written first.';
