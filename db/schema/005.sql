-- What users tell of themselves, field by field (oscar/foodgroup/directory.h has the numbers).
CREATE TABLE directory (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    field INTEGER NOT NULL,
    value TEXT NOT NULL COLLATE NOCASE,
    PRIMARY KEY (user_id, field)
);
CREATE INDEX directory_by_value ON directory (field, value);
