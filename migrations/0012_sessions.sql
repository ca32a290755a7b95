-- What a list of sessions shows, and when the password was last typed in each.

ALTER TABLE sessions
    ADD COLUMN id           uuid        NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN address      text        NOT NULL DEFAULT '',
    ADD COLUMN device       text        NOT NULL DEFAULT '',
    ADD COLUMN confirmed_at timestamptz NOT NULL DEFAULT now();
CREATE UNIQUE INDEX sessions_of_user ON sessions (user_id, id);
COMMENT ON COLUMN sessions.id IS 'Names the session on pages; the token never appears there.';
COMMENT ON COLUMN sessions.device IS 'The header User-Agent at sign-in, cut.';
COMMENT ON COLUMN sessions.confirmed_at IS 'When the password was last typed in this session: what is delicate asks for it again after ten minutes.';
