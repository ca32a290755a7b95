-- Some receivers accept before they know whether they may, and throw away what they accepted (Sentry's Relay). What such a receiver
-- accepted counts once it is confirmed; until then the cursor can go back. The new columns have constant defaults: no table is
-- rewritten.

ALTER TABLE cursors
    ADD COLUMN confirmed_xid      xid8,
    ADD COLUMN confirmed_position bigint,
    ADD COLUMN unconfirmed        bigint NOT NULL DEFAULT 0,
    ADD COLUMN accepted_at        timestamptz,
    ADD COLUMN probes_first       boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT cursors_unconfirmed CHECK (
        (unconfirmed > 0) = (confirmed_xid IS NOT NULL)
        AND (unconfirmed > 0) = (confirmed_position IS NOT NULL)
        AND (unconfirmed > 0) = (accepted_at IS NOT NULL)) NOT VALID;
COMMENT ON COLUMN cursors.confirmed_xid IS 'Where the cursor goes back to if what lies between is not confirmed. Null: everything up to the cursor is confirmed.';
COMMENT ON COLUMN cursors.unconfirmed IS 'Requests that were accepted and are not confirmed yet.';
COMMENT ON COLUMN cursors.accepted_at IS 'When the last of them was accepted.';
COMMENT ON COLUMN cursors.probes_first IS 'The receiver refused everything or was away: the next requests carry nothing, and only if they are accepted do others follow.';
