-- Since when an upload waits for what is away: its user is told when that takes too long.
alter table datasets add column outage_since timestamptz;
comment on column datasets.outage_since is 'When its validation first met a full disk, or a blob store that was away; null if it never did.';

comment on column runs.fruitless_attempts is 'Attempts since the last new resume point or the end of the training; too many end it.';
