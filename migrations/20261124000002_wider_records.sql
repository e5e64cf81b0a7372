-- Records hold what every signal of the training dynamics is made of.

alter table dynamics_chunks
    add column margin bytea,
    add column el2n bytea,
    add column best_other bytea;
comment on column dynamics_chunks.margin is 'Logit of the given label minus the largest other one, little-endian f32; NaN where not seen; null in records older than the column.';
comment on column dynamics_chunks.el2n is 'L2 norm of softmax minus one-hot of the given label, little-endian f32; NaN where not seen; null in records older than the column.';
comment on column dynamics_chunks.best_other is 'Class with the largest logit among those that are not the given label, little-endian i32; -1 where not seen; null in records older than the column.';
