-- A destination may get so many requests a day. What was sent of them is counted with the cursor, in the statement that moves it: so
-- the count is what the cursor says was sent, whenever a process ends. Without a budget nothing is counted. The columns have constant
-- defaults or none: only the catalogue changes.

ALTER TABLE cursors
    ADD COLUMN budget_day    date,
    ADD COLUMN budget_used   bigint NOT NULL DEFAULT 0,
    ADD COLUMN held_until    timestamptz,
    ADD COLUMN held_revision integer;
COMMENT ON COLUMN cursors.budget_day IS 'The day (UTC) of budget_used. Null: nothing was counted yet.';
COMMENT ON COLUMN cursors.budget_used IS 'Requests that were sent on that day, or given up.';
COMMENT ON COLUMN cursors.held_until IS 'The budget of the day is used up, and the rest waits until then.';
COMMENT ON COLUMN cursors.held_revision IS 'As long as the destination has this revision: other settings may have another budget.';
