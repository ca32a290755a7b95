-- What is sent of a request is chosen for each destination, as which requests are. Both columns are empty for what is there: only the
-- catalogue changes.

ALTER TABLE destinations ADD COLUMN redaction jsonb;
COMMENT ON COLUMN destinations.redaction IS 'What is sent to it: detectors and fields, with the version of their form. Null: everything.';
ALTER TABLE destination_revisions ADD COLUMN redaction jsonb;
COMMENT ON COLUMN destination_revisions.redaction IS 'As in destinations.';
