-- Difficulties that users give, and probes of external runs.

alter table examples add column difficulty double precision;
comment on column examples.difficulty is 'How hard its user holds it to be, higher is harder: it takes a pilot''s place in an archaeology; null where unknown.';

alter table probes add column key text;
comment on column probes.key is 'The key under which its records are posted, in an external run; null where we made it.';
comment on table probes is 'Rows that a run trained on beside the examples; in an external run they follow the last example in what is posted.';
