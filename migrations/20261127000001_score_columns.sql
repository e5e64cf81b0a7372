-- A ranking once more as two columns, so that what is asked about all of it at once (bounds of a filter, the data map)
-- reads twelve bytes an example instead of a row.

create table score_columns (
    score_set_id bigint primary key references score_sets (id) on delete cascade,
    indices bytea not null,
    "values" bytea not null,
    constraint score_columns_are_equally_long check (octet_length("values") = 2 * octet_length(indices))
);
comment on table score_columns is 'The examples and scores of a score set in rank order: what scores holds, as columns.';
comment on column score_columns.score_set_id is 'Which signal of which audit.';
comment on column score_columns.indices is 'Examples, big-endian int4.';
comment on column score_columns."values" is 'Scores, big-endian float8; NaN where scores has null.';

-- Compressing what hardly compresses would cost more than reading it.
alter table score_columns alter column indices set storage external, alter column "values" set storage external;

insert into score_columns (score_set_id, indices, "values")
select score_set_id, string_agg(int4send(index), ''::bytea order by rank),
       string_agg(float8send(coalesce(value, 'NaN')), ''::bytea order by rank)
from scores group by score_set_id;

-- The examples of a group, for counts.
create index examples_group on examples (dataset_id, group_name, index) where group_name is not null;
