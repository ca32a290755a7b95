-- What expired before it was sent keeps its name for as long again, so that its receipt can say so. And a replay of a time knows where
-- that time ends, and whether it leaves out what was delivered before. Only new tables, and columns that are empty for what exists.

CREATE TABLE expired_requests (
    account_id    uuid        NOT NULL REFERENCES accounts ON DELETE CASCADE,
    generation_id text        NOT NULL,
    xid           xid8        NOT NULL,
    position      bigint      NOT NULL,
    recorded_at   timestamptz NOT NULL,
    completed_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, generation_id)
);
CREATE INDEX expired_requests_in_time ON expired_requests (recorded_at);
COMMENT ON TABLE expired_requests IS 'Names and places of requests that left the log before every destination had come to them. The last 10,000 of an account and day.';
CALL lock_tenant_table('expired_requests');

CREATE TABLE expiries (
    account_id     uuid        NOT NULL,
    destination_id uuid        NOT NULL,
    after_xid      xid8        NOT NULL,
    after_position bigint      NOT NULL,
    last_xid       xid8        NOT NULL,
    last_position  bigint      NOT NULL,
    expired_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, destination_id, last_xid, last_position),
    FOREIGN KEY (account_id, destination_id) REFERENCES destinations (account_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE expiries IS 'Which part of the log a destination had not come to when that part was dropped: a row for each destination and day.';
COMMENT ON COLUMN expiries.after_xid IS 'With after_position: where its live cursor stood.';
COMMENT ON COLUMN expiries.last_xid IS 'With last_position: the last entry that was dropped.';
CALL lock_tenant_table('expiries');

ALTER TABLE cursors
    ADD COLUMN before          timestamptz,
    ADD COLUMN skips_delivered boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN cursors.before IS 'A replay of a time: requests that completed at this time or later are not sent. Null: no such time.';
COMMENT ON COLUMN cursors.skips_delivered IS 'A replay that leaves out what the destination accepted before.';
