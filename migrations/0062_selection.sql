-- Which requests a destination gets is chosen for each one, and attempts refer to it like to its other settings. Both columns are
-- empty for what is there: only the catalogue changes.

ALTER TABLE destinations ADD COLUMN selection jsonb;
COMMENT ON COLUMN destinations.selection IS 'Which requests it gets: keys, filter rules, sampling, with the version of their form. Null: all.';
ALTER TABLE destination_revisions ADD COLUMN selection jsonb;
COMMENT ON COLUMN destination_revisions.selection IS 'As in destinations.';

-- The worker has no right to the keys themselves. Rules ask which key a request was made with, and this is all of that.
CREATE FUNCTION known_keys(account uuid) RETURNS TABLE (id uuid, hash bytea, name text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- Row-level security holds the owner, too.
    PERFORM set_config('app.account_id', account::text, true);
    RETURN QUERY SELECT k.id, k.hash, k.name FROM api_keys k WHERE k.account_id = account;
END
$$;
REVOKE EXECUTE ON FUNCTION known_keys FROM PUBLIC;
COMMENT ON FUNCTION known_keys IS 'What rules may ask of an account''s keys, the revoked ones among them. For the worker only.';
