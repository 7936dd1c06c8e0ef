-- A message of a stranger waits, for a day, under "RECIPIENT STRANGER" until its recipient says whether it is wanted.
ALTER TABLE messages ADD COLUMN keep BIGINT NOT NULL DEFAULT 0; -- of such a one: when it expires once it is
