-- Replays: a destination's further cursors over ranges of the log that end (spec 9.4). Small tables; the cursors get columns that
-- are empty for those that exist.

ALTER TABLE cursors
    ADD COLUMN paused    boolean NOT NULL DEFAULT false,
    ADD COLUMN rate      integer CHECK (rate > 0),
    ADD COLUMN resume_at timestamptz;
COMMENT ON COLUMN cursors.paused IS 'A person stopped this replay for a while.';
COMMENT ON COLUMN cursors.rate IS 'The most requests a second. Null: as many as live traffic leaves room for.';
COMMENT ON COLUMN cursors.resume_at IS 'With a rate: no lease begins before.';

CREATE TABLE replays (
    account_id     uuid        NOT NULL,
    id             uuid        NOT NULL,
    destination_id uuid        NOT NULL,
    chosen         text        NOT NULL CHECK (chosen IN ('all', 'dead_letters', 'requests')),
    begins_at      timestamptz,
    ends_at        timestamptz,
    requests       bigint      NOT NULL,
    created_by     text        NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    cancelled_at   timestamptz,
    PRIMARY KEY (account_id, id),
    FOREIGN KEY (account_id, id) REFERENCES cursors (account_id, id) ON DELETE CASCADE
);
CREATE INDEX replays_of_destination ON replays (account_id, destination_id, created_at);
COMMENT ON TABLE replays IS 'What a person asked to be sent again. How far it came is said by the cursor of the same id.';
COMMENT ON COLUMN replays.chosen IS 'all: every request between begins_at and ends_at. Otherwise those in replay_requests.';
COMMENT ON COLUMN replays.requests IS 'How many there were when it began.';
CALL lock_tenant_table('replays');

CREATE TABLE replay_requests (
    account_id uuid   NOT NULL,
    replay_id  uuid   NOT NULL,
    xid        xid8   NOT NULL,
    position   bigint NOT NULL,
    PRIMARY KEY (account_id, replay_id, xid, position),
    FOREIGN KEY (account_id, replay_id) REFERENCES cursors (account_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE replay_requests IS 'The requests of a replay that was asked for some only, by their place in the log.';
CALL lock_tenant_table('replay_requests');
