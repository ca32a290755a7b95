-- Who did what, when and from where. Rows are added, and never changed or removed while their account exists.

CREATE TABLE audit_log (
    account_id uuid        NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id         uuid        NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    event      text        NOT NULL CHECK (length(event) BETWEEN 1 AND 40),
    actor_kind text        NOT NULL CHECK (actor_kind IN ('person', 'key', 'operator', 'stranger')),
    actor_id   uuid,
    actor      text        NOT NULL,
    address    text,
    subject    text        NOT NULL DEFAULT '',
    before     jsonb,
    after      jsonb,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX audit_log_by_actor ON audit_log (account_id, actor, id);
COMMENT ON TABLE audit_log IS 'Append-only. Goes with its account.';
COMMENT ON COLUMN audit_log.id IS 'Time-ordered (UUID version 7). What concerns a person is written to each of their accounts under one id.';
COMMENT ON COLUMN audit_log.actor IS 'Their name at that time, because they may be gone when this is read.';
COMMENT ON COLUMN audit_log.before IS 'What was there, secrets masked. Only what changed.';

CREATE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM accounts WHERE id = OLD.account_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only';
END
$$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_log_is_append_only();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
