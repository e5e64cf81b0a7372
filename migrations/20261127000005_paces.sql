-- How fast workers train, for estimates of audits that have not begun.

alter table workers add column paces jsonb not null default '[]';
comment on column workers.paces is 'Images a second of each model that it has measured so far, in training and in gradient sweeps.';
