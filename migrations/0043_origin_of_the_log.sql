-- The Postgres that counted the transactions by which the log is ordered: another one after a restore from a dump. So it is seen at
-- once, without a look at the log.

CREATE TABLE log_origin (
    one               boolean PRIMARY KEY DEFAULT true CHECK (one),
    system_identifier bigint  NOT NULL
);
