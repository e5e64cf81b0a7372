-- Audits that began again with a smaller batch, and audits that do not keep their gradient maps.

alter table audits
    add column recipe_asked jsonb,
    add column keep_snapshots boolean not null default true;
comment on column audits.recipe_asked is 'The recipe that was asked for, where a device had too little memory for it; null otherwise.';
comment on column audits.keep_snapshots is 'Whether the gradient maps stay once the audit has succeeded.';

alter table runs add column maps_dropped_at timestamptz;
comment on column runs.maps_dropped_at is 'When its gradient maps were given up; null while they are kept.';
