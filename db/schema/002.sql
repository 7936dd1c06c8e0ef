-- By it messages for one recipient go out in order: one whose delivery broke is stored after others that came later.
ALTER TABLE messages ADD COLUMN turn BIGINT NOT NULL DEFAULT 0; -- microseconds of its arrival, no two the same
