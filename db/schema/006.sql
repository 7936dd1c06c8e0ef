-- A subscription is known by a number that grows: the next one is written behind the others, and refreshes, which come
-- in the order of the subscriptions, go over neighbours. The five texts that named it before took a page each.
ALTER TABLE watchers RENAME TO watchers_by_name;
CREATE TABLE watchers (
    id INTEGER PRIMARY KEY,
    call_id TEXT NOT NULL,
    local_tag TEXT NOT NULL,
    remote_tag TEXT NOT NULL,
    event TEXT NOT NULL,
    event_id TEXT NOT NULL,
    local_uri TEXT NOT NULL,
    remote_uri TEXT NOT NULL,
    target TEXT NOT NULL,
    routes TEXT NOT NULL,
    local_cseq BIGINT NOT NULL,
    remote_cseq BIGINT NOT NULL,
    hop BLOB NOT NULL,
    presentity TEXT NOT NULL,           -- a name: watchers outlive an account by one NOTIFY
    accept TEXT NOT NULL,
    state TEXT NOT NULL,
    expires BIGINT NOT NULL,
    created BIGINT NOT NULL,
    list TEXT NOT NULL
);
INSERT INTO watchers (call_id, local_tag, remote_tag, event, event_id, local_uri, remote_uri, target, routes, local_cseq,
        remote_cseq, hop, presentity, accept, state, expires, created, list)
    SELECT call_id, local_tag, remote_tag, event, event_id, local_uri, remote_uri, target, routes, local_cseq,
        remote_cseq, hop, presentity, accept, state, expires, created, list FROM watchers_by_name ORDER BY expires;
DROP TABLE watchers_by_name;
