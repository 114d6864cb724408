-- Creates whose tag is still to be taken off.

create table iasql.loose_tag (
  token text primary key,
  region text not null,
  table_name text not null,
  key jsonb not null
);
comment on table iasql.loose_tag is 'Creates whose iasql:intent tag could not be taken off, or that may have made something tagged of which nobody heard: a later sync takes it off.';
