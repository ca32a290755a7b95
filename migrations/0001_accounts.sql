-- People, accounts (tenants), and the keys and sessions by which they come in.
--
-- Rule of the schema: every tenant table has account_id in its primary key, and every reference between tenant tables
-- carries it, so that a row can never point into another account.

CREATE TABLE users (
    id            uuid        PRIMARY KEY,
    email         text        NOT NULL UNIQUE CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    password_hash text        NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE users IS 'People who sign in. password_hash is an argon2id PHC string.';

CREATE TABLE accounts (
    id                uuid        PRIMARY KEY,
    name              text        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    broadcast_enabled boolean     NOT NULL DEFAULT false,
    privacy_mode      boolean     NOT NULL DEFAULT false,
    created_at        timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN accounts.privacy_mode IS 'Account-wide Privacy Mode: overrides every destination that would receive content.';

CREATE TABLE members (
    account_id uuid        NOT NULL REFERENCES accounts ON DELETE CASCADE,
    user_id    uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    role       text        NOT NULL CHECK (role IN ('admin', 'member')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, user_id)
);
CREATE INDEX members_by_user ON members (user_id);

CREATE TABLE invitations (
    account_id  uuid        NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id          uuid        NOT NULL,
    token_hash  bytea       NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    role        text        NOT NULL CHECK (role IN ('admin', 'member')),
    invited_by  uuid        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    accepted_at timestamptz,
    PRIMARY KEY (account_id, id)
);
COMMENT ON COLUMN invitations.token_hash IS 'SHA-256 of the token in the link; the link itself is stored nowhere.';

CREATE TABLE sessions (
    token_hash   bytea       PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    user_id      uuid        NOT NULL,
    account_id   uuid        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    FOREIGN KEY (account_id, user_id) REFERENCES members (account_id, user_id) ON DELETE CASCADE
);
CREATE INDEX sessions_by_member ON sessions (account_id, user_id);
COMMENT ON TABLE sessions IS 'Who is signed in, and which of their accounts they look at.';

CREATE TABLE api_keys (
    account_id   uuid        NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id           uuid        NOT NULL,
    hash         bytea       NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    key_type     text        NOT NULL CHECK (key_type IN ('inference', 'management')),
    name         text        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    last_four    text        NOT NULL CHECK (length(last_four) = 4),
    created_by   uuid,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at   timestamptz,
    PRIMARY KEY (account_id, id)
);
