-- How much scores owe to the seed.

alter table audits add column seeds integer not null default 1 check (seeds >= 1);
comment on column audits.seeds is 'How many trainings of the same recipe, each under another seed.';

alter table score_sets add column stability jsonb;
comment on column score_sets.stability is 'How far the rankings of all seeds agree; null with one seed.';

create table seed_scores (
    run_id bigint not null references runs (id) on delete cascade,
    signal text not null,
    scoring text not null,
    scores bytea not null,
    ranks bytea not null,
    primary key (run_id, signal, scoring)
);
alter table seed_scores alter column scores set storage external;
alter table seed_scores alter column ranks set storage external;
comment on table seed_scores is 'The score sets of a run of another seed, kept until the audit is finished.';
comment on column seed_scores.run_id is 'Run.';
comment on column seed_scores.signal is 'Name of the signal.';
comment on column seed_scores.scoring is 'How it is computed, as in score_sets.';
comment on column seed_scores.scores is 'Score of each example of the population, indices ascending: little-endian f64; NaN where there is none.';
comment on column seed_scores.ranks is 'Its rank, little-endian i32.';

create table score_ranges (
    score_set_id bigint not null references score_sets (id) on delete cascade,
    index integer not null,
    value_low double precision,
    value_high double precision,
    rank_low integer not null,
    rank_high integer not null,
    primary key (score_set_id, index)
);
comment on table score_ranges is 'Smallest and largest score and rank of each example over the seeds of its audit; no row with one seed.';
comment on column score_ranges.score_set_id is 'Which signal of which audit.';
comment on column score_ranges.index is 'Example.';
comment on column score_ranges.value_low is 'Smallest score; null where no seed gave it one.';
comment on column score_ranges.value_high is 'Largest score.';
comment on column score_ranges.rank_low is 'Hardest rank.';
comment on column score_ranges.rank_high is 'Easiest rank.';
