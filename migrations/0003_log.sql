-- The append-only log of completed requests, and the log of deliveries. Both are partitioned by time, so that retention
-- drops partitions instead of deleting rows. Partitions are made ahead by the program.

CREATE SEQUENCE completed_request_position;

CREATE TABLE completed_requests (
    account_id    uuid             NOT NULL,
    recorded_at   timestamptz      NOT NULL DEFAULT now(),
    xid           xid8             NOT NULL DEFAULT pg_current_xact_id(),
    position      bigint           NOT NULL DEFAULT nextval('completed_request_position'),
    completed_at  timestamptz      NOT NULL,
    generation_id text             NOT NULL,
    api_key_id    uuid,
    session_id    text,
    model         text             NOT NULL,
    status        smallint         NOT NULL,
    tokens        bigint,
    cost          double precision,
    broadcast     boolean          NOT NULL,
    format        smallint         NOT NULL,
    payload       bytea            NOT NULL,
    content       bytea,
    PRIMARY KEY (account_id, recorded_at, position)
) PARTITION BY RANGE (recorded_at);

ALTER SEQUENCE completed_request_position OWNED BY completed_requests.position;
ALTER TABLE completed_requests ALTER COLUMN payload SET STORAGE EXTERNAL;
ALTER TABLE completed_requests ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX completed_requests_in_order ON completed_requests (account_id, xid, position);

COMMENT ON TABLE completed_requests IS 'Append-only: rows are never updated. A destination is a cursor on it.';
COMMENT ON COLUMN completed_requests.xid IS 'The transaction that wrote the row. Readers go by (xid, position) below the oldest running transaction, so that a late commit is never skipped.';
COMMENT ON COLUMN completed_requests.completed_at IS 'When the request completed, by the database''s clock.';
COMMENT ON COLUMN completed_requests.broadcast IS 'Whether Broadcast was on when it completed. If not, it is never exported.';
COMMENT ON COLUMN completed_requests.format IS 'Version of payload and content. A worker leaves rows of a newer version alone.';
COMMENT ON COLUMN completed_requests.payload IS 'UTF-8 JSON of all that Privacy Mode allows to leave.';
COMMENT ON COLUMN completed_requests.content IS 'UTF-8 JSON of prompt and completion. Null where no destination may receive it.';

CREATE TABLE deliveries (
    account_id     uuid        NOT NULL,
    destination_id uuid        NOT NULL,
    id             uuid        NOT NULL,
    started_at     timestamptz NOT NULL DEFAULT now(),
    duration_ms    integer     NOT NULL,
    requests       integer     NOT NULL,
    bytes          integer     NOT NULL,
    outcome        text        NOT NULL,
    status         smallint,
    answer         text,
    PRIMARY KEY (account_id, destination_id, started_at, id),
    FOREIGN KEY (account_id, destination_id) REFERENCES destinations (account_id, id) ON DELETE CASCADE
) PARTITION BY RANGE (started_at);
COMMENT ON TABLE deliveries IS 'One row for each attempt to hand a batch to a destination.';
COMMENT ON COLUMN deliveries.bytes IS 'Of the batch, before compression.';
COMMENT ON COLUMN deliveries.answer IS 'A sentence of the receiver, cleaned and cut.';

CREATE TABLE dead_letters (
    account_id     uuid        NOT NULL,
    destination_id uuid        NOT NULL,
    xid            xid8        NOT NULL,
    position       bigint      NOT NULL,
    generation_id  text        NOT NULL,
    recorded_at    timestamptz NOT NULL,
    reason         text        NOT NULL,
    status         smallint,
    answer         text,
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, destination_id, xid, position),
    FOREIGN KEY (account_id, destination_id) REFERENCES destinations (account_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE dead_letters IS 'Requests that a destination refuses for good, put aside with the reason.';
