-- How often workers went silent, for who watches over them.

alter table runs add column lease_expiries integer not null default 0;
comment on column runs.lease_expiries is 'How often a worker took it over from one that had gone silent.';
