-- Secrets are shown by their end only, `****...wxyz`, as OpenRouter shows them; keys in DSNs stay as they were. A row for each destination
-- and each revision of one.

-- RLS holds the owner, too; this is upkeep for all accounts.
SELECT set_config('app.upkeep', 'on', true);

CREATE FUNCTION ends_of_masks(masked jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(key, CASE
        -- A JSON object of its own, spelled as the program spells it.
        WHEN key = 'headers' THEN regexp_replace(
            regexp_replace(value, ':"(?:[^"\\]|\\.){4}\.\.\.((?:[^"\\]|\\.){4})"(?=[,}])', ':"****...\1"', 'g'),
            ':"\.\.\."(?=[,}])', ':"****"', 'g')
        ELSE regexp_replace(regexp_replace(value, '^.{4}\.\.\.(.{4})$', '****...\1'), '^\.\.\.$', '****')
    END), '{}')
    FROM jsonb_each_text(masked)
$$;
UPDATE destinations SET masked = ends_of_masks(masked) WHERE masked::text LIKE '%...%';
UPDATE destination_revisions SET masked = ends_of_masks(masked) WHERE masked::text LIKE '%...%';
DROP FUNCTION ends_of_masks;
