-- How far a user is warned by others (tenths of a percent), and when that was the level: it fades.
ALTER TABLE users ADD COLUMN warning INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN warned BIGINT NOT NULL DEFAULT 0;
