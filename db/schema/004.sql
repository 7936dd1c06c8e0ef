-- What users show of themselves: buddy icons, the latest of each type, named by their MD5.
CREATE TABLE icons (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    type INTEGER NOT NULL,
    hash BLOB NOT NULL,
    image BLOB NOT NULL,
    PRIMARY KEY (user_id, type)
);
