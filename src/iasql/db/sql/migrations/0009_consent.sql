-- Changes that the engine writes again for whoever made them: what a commit did that has expired is undone.

alter table iasql.gate add column replays boolean not null default false;
comment on column iasql.gate.replays is 'While one statement of the engine writes changes that are users'' own.';
