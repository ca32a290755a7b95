-- A second factor (time-based codes, RFC 6238) with recovery codes, and the rule of an account that asks for it.

ALTER TABLE users
    ADD COLUMN totp_secret       bytea,
    ADD COLUMN totp_confirmed_at timestamptz CHECK (totp_confirmed_at IS NULL OR totp_secret IS NOT NULL),
    ADD COLUMN totp_last_step    bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN users.totp_secret IS 'Sealed for this person (XChaCha20-Poly1305). Counts once totp_confirmed_at is set.';
COMMENT ON COLUMN users.totp_last_step IS 'The newest time step whose code was taken: no code is taken twice.';

CREATE TABLE recovery_codes (
    user_id   uuid  NOT NULL REFERENCES users ON DELETE CASCADE,
    code_hash bytea NOT NULL CHECK (octet_length(code_hash) = 32),
    PRIMARY KEY (user_id, code_hash)
);
COMMENT ON TABLE recovery_codes IS 'SHA-256 of codes that take the place of the second factor, each once: the row goes with its use.';

CREATE TABLE sign_in_steps (
    token_hash bytea       PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    user_id    uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_steps_by_user ON sign_in_steps (user_id);
COMMENT ON TABLE sign_in_steps IS 'Who has shown their password and has yet to show their second factor. No session: it opens nothing.';

ALTER TABLE accounts ADD COLUMN second_factor_required boolean NOT NULL DEFAULT false;
