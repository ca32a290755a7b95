-- What a worker has to remember of a destination between turns, and what became of requests that could not be recorded.

ALTER TABLE cursors
    ADD COLUMN turn_ended_at timestamptz,
    ADD COLUMN server_errors integer NOT NULL DEFAULT 0,
    ADD COLUMN deaths        integer NOT NULL DEFAULT 0,
    ADD COLUMN careful       integer NOT NULL DEFAULT 0,
    ADD COLUMN builds        integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN cursors.turn_ended_at IS 'The destination whose last turn lies furthest back is served next.';
COMMENT ON COLUMN cursors.server_errors IS 'How often in a row the batch at the cursor was answered with HTTP 500.';
COMMENT ON COLUMN cursors.deaths IS 'How many workers in a row were gone before they gave the lease back.';
COMMENT ON COLUMN cursors.careful IS 'This many entries are still built one by one, because workers died over them.';
COMMENT ON COLUMN cursors.builds IS 'While careful: how often building the entry at the cursor was begun and never ended.';

ALTER TABLE destinations ADD COLUMN switched_off_at timestamptz;
COMMENT ON COLUMN destinations.switched_off_at IS 'The program switched it off, because nothing was accepted for days. Only a passed connection test switches it on again.';

CREATE TABLE losses (
    account_id uuid        NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id         uuid        NOT NULL,
    told_at    timestamptz NOT NULL DEFAULT now(),
    requests   bigint      NOT NULL CHECK (requests > 0),
    PRIMARY KEY (account_id, id)
);
COMMENT ON TABLE losses IS 'Completed requests that could not be recorded, because the database was away for longer than the buffer lasts.';

ALTER TABLE cursors ADD COLUMN expired bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN cursors.expired IS 'Requests that the retention removed before they could be delivered.';
