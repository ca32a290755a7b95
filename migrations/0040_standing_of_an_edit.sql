-- How a destination stands is said of its settings. What was on the wire while they were edited says nothing of the new ones.

ALTER TABLE cursors ADD COLUMN revision integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN cursors.revision IS 'Health, reason and back-off are those of the destination since this revision of it; what older ones still cause is not noted here.';
