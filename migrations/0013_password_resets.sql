-- Links with which somebody sets a new password; made by the operator.

CREATE TABLE password_resets (
    token_hash bytea       PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    user_id    uuid        NOT NULL UNIQUE REFERENCES users ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE password_resets IS 'At most one link a person. The row goes when the link is used; the link itself is stored nowhere.';
