-- Those of other domains who want to see a user who has not yet said whether they may.
CREATE TABLE requests (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    watcher TEXT NOT NULL,              -- user@host, as privacy lists have it
    uri TEXT NOT NULL,                  -- as it stands in the SUBSCRIBE
    created BIGINT NOT NULL,
    PRIMARY KEY (user_id, watcher)
);
CREATE INDEX requests_by_watcher ON requests (watcher);
CREATE INDEX requests_by_age ON requests (created);
