-- Which label the model would give each example.

create table suggestions (
    audit_id uuid not null references audits (id) on delete cascade,
    index integer not null,
    label integer not null,
    probability double precision not null,
    runner_up integer not null,
    runner_up_probability double precision not null,
    primary key (audit_id, index)
);
comment on table suggestions is 'The label that late epochs find most probable, and the next one; no row where nothing was recorded.';
comment on column suggestions.audit_id is 'Audit.';
comment on column suggestions.index is 'Example.';
comment on column suggestions.label is 'Most probable class; it may be the given one.';
comment on column suggestions.probability is 'Its mean probability.';
comment on column suggestions.runner_up is 'The class after it.';
comment on column suggestions.runner_up_probability is 'Its mean probability.';
