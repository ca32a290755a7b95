-- What Activity reads: a narrow row of facts for each request, and rollups by minute, hour and day. A meter writes both behind the
-- log, so that recording stays as it is. Only new tables; nothing that exists is rewritten.

CREATE TABLE meters (
    account_id uuid   PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    xid        xid8   NOT NULL,
    position   bigint NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE meters IS 'The last entry of an account''s log that is counted. It moves in one statement with what it counted. No row: nothing is.';
CALL lock_tenant_table('meters');

-- A meter serves no destination and takes no lease: one of its steps is one short statement.
ALTER TABLE cursors
    DROP CONSTRAINT cursors_meters_have_no_destination,
    DROP CONSTRAINT cursors_purpose_check,
    ALTER COLUMN destination_id SET NOT NULL,
    ADD CONSTRAINT cursors_purpose_check CHECK (purpose IN ('live', 'replay'));
COMMENT ON COLUMN cursors.purpose IS 'live: follows what is recorded, one for each destination. replay: sends a range again.';

-- Partitioned as the log is, and dropped with it.
CREATE TABLE request_facts (
    account_id     uuid             NOT NULL,
    recorded_at    timestamptz      NOT NULL,
    xid            xid8             NOT NULL,
    position       bigint           NOT NULL,
    completed_at   timestamptz      NOT NULL,
    trace_key      bigint           NOT NULL,
    session_key    bigint,
    user_key       bigint,
    latency_ms     bigint,
    first_token_ms bigint,
    input_tokens   bigint,
    output_tokens  bigint,
    cost           double precision,
    trace_id       uuid             NOT NULL,
    api_key_id     uuid,
    status         smallint         NOT NULL,
    broadcast      boolean          NOT NULL,
    outcome        text             NOT NULL,
    generation_id  text             NOT NULL,
    name           text,
    model          text             NOT NULL,
    answered_by    text,
    environment    text,
    session_id     text,
    user_id        text
) PARTITION BY RANGE (recorded_at);
CREATE INDEX request_facts_in_time ON request_facts (account_id, completed_at, position);
CREATE INDEX request_facts_of_trace ON request_facts (trace_key, completed_at, position);
CREATE INDEX request_facts_of_session ON request_facts (session_key, completed_at, position) WHERE session_key IS NOT NULL;
CREATE INDEX request_facts_of_user ON request_facts (user_key, completed_at, position) WHERE user_key IS NOT NULL;
CREATE INDEX request_facts_of_key ON request_facts (api_key_id, completed_at, position) WHERE api_key_id IS NOT NULL;
COMMENT ON TABLE request_facts IS 'What lists and filters show of each request in the log. A request is found by its name in the log itself.';
COMMENT ON COLUMN request_facts.trace_key IS 'First 8 bytes of a digest of the account and the trace id: short, and of one account alone. session_key and user_key likewise.';
COMMENT ON COLUMN request_facts.latency_ms IS 'From the request''s arrival to the end of its answer. Null: what was recorded cannot be read.';
COMMENT ON COLUMN request_facts.first_token_ms IS 'From the request''s arrival to the first chunk of a streamed answer.';
COMMENT ON COLUMN request_facts.outcome IS 'succeeded, failed, refused or cancelled.';
COMMENT ON COLUMN request_facts.name IS 'The caller''s name of the generation, else of the trace.';
COMMENT ON COLUMN request_facts.model IS 'As the caller asked. Empty: it named none.';
COMMENT ON COLUMN request_facts.answered_by IS 'The model that answered, where it is another.';
CALL lock_tenant_table('request_facts');

CREATE TABLE usage_rollups (
    account_id      uuid             NOT NULL,
    grain           text             NOT NULL CHECK (grain IN ('minute', 'hour', 'day')),
    starts_at       timestamptz      NOT NULL,
    model           text             NOT NULL,
    api_key_id      uuid             NOT NULL,
    environment     text             NOT NULL,
    requests        bigint           NOT NULL,
    failed          bigint           NOT NULL,
    refused         bigint           NOT NULL,
    cancelled       bigint           NOT NULL,
    input_tokens    bigint           NOT NULL,
    output_tokens   bigint           NOT NULL,
    costed          bigint           NOT NULL,
    cost            double precision NOT NULL,
    latencies       bytea            NOT NULL,
    first_tokens    bytea            NOT NULL,
    PRIMARY KEY (account_id, grain, starts_at, model, api_key_id, environment)
) WITH (fillfactor = 70);
COMMENT ON TABLE usage_rollups IS 'Sums over requests by the time at which they completed. They outlive the log, and hold neither content nor users.';
COMMENT ON COLUMN usage_rollups.model IS 'As the caller asked. Empty: it named none, or was refused before a model was asked.';
COMMENT ON COLUMN usage_rollups.api_key_id IS 'All zeros: no key.';
COMMENT ON COLUMN usage_rollups.environment IS 'Empty: none was named.';
COMMENT ON COLUMN usage_rollups.costed IS 'Requests whose cost is known.';
COMMENT ON COLUMN usage_rollups.latencies IS 'A histogram: pairs of a bucket (one byte) and its count (LEB128). Two that are joined are their sum.';
CALL lock_tenant_table('usage_rollups');
