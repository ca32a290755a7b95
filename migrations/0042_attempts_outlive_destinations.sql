-- A destination can be removed in one short transaction, however many attempts and dead letters it leaves behind: those are
-- removed in steps afterwards. And an attempt is written without locking its destination: it is written only by who holds the
-- lease, whose row goes with the destination.

ALTER TABLE deliveries DROP CONSTRAINT deliveries_account_id_destination_id_fkey;
ALTER TABLE dead_letters DROP CONSTRAINT dead_letters_account_id_destination_id_fkey;
