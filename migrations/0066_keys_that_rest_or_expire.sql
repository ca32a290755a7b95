-- A key may be disabled for a time, and may end by itself. A table of few rows; the new columns are empty for old ones.

ALTER TABLE api_keys
    ADD COLUMN disabled_at timestamptz,
    ADD COLUMN expires_at  timestamptz,
    ADD COLUMN updated_at  timestamptz;
COMMENT ON COLUMN api_keys.disabled_at IS 'Since when the key lets nobody in. Null: it does. It may come back, unlike a revoked one.';
COMMENT ON COLUMN api_keys.expires_at IS 'From then on the key lets nobody in. Null: it does not end by itself.';
