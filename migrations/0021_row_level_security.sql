-- The second lock. The first one is that every query names its account; this one holds even where a query does not.
--
-- Three roles: the owner of everything, who changes the schema; `tracecast_web`, which sees the rows of one account at a
-- time; `tracecast_worker`, which serves the destinations of all accounts. Grants and the worker's policies are made by the
-- program at its start (`store::roles`), because a role may not exist yet. FORCE holds the owner, too, where the program has
-- to run without the other roles; for upkeep across accounts (retention, rotation of keys) it asks for the policy `upkeep`.

CREATE FUNCTION current_account() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('app.account_id', true), '')::uuid;
COMMENT ON FUNCTION current_account IS 'The account of this transaction; null outside of one.';

CREATE FUNCTION is_upkeep() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN current_setting('app.upkeep', true) = 'on';
COMMENT ON FUNCTION is_upkeep IS 'Whether this session works for all accounts: the worker and upkeep, never a page.';

-- Locks one tenant table. The program calls it for each new partition, too, since a partition can be asked for by its name.
CREATE PROCEDURE lock_tenant_table(tenant_table regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('CREATE POLICY tenant ON %s USING (account_id = current_account()) WITH CHECK (account_id = current_account())',
                   tenant_table);
    EXECUTE format('CREATE POLICY upkeep ON %s TO CURRENT_USER USING (is_upkeep()) WITH CHECK (is_upkeep())', tenant_table);
END
$$;

CALL lock_tenant_table('destinations');
CALL lock_tenant_table('broadcast_periods');
CALL lock_tenant_table('cursors');
CALL lock_tenant_table('completed_requests');
CALL lock_tenant_table('deliveries');
CALL lock_tenant_table('dead_letters');
CALL lock_tenant_table('losses');

DO $$
DECLARE
    partition regclass;
BEGIN
    FOR partition IN SELECT inhrelid FROM pg_inherits
                     WHERE inhparent IN ('completed_requests'::regclass, 'deliveries'::regclass) LOOP
        CALL lock_tenant_table(partition);
    END LOOP;
END
$$;

-- People and keys are found before it is known whose account it is: by who they are, or by the secret that they hold. Each has
-- a setting of its own, and policies that let exactly that through.

CREATE FUNCTION current_person() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('app.user_id', true), '')::uuid;
COMMENT ON FUNCTION current_person IS 'The person for whom this transaction works; null for none.';

CREATE FUNCTION current_secret() RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
    RETURN decode(nullif(current_setting('app.secret', true), ''), 'hex');
COMMENT ON FUNCTION current_secret IS 'SHA-256 of the token or key that was shown; null for none.';

CALL lock_tenant_table('members');
CREATE POLICY person ON members FOR SELECT USING (user_id = current_person());

ALTER TABLE accounts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON accounts USING (id = current_account()) WITH CHECK (id = current_account());
CREATE POLICY upkeep ON accounts TO CURRENT_USER USING (is_upkeep()) WITH CHECK (is_upkeep());
CREATE POLICY person ON accounts FOR SELECT
    USING (id IN (SELECT account_id FROM members WHERE user_id = current_person()));

CALL lock_tenant_table('sessions');
CREATE POLICY person ON sessions USING (user_id = current_person()) WITH CHECK (user_id = current_person());
CREATE POLICY secret ON sessions FOR SELECT USING (token_hash = current_secret());

CALL lock_tenant_table('api_keys');
CREATE POLICY secret ON api_keys FOR SELECT USING (hash = current_secret());

CALL lock_tenant_table('invitations');
CREATE POLICY secret ON invitations FOR SELECT USING (token_hash = current_secret());

CALL lock_tenant_table('audit_log');
CREATE POLICY person ON audit_log FOR INSERT
    WITH CHECK (account_id IN (SELECT account_id FROM members WHERE user_id = current_person()));
