-- What a worker notes of poison has the names of `src/delivery/poison.rs`. Only the catalogue changes. Pages, gateway and recorder of an
-- older version read none of these columns, and its worker stops by itself.

ALTER TABLE cursors RENAME COLUMN deaths TO poison_lost_leases;
ALTER TABLE cursors RENAME COLUMN builds TO poison_unfinished;
ALTER TABLE cursors RENAME COLUMN careful TO poison_one_by_one;
COMMENT ON COLUMN cursors.poison_lost_leases IS 'How many workers in a row were gone before they gave the lease back. Builds are noted from the first on.';
COMMENT ON COLUMN cursors.poison_unfinished IS 'Noted builds of the entries at the cursor that were begun and never ended.';
COMMENT ON COLUMN cursors.poison_one_by_one IS 'This many entries are still built one by one, because workers died over them.';
