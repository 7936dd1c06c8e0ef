-- How far users elsewhere are warned by ours, as for our own in `users`.
CREATE TABLE levels (
    name TEXT PRIMARY KEY,              -- user@host, as privacy lists have it
    level INTEGER NOT NULL,             -- tenths of a percent
    warned BIGINT NOT NULL              -- when that was the level
);
