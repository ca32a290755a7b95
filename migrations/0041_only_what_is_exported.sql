-- What completed while Broadcast was off is never exported, and no cursor has to pass it: neither a worker nor a page reads a
-- million such entries to find that nothing waits.

CREATE INDEX completed_requests_to_export ON completed_requests (account_id, xid, position) WHERE broadcast;
DROP INDEX completed_requests_in_order;
