-- Lists and the meter read what completed while Broadcast was off, too: by an index of its own, beside the one of what is exported.
-- A partition that holds much already stays without it, because building it would hold up what is recorded: such partitions are dropped
-- with the retention, and each new one gets it.

CREATE INDEX completed_requests_while_off ON ONLY completed_requests (account_id, xid, position) WHERE NOT broadcast;

DO $$
DECLARE
    part regclass;
    name text;
BEGIN
    FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'completed_requests'::regclass LOOP
        CONTINUE WHEN pg_table_size(part) > 64 * 1024 * 1024;
        SELECT relname || '_while_off' INTO name FROM pg_class WHERE oid = part;
        EXECUTE format('CREATE INDEX %I ON %s (account_id, xid, position) WHERE NOT broadcast', name, part);
        EXECUTE format('ALTER INDEX completed_requests_while_off ATTACH PARTITION %I', name);
    END LOOP;
END
$$;
