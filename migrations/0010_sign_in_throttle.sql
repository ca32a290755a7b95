-- How often somebody tried to sign in: by the name that was typed, and by the address from which.

CREATE TABLE sign_in_throttle (
    subject  bytea       PRIMARY KEY CHECK (octet_length(subject) = 32),
    attempts integer     NOT NULL,
    since    timestamptz NOT NULL,
    last_at  timestamptz NOT NULL,
    open_at  timestamptz NOT NULL
);
CREATE INDEX sign_in_throttle_by_age ON sign_in_throttle (last_at);
COMMENT ON TABLE sign_in_throttle IS 'Attempts to sign in. Rows of names that nobody has look like all others, so that they tell nothing.';
COMMENT ON COLUMN sign_in_throttle.subject IS 'SHA-256 of what was tried: a typed name, or a network address.';
COMMENT ON COLUMN sign_in_throttle.open_at IS 'No attempt is looked at before. At most a quarter of an hour ahead: nobody is ever locked out for good.';
