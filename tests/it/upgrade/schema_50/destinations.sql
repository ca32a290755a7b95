-- Destinations in every state, with what a program of schema 50 notes of their deliveries. `{…}` is filled in by old_database.rs.

-- Destinations lead to the receiver's project of their number.
INSERT INTO destinations (account_id, id, kind, name, enabled, settings, masked, secrets, target, last_test, revision, switched_off_at)
SELECT '00000000-0000-4000-8000-00000000ac01', id, 'sentry', name, enabled,
       jsonb_build_object('otlp_endpoint', 'http://{receiver}/api/' || project || '/integration/otlp/v1/traces', 'environment', 'staging'),
       jsonb_build_object('dsn', 'http://0123...cdef@{receiver}/' || project,
                          'headers', '{"x-gateway-token":"fedc...\"210","x-team":"..."}'), secrets, '{receiver}/' || project, '{"steps": []}',
       revision, switched_off_at
FROM (VALUES
    (1, '00000000-0000-4000-8000-00000000de01'::uuid, 'Healthy', true, '\x{secrets_1}'::bytea, 3, NULL::timestamptz),
    (2, '00000000-0000-4000-8000-00000000de02', 'Failing', true, '\x{secrets_2}', 1, NULL),
    (3, '00000000-0000-4000-8000-00000000de03', 'Paused', false, '\x{secrets_3}', 2, NULL),
    (4, '00000000-0000-4000-8000-00000000de04', 'Switched off', false, '\x{secrets_4}', 2, now() - interval '1 hour'),
    (5, '00000000-0000-4000-8000-00000000de05', 'Needs attention', true, '\x{secrets_5}', 1, NULL)
) AS d (project, id, name, enabled, secrets, revision, switched_off_at);

-- Cursors. Of the healthy one 4 and 5 were accepted and not confirmed.
INSERT INTO cursors (account_id, destination_id, since, xid, position, revision, lease_number, health, reason, failures, failing_since,
                     not_before, delivered, last_success_at, turn_ended_at, expired, confirmed_xid, confirmed_position, unconfirmed,
                     accepted_at, probes_first)
SELECT d.account_id, d.id, now() - interval '12 hours', coalesce(r.xid, '3'), coalesce(r.position, 0), c.revision, 7, c.health, c.reason,
       c.failures, c.failing_since, c.not_before, c.delivered, now() - interval '1 hour', now() - interval '1 minute', c.expired,
       confirmed.xid, confirmed.position, c.unconfirmed, c.accepted_at, c.probes_first
FROM (VALUES
    ('Healthy', 'gen-old-0000005', 3, 'healthy', NULL, 0, NULL::timestamptz, NULL::timestamptz, 3, 0, 'gen-old-0000003', 2,
     now() - interval '1 minute', false),
    ('Failing', 'gen-old-0000003', 0, 'failing', 'The receiver answered HTTP 503.', 4, now() - interval '30 minutes',
     now() - interval '1 minute', 1, 0, NULL, 0, NULL, false),
    ('Paused', NULL, 2, 'healthy', NULL, 0, NULL, NULL, 0, 0, NULL, 0, NULL, false),
    ('Switched off', 'gen-old-0000004', 0, 'failing', 'The receiver answered HTTP 502.', 40, now() - interval '8 days',
     now() + interval '10 minutes', 4, 25, NULL, 0, NULL, true),
    ('Needs attention', 'gen-old-0000002', 0, 'needs_attention', 'This key does not exist, is disabled, or belongs to another project.', 9,
     now() - interval '2 hours', now() + interval '2 hours', 2, 0, NULL, 0, NULL, true)
) AS c (name, read, revision, health, reason, failures, failing_since, not_before, delivered, expired, confirmed, unconfirmed,
        accepted_at, probes_first)
JOIN destinations d ON d.name = c.name
LEFT JOIN completed_requests r ON r.generation_id = c.read
LEFT JOIN completed_requests confirmed ON confirmed.generation_id = c.confirmed;

INSERT INTO dead_letters (account_id, destination_id, xid, position, generation_id, recorded_at, reason, status, answer)
SELECT r.account_id, '00000000-0000-4000-8000-00000000de02', r.xid, r.position, r.generation_id, r.recorded_at, l.reason, l.status, l.answer
FROM (VALUES
    ('gen-old-0000001', 'the receiver refuses this request', 400::smallint, 'no thanks'),
    ('gen-old-0000002', 'the receiver fails whenever it is sent this request', 500, 'out of order'),
    ('gen-old-0000003', 'no trace can be built of the recorded request', NULL, NULL)
) AS l (name, reason, status, answer)
JOIN completed_requests r ON r.generation_id = l.name;

INSERT INTO deliveries (account_id, destination_id, id, started_at, duration_ms, requests, bytes, outcome, status, answer)
SELECT '00000000-0000-4000-8000-00000000ac01', '00000000-0000-4000-8000-00000000de02', gen_random_uuid(), now() - d.ago, 35, d.requests,
       1800, d.outcome, d.status, d.answer
FROM (VALUES
    (interval '5 minutes', 3, 'delivered', 200::smallint, NULL),
    (interval '4 minutes', 1, 'invalid', 400, 'no thanks'),
    (interval '3 minutes', 1, 'server_error', 500, 'out of order'),
    (interval '2 minutes', 5, 'unavailable', 503, 'back at ten'),
    (interval '1 minute', 0, 'unavailable', 503, NULL)
) AS d (ago, requests, outcome, status, answer);
