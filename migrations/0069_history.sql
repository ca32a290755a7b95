-- People see what a destination's settings were, who changed them, and go back. Rows from before say neither name nor person.

ALTER TABLE destination_revisions
    ADD COLUMN name text,
    ADD COLUMN who  text;
COMMENT ON COLUMN destination_revisions.name IS 'What its people called the destination. Null: recorded by an older version.';
COMMENT ON COLUMN destination_revisions.who IS 'Who changed it: a person or key by the name of that time. Null: recorded by an older version, or the program itself.';
