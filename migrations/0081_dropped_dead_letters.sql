-- A dead letter that a person dropped keeps its row, so that the receipt of its request still says what happened.

ALTER TABLE dead_letters ADD COLUMN dropped_at timestamptz;
COMMENT ON COLUMN dead_letters.dropped_at IS 'When a person gave the request up. Null: it waits for somebody to look at it.';
