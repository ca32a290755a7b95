-- Who may read prompts and completions on the pages, and the entry that says who did. A table of few rows, and an index that is empty
-- at first.

ALTER TABLE accounts
    ADD COLUMN content_readers text NOT NULL DEFAULT 'admins' CHECK (content_readers IN ('nobody', 'admins', 'members'));
COMMENT ON COLUMN accounts.content_readers IS 'Who may read prompts and completions on the pages. Every admin is a member, too.';

-- A person who reads the same request again within the hour adds nothing.
CREATE UNIQUE INDEX audit_log_content_read ON audit_log (account_id, actor_id, subject, date_trunc('hour', timezone('UTC', at)))
    WHERE event = 'content_read';
