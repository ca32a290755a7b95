-- Where traces go, and when Broadcast was on.

CREATE TABLE destinations (
    account_id     uuid        NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id             uuid        NOT NULL,
    kind           text        NOT NULL CHECK (length(kind) BETWEEN 1 AND 40),
    name           text        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    enabled        boolean     NOT NULL DEFAULT true,
    privacy_mode   boolean     NOT NULL DEFAULT false,
    settings       jsonb       NOT NULL,
    masked         jsonb       NOT NULL,
    secrets        bytea       NOT NULL,
    secrets_set_at timestamptz NOT NULL DEFAULT now(),
    target         text        NOT NULL,
    last_test      jsonb       NOT NULL,
    revision       integer     NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, id)
);
COMMENT ON TABLE destinations IS 'A row exists only because its connection test passed; the evidence is last_test.';
COMMENT ON COLUMN destinations.enabled IS 'false: paused. Its requests wait until it is resumed.';
COMMENT ON COLUMN destinations.settings IS 'Values of the form that are no secrets.';
COMMENT ON COLUMN destinations.masked IS 'Masked forms of the secret values: enough to recognise them.';
COMMENT ON COLUMN destinations.secrets IS 'The secret values, sealed for this account and id (XChaCha20-Poly1305).';
COMMENT ON COLUMN destinations.revision IS 'Counts up at each change; an edit must name the one it began with.';

CREATE TABLE broadcast_periods (
    account_id uuid        NOT NULL REFERENCES accounts ON DELETE CASCADE,
    started_at timestamptz NOT NULL,
    ended_at   timestamptz CHECK (ended_at >= started_at),
    PRIMARY KEY (account_id, started_at)
);
CREATE UNIQUE INDEX broadcast_periods_open ON broadcast_periods (account_id) WHERE ended_at IS NULL;
COMMENT ON TABLE broadcast_periods IS 'When Broadcast was on. A request is exported only if it completed within one of them.';

CREATE TABLE cursors (
    account_id      uuid        NOT NULL,
    destination_id  uuid        NOT NULL,
    since           timestamptz NOT NULL,
    xid             xid8        NOT NULL,
    position        bigint      NOT NULL DEFAULT 0,
    lease_number    bigint      NOT NULL DEFAULT 0,
    leased_by       integer,
    leased_until    timestamptz,
    health          text        NOT NULL DEFAULT 'healthy' CHECK (health IN ('healthy', 'failing', 'needs_attention')),
    reason          text,
    failures        integer     NOT NULL DEFAULT 0,
    failing_since   timestamptz,
    not_before      timestamptz,
    delivered       bigint      NOT NULL DEFAULT 0,
    last_success_at timestamptz,
    PRIMARY KEY (account_id, destination_id),
    FOREIGN KEY (account_id, destination_id) REFERENCES destinations (account_id, id) ON DELETE CASCADE
) WITH (fillfactor = 50);
COMMENT ON TABLE cursors IS 'How far each destination has read its account''s part of the log, and who reads it now.';
COMMENT ON COLUMN cursors.since IS 'Requests that completed before are none of this destination''s.';
COMMENT ON COLUMN cursors.xid IS 'With position: the last log entry that is settled. Ordered by transaction, not by sequence value, because sequence values commit out of order.';
COMMENT ON COLUMN cursors.lease_number IS 'Fences: only the holder of the newest number may finish a turn.';
COMMENT ON COLUMN cursors.leased_by IS 'The worker''s number; its session holds the advisory lock (29795, number) while it lives.';
