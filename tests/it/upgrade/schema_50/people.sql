-- Partitions and rights as a program of schema 50 makes them at its start; then accounts with their people and keys.
-- `{…}` is filled in by old_database.rs.

SET app.upkeep = 'on';

INSERT INTO log_origin (system_identifier) SELECT system_identifier FROM pg_control_system();

-- Partitions, as that program made them at each start.
DO $$
DECLARE
    parent text;
    day    date;
    name   text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['completed_requests', 'deliveries'] LOOP
        FOR day IN SELECT (timezone('UTC', clock_timestamp()))::date + n FROM generate_series(-1, 2) n LOOP
            name := parent || to_char(day, '_YYYYMMDD');
            EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING INDEXES)', name, parent);
            EXECUTE format('CALL lock_tenant_table(%L)', name);
            EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', parent, name,
                           day || ' 00:00:00Z', (day + 1) || ' 00:00:00Z');
            IF parent = 'completed_requests' THEN
                EXECUTE format('CREATE UNIQUE INDEX %s_by_name ON %s (account_id, generation_id)', name, name);
            END IF;
        END LOOP;
    END LOOP;
END
$$;

-- Rights of the two roles, as that program gave them at each start.
GRANT USAGE ON SCHEMA public TO tracecast_web, tracecast_worker;
GRANT SELECT ON _sqlx_migrations TO tracecast_web, tracecast_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON users, accounts, members, invitations, sessions, api_keys, destinations, broadcast_periods,
    cursors, completed_requests, deliveries, dead_letters, sign_in_throttle, password_resets, recovery_codes, sign_in_steps, losses
    TO tracecast_web;
GRANT SELECT, INSERT ON audit_log TO tracecast_web;
GRANT USAGE ON SEQUENCE completed_request_position TO tracecast_worker;
GRANT SELECT ON accounts, broadcast_periods TO tracecast_worker;
GRANT SELECT, UPDATE ON cursors TO tracecast_worker;
GRANT SELECT, UPDATE (enabled, switched_off_at, revision, updated_at) ON destinations TO tracecast_worker;
GRANT SELECT, INSERT ON completed_requests, deliveries, dead_letters, losses TO tracecast_worker;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['accounts', 'cursors', 'destinations', 'broadcast_periods', 'completed_requests', 'deliveries',
                                'dead_letters', 'losses'] LOOP
        EXECUTE format('CREATE POLICY worker ON %I TO tracecast_worker USING (true) WITH CHECK (true)', name);
    END LOOP;
END
$$;

-- Ada is an admin of Acme, Bob a member of it with a second factor and an admin of his own account.
INSERT INTO users (id, email, password_hash, totp_secret, totp_confirmed_at) VALUES
    ('00000000-0000-4000-8000-0000000000a1', 'ada@example.com', '{password_hash}', NULL, NULL),
    ('00000000-0000-4000-8000-0000000000b1', 'bob@example.com', '{password_hash}', '\x{second_factor}', now());
INSERT INTO recovery_codes (user_id, code_hash) VALUES ('00000000-0000-4000-8000-0000000000b1', sha256('recovery'));
INSERT INTO accounts (id, name, broadcast_enabled) VALUES
    ('00000000-0000-4000-8000-00000000ac01', 'Acme', true),
    ('00000000-0000-4000-8000-00000000ac02', 'Bobs', false);
INSERT INTO members (account_id, user_id, role) VALUES
    ('00000000-0000-4000-8000-00000000ac01', '00000000-0000-4000-8000-0000000000a1', 'admin'),
    ('00000000-0000-4000-8000-00000000ac01', '00000000-0000-4000-8000-0000000000b1', 'member'),
    ('00000000-0000-4000-8000-00000000ac02', '00000000-0000-4000-8000-0000000000b1', 'admin');
INSERT INTO sessions (token_hash, user_id, account_id, expires_at, address, device) VALUES
    (sha256('{session}'), '00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-00000000ac01', now() + interval '7 days',
     '192.0.2.7', 'Firefox');
INSERT INTO api_keys (account_id, id, hash, key_type, name, last_four, created_by) VALUES
    ('00000000-0000-4000-8000-00000000ac01', '00000000-0000-4000-8000-00000000ce01', sha256('{api_key}'), 'inference', 'Old app',
     right('{api_key}', 4), '00000000-0000-4000-8000-0000000000a1');
INSERT INTO api_keys (account_id, id, hash, key_type, name, last_four, revoked_at) VALUES
    ('00000000-0000-4000-8000-00000000ac01', '00000000-0000-4000-8000-00000000ce02', sha256('{revoked_key}'), 'inference', 'Revoked app',
     right('{revoked_key}', 4), now() - interval '1 hour');
INSERT INTO invitations (account_id, id, token_hash, role, invited_by, expires_at) VALUES
    ('00000000-0000-4000-8000-00000000ac01', gen_random_uuid(), sha256('invitation'), 'member', '00000000-0000-4000-8000-0000000000a1',
     now() + interval '1 day');
INSERT INTO broadcast_periods (account_id, started_at, ended_at) VALUES
    ('00000000-0000-4000-8000-00000000ac01', now() - interval '3 days', now() - interval '2 days'),
    ('00000000-0000-4000-8000-00000000ac01', now() - interval '1 day', NULL);
INSERT INTO losses (account_id, id, told_at, requests) VALUES
    ('00000000-0000-4000-8000-00000000ac01', gen_random_uuid(), now() - interval '1 hour', 17);
INSERT INTO audit_log (account_id, id, at, event, actor_kind, actor_id, actor, address, subject, before, after) VALUES
    ('00000000-0000-4000-8000-00000000ac01', '01932a00-0000-7000-8000-000000000001', now() - interval '3 days', 'account_created',
     'person', '00000000-0000-4000-8000-0000000000a1', 'ada@example.com', '192.0.2.7', 'Acme', NULL, NULL),
    ('00000000-0000-4000-8000-00000000ac01', '01932a00-0000-7000-8000-000000000002', now() - interval '2 days', 'destination_created',
     'person', '00000000-0000-4000-8000-0000000000a1', 'ada@example.com', '192.0.2.7', 'Healthy', NULL,
     '{"environment": "staging", "dsn": "0123...cdef"}'),
    ('00000000-0000-4000-8000-00000000ac01', '01932a00-0000-7000-8000-000000000003', now() - interval '1 day', 'broadcast_switched',
     'operator', NULL, 'operator', NULL, '', '{"broadcast": false}', '{"broadcast": true}');
