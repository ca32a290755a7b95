-- Programs with a management key invite people, too. A table of few rows.

ALTER TABLE invitations ALTER COLUMN invited_by DROP NOT NULL;
COMMENT ON COLUMN invitations.invited_by IS 'Null: a program with a management key.';
