-- Roles, expiry and revocation of access tokens; sessions of browsers; a log of who did what.

alter table access_tokens
    add column role text not null default 'admin' check (role in ('viewer', 'reviewer', 'operator', 'admin')),
    add column expires_at timestamptz,
    add column revoked_at timestamptz,
    add column last_used_at timestamptz;
-- Tokens from before there were roles could do everything; new ones say what they may.
alter table access_tokens alter column role drop default;
comment on column access_tokens.role is 'What its holder may do: viewer, reviewer, operator or admin.';
comment on column access_tokens.expires_at is 'From when on it is not valid any more; null: never.';
comment on column access_tokens.revoked_at is 'When it was revoked.';
comment on column access_tokens.last_used_at is 'When it was last used, to the minute.';

create table sessions (
    id uuid primary key,
    secret_hash bytea not null unique,
    token_id uuid not null references access_tokens (id) on delete cascade,
    created_at timestamptz not null,
    last_used_at timestamptz not null
);
comment on table sessions is 'Browsers that signed in: each may do what its token may, for as long as the token is valid.';
comment on column sessions.id is 'Identity, UUIDv7.';
comment on column sessions.secret_hash is 'BLAKE3 of what the cookie holds.';
comment on column sessions.token_id is 'The token that it was begun with.';
comment on column sessions.created_at is 'When it began.';
comment on column sessions.last_used_at is 'When it was last used, to the minute: it ends when that is long ago.';
create index sessions_token on sessions (token_id);

create table login_codes (
    code_hash bytea primary key,
    token_id uuid not null references access_tokens (id) on delete cascade,
    expires_at timestamptz not null
);
comment on table login_codes is 'Codes in links to the page: each begins one session.';
comment on column login_codes.code_hash is 'BLAKE3 of the code.';
comment on column login_codes.token_id is 'The token that the session will be of.';
comment on column login_codes.expires_at is 'From when on it is not taken any more.';
create index login_codes_token on login_codes (token_id);

create table access_log (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    token_id uuid,
    token_name text,
    role text,
    action text not null,
    path text not null,
    status smallint not null,
    client text,
    request_id text not null
);
comment on table access_log is 'Who changed what, and who was refused. Rows outlive the tokens that they name.';
comment on column access_log.id is 'Order of writing.';
comment on column access_log.at is 'When.';
comment on column access_log.token_id is 'Token; null where none was known.';
comment on column access_log.token_name is 'Its name at that time.';
comment on column access_log.role is 'Its role at that time.';
comment on column access_log.action is 'Method and route, such as POST /v1/audits.';
comment on column access_log.path is 'The address without its query.';
comment on column access_log.status is 'HTTP status of the answer.';
comment on column access_log.client is 'Address that the request came from, where it is known.';
comment on column access_log.request_id is 'What the log knows the request by.';
