-- Populations of models: what compressed models forget.

alter table audits add column pie jsonb;
comment on column audits.pie is 'Which populations of models are compared (Pie); null where that was not asked for.';

alter table audits add column served_at timestamptz;
comment on column audits.served_at is 'When a worker last took a run of it: the audit that has waited longest is next.';
update audits set served_at = started_at;

alter table runs drop constraint runs_role_check;
alter table runs
    add constraint runs_role_check check (role in ('main', 'pilot', 'seed', 'member')),
    add column level text,
    add column member integer,
    add constraint runs_member_check check ((level is null) = (member is null));
comment on column runs.role is 'What it is for: the audit''s signals, the pilot of its archaeology, another seed, or a model of a population.';
comment on column runs.level is 'The population that it is a model of: unpruned, null, or its sparsity; null where it is of none.';
comment on column runs.member is 'Which model of its population, from 0.';

create function continues_exactly(begun jsonb, here jsonb) returns boolean
    language sql immutable
    return (begun - '{device,driver}'::text[]) is not distinct from (here - '{device,driver}'::text[])
       and split_part(begun ->> 'device', ':', 1) is not distinct from split_part(here ->> 'device', ':', 1);
comment on function continues_exactly is 'Whether a training begun in one Environment continues with the same bits in another: equal but for the number of the device and its driver.';

create table predictions (
    run_id bigint not null references runs (id) on delete cascade,
    level text not null,
    chunk integer not null,
    classes bytea not null,
    primary key (run_id, level, chunk)
);
comment on table predictions is 'What the models of populations predict in the eval pass after their last epoch, 256 examples a row.';
comment on column predictions.run_id is 'Run.';
comment on column predictions.level is 'Of which population it is read as a model: its own, or of a quantised one when its weights are rounded.';
comment on column predictions.chunk is 'Examples 256 * chunk and on.';
comment on column predictions.classes is 'Predicted class, little-endian u16.';

create table exemplars (
    score_set_id bigint not null references score_sets (id) on delete cascade,
    index integer not null,
    unpruned_class integer not null,
    own_class integer not null,
    unpruned_agreement real not null,
    own_agreement real not null,
    tied boolean not null,
    primary key (score_set_id, index)
);
comment on table exemplars is 'What a population and the unpruned one make of each example; an exemplar is one whose two classes differ.';
comment on column exemplars.score_set_id is 'The population''s score set of the signal pie, which holds the taxicab distance.';
comment on column exemplars.index is 'Example.';
comment on column exemplars.unpruned_class is 'Modal class of the unpruned population; of several, the largest.';
comment on column exemplars.own_class is 'Modal class of the population.';
comment on column exemplars.unpruned_agreement is 'Share of the unpruned models that predict their modal class.';
comment on column exemplars.own_agreement is 'Share of the population''s models that predict their modal class.';
comment on column exemplars.tied is 'Whether either modal class is tied with another.';
create index exemplars_members on exemplars (score_set_id, index) where unpruned_class <> own_class;

create table pie_reports (
    audit_id uuid primary key references audits (id) on delete cascade,
    report jsonb not null,
    models integer not null,
    updated_at timestamptz not null
);
comment on table pie_reports is 'What the populations of an audit disagree on: over the models so far until it is complete.';
comment on column pie_reports.audit_id is 'Audit.';
comment on column pie_reports.report is 'Accuracies, exemplars, recalls and tests by population (PieReport).';
comment on column pie_reports.models is 'Models of each population in it.';
comment on column pie_reports.updated_at is 'When it was computed.';
