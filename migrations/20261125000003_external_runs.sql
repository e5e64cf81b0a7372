-- External runs: trainings of the user's own, whose records and gradients are posted.

alter table audits drop constraint audits_state_check;
alter table audits add constraint audits_state_check
    check (state in ('receiving', 'queued', 'running', 'succeeded', 'failed', 'cancelled'));
alter table audits add column posted_at timestamptz;
comment on column audits.state is '[receiving ->] queued -> running -> succeeded | failed | cancelled; receiving is an external run whose batches are being posted.';
comment on column audits.posted_at is 'When everything of an external run had been posted; null before, and of trainings of ours.';
comment on column audits.recipe is 'Where it comes from (Origin): the recipe with every default resolved, or what is posted of an external run.';
comment on column audits.recipe_hash is 'BLAKE3 of the recipe, or of what is posted.';

alter table runs drop constraint runs_state_check;
alter table runs add constraint runs_state_check
    check (state in ('receiving', 'queued', 'running', 'succeeded', 'failed', 'cancelled'));
comment on column runs.state is '[receiving ->] queued -> running -> succeeded | failed | cancelled; nobody claims what is receiving.';
comment on column runs.recipe is 'What to train, or what is posted (Origin).';

alter table examples add column text text;
comment on column examples.text is 'The example itself where the dataset is of texts.';
comment on column examples.label is 'Given label: position in class_names; -1 in a dataset without labels.';
-- Keys may be too long for an index, their hashes are not.
create index examples_key on examples (dataset_id, md5(key));

create table posted_records (
    run_id bigint not null references runs (id) on delete cascade,
    epoch integer not null,
    chunk integer not null,
    content_hash bytea not null,
    examples integer not null,
    first_index integer not null,
    indices bytea,
    loss bytea,
    p_given bytea,
    margin bytea,
    el2n bytea,
    predicted bytea,
    best_other bytea,
    posted_at timestamptz not null,
    primary key (run_id, epoch, chunk)
);
alter table posted_records alter column indices set storage external;
alter table posted_records alter column loss set storage external;
alter table posted_records alter column p_given set storage external;
alter table posted_records alter column margin set storage external;
alter table posted_records alter column el2n set storage external;
alter table posted_records alter column predicted set storage external;
alter table posted_records alter column best_other set storage external;
comment on table posted_records is 'Batches of records of external runs, as checked, until a worker has put them in order.';
comment on column posted_records.run_id is 'Run.';
comment on column posted_records.epoch is 'Epoch, counted from 0.';
comment on column posted_records.chunk is 'Number of the batch within the epoch; the client''s choice.';
comment on column posted_records.content_hash is 'BLAKE3 of what was posted: the same again is no change, another is refused.';
comment on column posted_records.examples is 'Number of examples.';
comment on column posted_records.first_index is 'Lowest index.';
comment on column posted_records.indices is 'Indices ascending, little-endian u32; null where they follow one another from first_index.';
comment on column posted_records.loss is 'Cross-entropy of the given label in nats, little-endian f32; null where not posted.';
comment on column posted_records.p_given is 'Probability of the given label, little-endian f32; null where not posted.';
comment on column posted_records.margin is 'Logit of the given label minus the largest other one, little-endian f32; null where not posted.';
comment on column posted_records.el2n is 'L2 norm of softmax minus one-hot, little-endian f32; null where not posted.';
comment on column posted_records.predicted is 'Predicted class, little-endian i32; null where not posted.';
comment on column posted_records.best_other is 'Class with the largest logit among those not given, little-endian i32; null where not posted.';
comment on column posted_records.posted_at is 'When it came.';

create table posted_maps (
    run_id bigint not null references runs (id) on delete cascade,
    checkpoint integer not null,
    chunk integer not null,
    content_hash bytea not null,
    examples integer not null,
    first_index integer not null,
    indices bytea,
    scales bytea not null,
    maps bytea not null,
    posted_at timestamptz not null,
    primary key (run_id, checkpoint, chunk)
);
alter table posted_maps alter column indices set storage external;
alter table posted_maps alter column scales set storage external;
alter table posted_maps alter column maps set storage external;
comment on table posted_maps is 'Batches of gradient maps of external runs, as stored later, until a worker has put them in order.';
comment on column posted_maps.run_id is 'Run.';
comment on column posted_maps.checkpoint is 'Position in the list of checkpoints, from 0.';
comment on column posted_maps.chunk is 'Number of the batch within the checkpoint; the client''s choice.';
comment on column posted_maps.content_hash is 'BLAKE3 of what was posted: the same again is no change, another is refused.';
comment on column posted_maps.examples is 'Number of examples.';
comment on column posted_maps.first_index is 'Lowest index.';
comment on column posted_maps.indices is 'Indices ascending, little-endian u32; null where they follow one another from first_index.';
comment on column posted_maps.scales is 'One little-endian f32 per map.';
comment on column posted_maps.maps is '[m, height, width] little-endian f16; times scale gives the gradient.';
comment on column posted_maps.posted_at is 'When it came.';
