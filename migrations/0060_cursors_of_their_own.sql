-- A cursor is a thing of its own: a destination has one that follows what is recorded, and may have others over ranges of the log
-- that end. So health and back-off belong to the destination, whichever cursor met its receiver; and an attempt says what it
-- covered, so that it can be told of each request what became of it.
--
-- Small tables are rewritten (cursors, destinations: a row for each destination). The log and the attempts are not: their new
-- columns are empty for old rows, and the index leaves those out.

ALTER TABLE cursors
    ADD COLUMN id             uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN purpose        text NOT NULL DEFAULT 'live' CHECK (purpose IN ('live', 'replay', 'meter')),
    ADD COLUMN until_xid      xid8,
    ADD COLUMN until_position bigint;
ALTER TABLE cursors
    DROP CONSTRAINT cursors_pkey,
    ADD PRIMARY KEY (account_id, id),
    ALTER COLUMN destination_id DROP NOT NULL,
    ADD CONSTRAINT cursors_meters_have_no_destination CHECK ((purpose = 'meter') = (destination_id IS NULL)),
    ADD CONSTRAINT cursors_replays_end CHECK (
        (purpose = 'replay') = (until_xid IS NOT NULL) AND (purpose = 'replay') = (until_position IS NOT NULL));
CREATE UNIQUE INDEX cursors_live ON cursors (account_id, destination_id) WHERE purpose = 'live';
CREATE INDEX cursors_of_destination ON cursors (account_id, destination_id);
COMMENT ON TABLE cursors IS 'How far a reader of an account''s part of the log has come, and which worker serves it now.';
COMMENT ON COLUMN cursors.purpose IS 'live: follows what is recorded, one for each destination. replay: sends a range again. meter: counts for the account.';
COMMENT ON COLUMN cursors.until_xid IS 'With until_position: the last entry of a replay''s range.';
COMMENT ON COLUMN cursors.revision IS 'server_errors counts what was answered to the destination''s settings since this revision of it.';

ALTER TABLE destinations
    ADD COLUMN health            text    NOT NULL DEFAULT 'healthy' CHECK (health IN ('healthy', 'failing', 'needs_attention')),
    ADD COLUMN reason            text,
    ADD COLUMN failures          integer NOT NULL DEFAULT 0,
    ADD COLUMN failing_since     timestamptz,
    ADD COLUMN not_before        timestamptz,
    ADD COLUMN probes_first      boolean NOT NULL DEFAULT false,
    ADD COLUMN settings_revision integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN destinations.failures IS 'Failed attempts in a row.';
COMMENT ON COLUMN destinations.not_before IS 'No request is sent before.';
COMMENT ON COLUMN destinations.probes_first IS 'The receiver refused everything or was away: the next requests carry nothing, and only if they are accepted do others follow.';
COMMENT ON COLUMN destinations.settings_revision IS 'Health and back-off are those of the settings since this revision. What older ones still cause is not noted.';
-- RLS holds the owner, too; this is upkeep for all accounts.
SELECT set_config('app.upkeep', 'on', true);
UPDATE destinations d
SET health = c.health, reason = c.reason, failures = c.failures, failing_since = c.failing_since, not_before = c.not_before,
    probes_first = c.probes_first, settings_revision = c.revision
FROM cursors c
WHERE c.account_id = d.account_id AND c.destination_id = d.id;
ALTER TABLE cursors
    DROP COLUMN health, DROP COLUMN reason, DROP COLUMN failures, DROP COLUMN failing_since, DROP COLUMN not_before,
    DROP COLUMN probes_first;

CREATE TABLE destination_revisions (
    account_id     uuid        NOT NULL,
    destination_id uuid        NOT NULL,
    revision       integer     NOT NULL,
    kind           text        NOT NULL,
    privacy_mode   boolean     NOT NULL,
    settings       jsonb       NOT NULL,
    masked         jsonb       NOT NULL,
    target         text        NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, destination_id, revision),
    FOREIGN KEY (account_id, destination_id) REFERENCES destinations (account_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE destination_revisions IS 'What a destination''s settings were, without secrets, for as long as attempts name them. An attempt was made with the newest one that is not newer than its revision.';
CALL lock_tenant_table('destination_revisions');
INSERT INTO destination_revisions (account_id, destination_id, revision, kind, privacy_mode, settings, masked, target, created_at)
SELECT account_id, id, revision, kind, privacy_mode, settings, masked, target, updated_at FROM destinations;

ALTER TABLE deliveries
    ADD COLUMN cursor_id       uuid,
    ADD COLUMN batch_id        uuid,
    ADD COLUMN after_xid       xid8,
    ADD COLUMN after_position  bigint,
    ADD COLUMN last_xid        xid8,
    ADD COLUMN last_position   bigint,
    ADD COLUMN revision        integer,
    ADD COLUMN private         boolean,
    ADD COLUMN encoder         smallint,
    ADD COLUMN attempt         integer,
    ADD COLUMN left_out        jsonb,
    ADD COLUMN oldest_delay_ms bigint,
    ADD COLUMN newest_delay_ms bigint,
    ADD COLUMN headers         jsonb,
    ADD COLUMN body            text;
CREATE INDEX deliveries_of_entry ON deliveries (account_id, destination_id, last_xid, last_position) WHERE last_xid IS NOT NULL;
COMMENT ON COLUMN deliveries.batch_id IS 'Of the destination and the range: another attempt with the same entries has the same.';
COMMENT ON COLUMN deliveries.after_xid IS 'With after_position: the attempt covers entries behind this place. Null: it carried nothing.';
COMMENT ON COLUMN deliveries.last_xid IS 'With last_position: and up to this one.';
COMMENT ON COLUMN deliveries.private IS 'Whether content was kept back by Privacy Mode of the account or the destination.';
COMMENT ON COLUMN deliveries.encoder IS 'Version of the code that made the body of the entries.';
COMMENT ON COLUMN deliveries.attempt IS 'Counts from 1 since something was last accepted.';
COMMENT ON COLUMN deliveries.left_out IS 'How many entries of the range were not sent, by reason. Null: none.';
COMMENT ON COLUMN deliveries.oldest_delay_ms IS 'From the completion of the request that completed first to its acceptance.';
COMMENT ON COLUMN deliveries.headers IS 'What the receiver said in headers that hold no secret.';
COMMENT ON COLUMN deliveries.body IS 'The beginning of what the receiver answered, secrets masked.';

CREATE FUNCTION live_waits(account uuid, destination uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (
        SELECT FROM cursors c
        WHERE c.account_id = account AND c.destination_id = destination AND c.purpose = 'live'
          AND (SELECT true FROM completed_requests r
               WHERE r.account_id = c.account_id AND (r.xid, r.position) > (c.xid, c.position) AND r.broadcast
                 AND r.xid < pg_snapshot_xmin(pg_current_snapshot())
               ORDER BY r.xid, r.position LIMIT 1));
COMMENT ON FUNCTION live_waits IS 'Whether a destination has live traffic that could be sent now. Replays let it pass.';

-- Names instead of sentences; pages have the words.
UPDATE dead_letters
SET reason = CASE reason
             WHEN 'the receiver refuses this request' THEN 'refused'
             WHEN 'the receiver fails whenever it is sent this request' THEN 'fails_receiver'
             WHEN 'no trace can be built of the recorded request' THEN 'unbuildable'
             ELSE 'refused' END;
ALTER TABLE dead_letters
    ADD CONSTRAINT dead_letters_reason CHECK (reason IN ('refused', 'fails_receiver', 'unbuildable')) NOT VALID;
