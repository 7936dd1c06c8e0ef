-- What users reported to the operator: whom, and by which ids and ways his last messages came.
CREATE TABLE reports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    reporter TEXT NOT NULL,             -- a name: it may outlive the account
    subject TEXT NOT NULL,              -- normalised name, or user@host
    words TEXT NOT NULL,                -- what the reporter wrote along
    evidence TEXT NOT NULL,             -- a line for each message
    created BIGINT NOT NULL
);
CREATE INDEX reports_by_reporter ON reports (reporter, created);
