-- Decisions of people on examples.

create table review_actions (
    seq bigint generated always as identity primary key,
    id uuid not null unique,
    audit_id uuid not null references audits (id) on delete cascade,
    reviewer text not null,
    undoes uuid unique references review_actions (id) on delete cascade,
    settles boolean not null,
    sample_id uuid,
    examples integer not null,
    decided_at timestamptz not null
);
comment on table review_actions is 'What reviewers did, in order; never changed. An action that is undone is followed by one that undoes it.';
comment on column review_actions.seq is 'Order within the audit.';
comment on column review_actions.id is 'Made up by the client, so that an action sent twice is done once.';
comment on column review_actions.audit_id is 'Audit.';
comment on column review_actions.reviewer is 'Name of who decided.';
comment on column review_actions.undoes is 'The action that this one takes back; null for decisions.';
comment on column review_actions.settles is 'Whether it overrules what was decided on these examples before.';
comment on column review_actions.sample_id is 'The sample that it was decided in, with the suggestion hidden; null outside of samples.';
comment on column review_actions.examples is 'How many examples it decides.';
comment on column review_actions.decided_at is 'When.';
create index review_actions_of_audit on review_actions (audit_id, seq);
create index review_actions_of_reviewer on review_actions (audit_id, reviewer, seq);

create view valid_actions as
    select * from review_actions
    where undoes is null
      and not exists (select from review_actions undo where undo.undoes = review_actions.id);
comment on view valid_actions is 'Decisions that were not taken back.';

create table decisions (
    action_seq bigint not null references review_actions (seq) on delete cascade,
    audit_id uuid not null references audits (id) on delete cascade,
    index integer not null,
    verdict text not null check (verdict in ('keep', 'relabel', 'exclude', 'second_look', 'cannot_judge')),
    label integer,
    primary key (action_seq, index),
    constraint decisions_label_check check ((verdict = 'relabel') = (label is not null))
);
comment on table decisions is 'What an action decides, example by example; never changed.';
comment on column decisions.action_seq is 'Action.';
comment on column decisions.audit_id is 'Its audit.';
comment on column decisions.index is 'Example.';
comment on column decisions.verdict is 'What the reviewer holds of it.';
comment on column decisions.label is 'The class that a relabelled example should have.';
create index decisions_of_example on decisions (audit_id, index, action_seq);

create table standings (
    audit_id uuid not null references audits (id) on delete cascade,
    index integer not null,
    standing text not null
        check (standing in ('keep', 'relabel', 'exclude', 'second_look', 'cannot_judge', 'conflict')),
    label integer,
    reviewers integer not null,
    primary key (audit_id, index),
    constraint standings_label_check check ((standing = 'relabel') = (label is not null))
);
comment on table standings is 'What all decisions on an example come to; derived from them in the transaction that adds one. An undecided example has none.';
comment on column standings.audit_id is 'Audit.';
comment on column standings.index is 'Example.';
comment on column standings.standing is 'The verdict that all who judge agree on, or conflict.';
comment on column standings.label is 'The class that a relabelled example gets.';
comment on column standings.reviewers is 'How many reviewers have decided on it.';
create index standings_by_kind on standings (audit_id, standing, index);

create table samples (
    id uuid primary key,
    audit_id uuid not null references audits (id) on delete cascade,
    signal text not null,
    scoring text not null,
    strata jsonb not null,
    seed bigint not null,
    created_at timestamptz not null
);
comment on table samples is 'Examples drawn at random to estimate how many labels are wrong.';
comment on column samples.id is 'Sample.';
comment on column samples.audit_id is 'Audit.';
comment on column samples.signal is 'The ranking whose ranks make the strata.';
comment on column samples.scoring is 'How that ranking is computed.';
comment on column samples.strata is 'Stratum by stratum: ranks, group, and how many examples lie in it.';
comment on column samples.seed is 'Seed of the draw.';
comment on column samples.created_at is 'When.';
create index samples_of_audit on samples (audit_id, created_at);

create table sample_examples (
    sample_id uuid not null references samples (id) on delete cascade,
    position integer not null,
    index integer not null,
    stratum integer not null,
    primary key (sample_id, position),
    unique (sample_id, index)
);
comment on table sample_examples is 'What was drawn, in the order in which it is reviewed: at random over all strata, so that any beginning of it is a sample, too.';
comment on column sample_examples.sample_id is 'Sample.';
comment on column sample_examples.position is 'Place in the order, from 0.';
comment on column sample_examples.index is 'Example.';
comment on column sample_examples.stratum is 'Position of its stratum in the sample''s list.';

alter table review_actions
    add constraint review_actions_sample foreign key (sample_id) references samples (id) on delete cascade;
