-- Audits of several runs, and the kinds of examples that probes tell apart.

alter table audits add column archaeology jsonb;
comment on column audits.archaeology is 'How examples are told apart by probe suites (Archaeology); null where that was not asked for.';

alter table runs
    add column role text not null default 'main' check (role in ('main', 'pilot', 'seed'));
comment on column runs.role is 'What it is for: the audit''s signals, the pilot of its archaeology, or another seed.';

comment on column dynamics_chunks.chunk is 'Examples 256 * chunk and on; -1 holds the probes, in an index space of their own.';

create table probes (
    run_id bigint not null references runs (id) on delete cascade,
    index integer not null,
    suite text not null,
    label integer not null,
    source_index integer,
    primary key (run_id, index)
);
comment on table probes is 'Rows that a run trained on beside the examples.';
comment on column probes.run_id is 'Run.';
comment on column probes.index is 'Position among the probes, from 0: an index space of its own.';
comment on column probes.suite is 'Of which kind it is.';
comment on column probes.label is 'Under which label it was trained.';
comment on column probes.source_index is 'The example it was made from; null where from none.';

create table archaeologies (
    audit_id uuid primary key references audits (id) on delete cascade,
    report jsonb not null,
    created_at timestamptz not null
);
comment on table archaeologies is 'How well an audit''s archaeology worked.';
comment on column archaeologies.audit_id is 'Audit.';
comment on column archaeologies.report is 'Categories, confusion matrix, prevalence, mean trajectories.';
comment on column archaeologies.created_at is 'When it was computed.';

create table categories (
    audit_id uuid not null references audits (id) on delete cascade,
    index integer not null,
    category smallint not null,
    tied boolean not null,
    votes bytea not null,
    primary key (audit_id, index)
);
comment on table categories is 'Of which kind each example is by the vote of the probes; no row where it was not trained on.';
comment on column categories.audit_id is 'Audit.';
comment on column categories.index is 'Example.';
comment on column categories.category is 'Position in the report''s categories.';
comment on column categories.tied is 'Whether another category had as many votes.';
comment on column categories.votes is 'Votes of each category in the report''s order, little-endian u16.';
create index categories_members on categories (audit_id, category, index);
