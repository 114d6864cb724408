-- Arrays whose members name rows of another table, or what is no row of ours.

alter table iasql.list_reference add column others text;
comment on column iasql.list_reference.others is 'A pattern of members that name what is no row of ours; null: every member names one.';
drop function if exists iasql.watch_list(regclass, text, regclass, text, boolean, text);
