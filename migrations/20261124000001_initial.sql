-- The first schema. Forward only: a merged migration is never edited.

create table access_tokens (
    id uuid primary key,
    name text not null,
    token_hash bytea not null unique,
    created_at timestamptz not null
);
comment on table access_tokens is 'Who may call the API.';
comment on column access_tokens.id is 'Identity, UUIDv7.';
comment on column access_tokens.name is 'For people: where the token is used.';
comment on column access_tokens.token_hash is 'BLAKE3 of the token; the token itself is never stored.';
comment on column access_tokens.created_at is 'When it was made.';

create table idempotency_keys (
    key text primary key,
    request_hash bytea not null,
    status smallint,
    body jsonb,
    location text,
    created_at timestamptz not null
);
comment on table idempotency_keys is 'Answers to POST requests that carried an Idempotency-Key.';
comment on column idempotency_keys.key is 'The key with method and path before it.';
comment on column idempotency_keys.request_hash is 'BLAKE3 of the request body: another body under the same key is refused.';
comment on column idempotency_keys.status is 'HTTP status of the answer; null while the first request is being answered.';
comment on column idempotency_keys.body is 'Body of the answer.';
comment on column idempotency_keys.location is 'Location header of the answer.';
comment on column idempotency_keys.created_at is 'When the key was first seen; keys are forgotten after a day.';

create table workers (
    id uuid primary key,
    name text not null,
    environment jsonb not null,
    devices jsonb not null,
    started_at timestamptz not null,
    heartbeat_at timestamptz not null
);
comment on table workers is 'Worker processes, so that the API can tell their devices without torch.';
comment on column workers.id is 'Identity of the process, UUIDv7.';
comment on column workers.name is 'host:pid, for people.';
comment on column workers.environment is 'Device, versions and thread count of its trainings.';
comment on column workers.devices is 'What CUDA looks like there.';
comment on column workers.started_at is 'When the process began.';
comment on column workers.heartbeat_at is 'Last sign of life.';

create table datasets (
    id uuid primary key,
    name text not null,
    source_hash bytea not null,
    upload_hash bytea not null,
    options jsonb not null,
    state text not null check (state in ('validating', 'ready', 'failed')),
    upload_blob text,
    upload_bytes bigint not null,
    content_hash text,
    facts jsonb,
    class_names jsonb,
    report jsonb,
    error jsonb,
    pack_blob text,
    pack_offset bigint,
    originals_blob text,
    lease_token uuid,
    lease_expires_at timestamptz,
    lease_worker uuid,
    attempts integer not null default 0,
    progress jsonb,
    created_at timestamptz not null,
    finished_at timestamptz,
    unique (source_hash)
);
comment on table datasets is 'Immutable labelled examples, addressed by content.';
comment on column datasets.id is 'Identity, UUIDv7.';
comment on column datasets.name is 'Name of the upload, for people.';
comment on column datasets.source_hash is 'BLAKE3 of the uploaded bytes and of the options: the same twice is one dataset.';
comment on column datasets.upload_hash is 'BLAKE3 of the uploaded bytes alone.';
comment on column datasets.options is 'How to read the upload (PackOptions).';
comment on column datasets.state is 'validating -> ready | failed.';
comment on column datasets.upload_blob is 'Blob key of the upload; null once it is packed, or refused for another reason than bad examples.';
comment on column datasets.upload_bytes is 'Size of the upload, bytes.';
comment on column datasets.content_hash is 'BLAKE3 of the validated content, whatever container it came in.';
comment on column datasets.facts is 'Sizes, classes, splits (DatasetFacts).';
comment on column datasets.class_names is 'Class names in label order.';
comment on column datasets.report is 'Duplicates, skipped files, warnings.';
comment on column datasets.error is 'Why it was refused: code, detail, hint, bad examples.';
comment on column datasets.pack_blob is 'Blob key of the safetensors pack.';
comment on column datasets.pack_offset is 'Byte offset of the first pixel in the pack.';
comment on column datasets.originals_blob is 'Blob key of the original image files, one after the other; null where there are none.';
comment on column datasets.lease_token is 'Random token of the worker that validates it; fences every write.';
comment on column datasets.lease_expires_at is 'When another worker may take it.';
comment on column datasets.lease_worker is 'Which worker.';
comment on column datasets.attempts is 'How often validation was begun.';
comment on column datasets.progress is 'Phase and counts while validating.';
comment on column datasets.created_at is 'When the upload was complete.';
comment on column datasets.finished_at is 'When it became ready or was refused.';
create index datasets_waiting on datasets (created_at) where state = 'validating';
create index datasets_content on datasets (content_hash);

create table examples (
    dataset_id uuid not null references datasets (id) on delete cascade,
    index integer not null,
    key text not null,
    label integer not null,
    split text,
    group_name text,
    original_offset bigint,
    original_bytes bigint,
    media_type text,
    primary key (dataset_id, index)
);
comment on table examples is 'Rows of a dataset; the index is the identity everything else refers to.';
comment on column examples.dataset_id is 'Dataset.';
comment on column examples.index is 'Position in the dataset, from 0.';
comment on column examples.key is 'File name or id, unique in the dataset.';
comment on column examples.label is 'Given label: position in class_names.';
comment on column examples.split is 'Split, where the dataset has some.';
comment on column examples.group_name is 'Group (language, source, site), where given.';
comment on column examples.original_offset is 'Where the original file begins in originals_blob.';
comment on column examples.original_bytes is 'Its length.';
comment on column examples.media_type is 'image/png, image/jpeg or image/webp, by content.';

create table weights (
    hash text primary key,
    name text not null,
    blob text not null,
    bytes bigint not null,
    created_at timestamptz not null
);
comment on table weights is 'Uploaded initial weights.';
comment on column weights.hash is 'BLAKE3 of the file, hex; recipes name it.';
comment on column weights.name is 'Name of the upload.';
comment on column weights.blob is 'Blob key.';
comment on column weights.bytes is 'Size.';
comment on column weights.created_at is 'When it was uploaded.';

create table audits (
    id uuid primary key,
    dataset_id uuid not null references datasets (id),
    signals jsonb not null,
    recipe jsonb not null,
    recipe_hash text not null,
    scorings jsonb not null,
    seed bigint not null,
    state text not null check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    reason text,
    estimate jsonb not null,
    result jsonb,
    event_seq bigint not null default 0,
    created_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz
);
comment on table audits is 'One request: a dataset, signals, a recipe, a seed.';
comment on column audits.id is 'Identity, UUIDv7.';
comment on column audits.dataset_id is 'Dataset.';
comment on column audits.signals is 'Names of the signals asked for.';
comment on column audits.recipe is 'The recipe with every default resolved.';
comment on column audits.recipe_hash is 'BLAKE3 of the recipe.';
comment on column audits.scorings is 'VoG variants and windows to score when training is done.';
comment on column audits.seed is 'Seed of its runs.';
comment on column audits.state is 'queued -> running -> succeeded | failed | cancelled.';
comment on column audits.reason is 'Why it failed or was cancelled, for people.';
comment on column audits.estimate is 'Cost foreseen at the start.';
comment on column audits.result is 'Accuracies, warnings, environment, durations.';
comment on column audits.event_seq is 'Number of the last event; taken under this row''s lock so that events commit in order.';
comment on column audits.created_at is 'When it was asked for.';
comment on column audits.started_at is 'When a worker first took it.';
comment on column audits.finished_at is 'When it reached a final state.';
create index audits_dataset on audits (dataset_id);

create table runs (
    id bigint generated always as identity primary key,
    audit_id uuid not null references audits (id) on delete cascade,
    ordinal integer not null,
    recipe jsonb not null,
    seed bigint not null,
    keeps_maps boolean not null,
    state text not null check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    lease_token uuid,
    lease_expires_at timestamptz,
    lease_worker uuid,
    attempts integer not null default 0,
    fruitless_attempts integer not null default 0,
    run_after timestamptz not null,
    cancel_requested boolean not null default false,
    resume_position jsonb,
    resume_blob text,
    environment jsonb,
    progress jsonb,
    outcome jsonb,
    error text,
    created_at timestamptz not null,
    started_at timestamptz,
    heartbeat_at timestamptz,
    finished_at timestamptz,
    unique (audit_id, ordinal)
);
comment on table runs is 'One training of one model: the unit of work that a worker leases.';
comment on column runs.id is 'Identity; names the partition of its snapshots.';
comment on column runs.audit_id is 'Audit.';
comment on column runs.ordinal is 'Position within the audit, from 0.';
comment on column runs.recipe is 'What to train.';
comment on column runs.seed is 'Seed.';
comment on column runs.keeps_maps is 'Whether it has a snapshots partition.';
comment on column runs.state is 'queued -> running -> succeeded | failed | cancelled.';
comment on column runs.lease_token is 'Random token of the holder; fences every write.';
comment on column runs.lease_expires_at is 'When another worker may take it.';
comment on column runs.lease_worker is 'Which worker holds it.';
comment on column runs.attempts is 'How often it was begun.';
comment on column runs.fruitless_attempts is 'Attempts since the last new resume point; too many end it.';
comment on column runs.run_after is 'Not before this time: back-off after a failure.';
comment on column runs.cancel_requested is 'The holder must stop at its next batch.';
comment on column runs.resume_position is 'Epoch, batch and sweeps of the resume point.';
comment on column runs.resume_blob is 'Blob key of the resume point.';
comment on column runs.environment is 'Device, versions and threads it was trained on.';
comment on column runs.progress is 'Where it stands.';
comment on column runs.outcome is 'Accuracies and durations.';
comment on column runs.error is 'Why the last attempt failed, for people.';
comment on column runs.created_at is 'When it was planned.';
comment on column runs.started_at is 'When it was first taken.';
comment on column runs.heartbeat_at is 'Last sign of life of its holder.';
comment on column runs.finished_at is 'When it reached a final state.';
create index runs_waiting on runs (run_after, id) where state in ('queued', 'running');

create table snapshot_chunks (
    run_id bigint not null,
    chunk integer not null,
    checkpoint integer not null,
    scales bytea not null,
    maps bytea not null,
    primary key (run_id, chunk, checkpoint)
) partition by list (run_id);
alter table snapshot_chunks alter column scales set storage plain;
alter table snapshot_chunks alter column maps set storage external;
comment on table snapshot_chunks is 'Gradient maps, 256 examples a row; one partition per run, dropped and never deleted from.';
comment on column snapshot_chunks.run_id is 'Run.';
comment on column snapshot_chunks.chunk is 'Examples 256 * chunk and on.';
comment on column snapshot_chunks.checkpoint is 'Position in the recipe''s checkpoint list, from 0.';
comment on column snapshot_chunks.scales is 'One little-endian f32 per map.';
comment on column snapshot_chunks.maps is '[m, height, width] little-endian f16; times scale gives the gradient.';

create table snapshots (
    run_id bigint not null references runs (id) on delete cascade,
    checkpoint integer not null,
    epoch integer not null,
    completed_at timestamptz not null,
    primary key (run_id, checkpoint)
);
comment on table snapshots is 'Completion markers: a checkpoint without one is not there.';
comment on column snapshots.run_id is 'Run.';
comment on column snapshots.checkpoint is 'Position in the recipe''s checkpoint list, from 0.';
comment on column snapshots.epoch is 'Epoch after which it was taken, counted from 1.';
comment on column snapshots.completed_at is 'When its last chunk was committed.';

create table dynamics_chunks (
    run_id bigint not null references runs (id) on delete cascade,
    chunk integer not null,
    epoch integer not null,
    source text not null check (source in ('in_flight', 'eval_pass')),
    loss bytea not null,
    p_given bytea not null,
    predicted bytea not null,
    primary key (run_id, source, epoch, chunk)
);
comment on table dynamics_chunks is 'What is recorded per example and epoch, 256 examples a row.';
comment on column dynamics_chunks.run_id is 'Run.';
comment on column dynamics_chunks.chunk is 'Examples 256 * chunk and on.';
comment on column dynamics_chunks.epoch is 'Epoch, counted from 0; of the eval pass: the number of the last one.';
comment on column dynamics_chunks.source is 'Which logits: in flight or an eval pass.';
comment on column dynamics_chunks.loss is 'Cross-entropy of the given label in nats, little-endian f32; NaN where not seen.';
comment on column dynamics_chunks.p_given is 'Probability of the given label, little-endian f32; NaN where not seen.';
comment on column dynamics_chunks.predicted is 'Predicted class, little-endian i32; -1 where not seen.';

create table score_sets (
    id bigint generated always as identity primary key,
    audit_id uuid not null references audits (id) on delete cascade,
    signal text not null,
    scoring text not null,
    state text not null check (state in ('queued', 'ready', 'failed')),
    info jsonb,
    statistics jsonb,
    error text,
    lease_token uuid,
    lease_expires_at timestamptz,
    lease_worker uuid,
    attempts integer not null default 0,
    created_at timestamptz not null,
    finished_at timestamptz,
    unique (audit_id, signal, scoring)
);
comment on table score_sets is 'One signal of one audit, computed one way.';
comment on column score_sets.id is 'Identity.';
comment on column score_sets.audit_id is 'Audit.';
comment on column score_sets.signal is 'Name of the signal.';
comment on column score_sets.scoring is 'How: variant and window of VoG such as std:late; default for the others.';
comment on column score_sets.state is 'queued -> ready | failed.';
comment on column score_sets.info is 'Direction, range, unit, formula, source, checkpoints used.';
comment on column score_sets.statistics is 'Histogram and per-class summary.';
comment on column score_sets.error is 'Why it could not be computed.';
comment on column score_sets.lease_token is 'Random token of the worker that computes it.';
comment on column score_sets.lease_expires_at is 'When another worker may take it.';
comment on column score_sets.lease_worker is 'Which worker.';
comment on column score_sets.attempts is 'How often computing it was begun.';
comment on column score_sets.created_at is 'When it was asked for.';
comment on column score_sets.finished_at is 'When it became ready.';
create index score_sets_waiting on score_sets (created_at) where state = 'queued';

create table scores (
    score_set_id bigint not null references score_sets (id) on delete cascade,
    rank integer not null,
    index integer not null,
    label integer not null,
    value double precision,
    value_reason text,
    normalised double precision,
    normalised_reason text,
    percentile double precision,
    primary key (score_set_id, rank)
);
comment on table scores is 'One value per example, in rank order.';
comment on column scores.score_set_id is 'Which signal of which audit.';
comment on column scores.rank is 'Hardest is 1; ties by index; examples without a value come last.';
comment on column scores.index is 'Example.';
comment on column scores.label is 'Its given label, repeated here for filtering in rank order.';
comment on column scores.value is 'The score; null where it cannot be computed.';
comment on column scores.value_reason is 'Why it is null.';
comment on column scores.normalised is '(value - class mean) / class standard deviation; null where that is undefined.';
comment on column scores.normalised_reason is 'Why it is null.';
comment on column scores.percentile is 'Share of scored examples that are no harder, 0 to 100.';
create unique index scores_example on scores (score_set_id, index);
create index scores_label on scores (score_set_id, label, rank);

create table audit_events (
    audit_id uuid not null references audits (id) on delete cascade,
    seq bigint not null,
    at timestamptz not null,
    event jsonb not null,
    primary key (audit_id, seq)
);
comment on table audit_events is 'What an audit told while it ran, in order.';
comment on column audit_events.audit_id is 'Audit.';
comment on column audit_events.seq is 'Number within the audit, from 1, without gaps.';
comment on column audit_events.at is 'When.';
comment on column audit_events.event is 'Kind and fields (Event).';
