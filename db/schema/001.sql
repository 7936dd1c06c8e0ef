-- Names and addresses are text; what is opaque to the store is a blob. Times are Unix seconds.
-- Kept to what PostgreSQL reads too, but for AUTOINCREMENT and the types' spelling.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);

CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,          -- normalised
    formatted TEXT NOT NULL,            -- as shown
    password BLOB NOT NULL,             -- nonce, AES-256-GCM ciphertext, tag; the name is associated data
    settings TEXT NOT NULL DEFAULT '',  -- what is not standard: "receipts=on html=on"
    created BIGINT NOT NULL
);

CREATE TABLE bindings (
    kind INTEGER NOT NULL,              -- 1 operator, 2 alias, 3 case
    name TEXT NOT NULL,                 -- normalised screen name
    address_key TEXT NOT NULL,          -- user@host, user folded where that peer folds
    address_user BLOB NOT NULL,         -- exact
    address_host TEXT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (kind, name),
    UNIQUE (kind, address_key)
);
CREATE INDEX bindings_by_name ON bindings (name);

CREATE TABLE contacts (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    uri TEXT NOT NULL,
    q INTEGER NOT NULL,                 -- thousandths
    expires BIGINT NOT NULL,
    call_id TEXT NOT NULL,
    cseq BIGINT NOT NULL,
    instance TEXT NOT NULL,
    reg_id BIGINT NOT NULL,
    methods TEXT NOT NULL,
    path TEXT NOT NULL,
    hop BLOB NOT NULL,                  -- where the REGISTER came from
    agent TEXT NOT NULL,
    PRIMARY KEY (user_id, position)
);
CREATE INDEX contacts_by_expiry ON contacts (expires);

CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    direction INTEGER NOT NULL,         -- 0 to a local user, 1 to a foreign one
    recipient TEXT NOT NULL,            -- screen name or address key
    size INTEGER NOT NULL,
    dedupe BLOB UNIQUE,                 -- same key, same message; NULL: nothing to compare by
    from_user BLOB NOT NULL,
    from_host TEXT NOT NULL,
    to_user BLOB NOT NULL,
    to_host TEXT NOT NULL,
    friendly TEXT NOT NULL,
    body TEXT NOT NULL,
    html TEXT NOT NULL,
    cookie BLOB NOT NULL,
    sent BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    auto_reply INTEGER NOT NULL,
    receipts INTEGER NOT NULL,
    receipt_id TEXT NOT NULL,
    receipt_time TEXT NOT NULL,
    arrived BIGINT NOT NULL
);
CREATE INDEX messages_by_recipient ON messages (recipient, id, size);
CREATE INDEX messages_by_domain ON messages (to_host, id) WHERE direction = 1;
CREATE INDEX messages_by_expiry ON messages (expires);

-- Keys of messages that were delivered: a retransmission within the hour is not a new message.
CREATE TABLE message_keys (
    dedupe BLOB PRIMARY KEY,
    message_id BIGINT NOT NULL,
    until BIGINT NOT NULL
);
CREATE INDEX message_keys_by_until ON message_keys (until);

CREATE TABLE rosters (
    user_id BIGINT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    changed BIGINT NOT NULL
);

CREATE TABLE roster_items (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    group_id INTEGER NOT NULL,
    item_id INTEGER NOT NULL,
    class INTEGER NOT NULL,
    name BLOB NOT NULL,
    attributes BLOB NOT NULL,
    PRIMARY KEY (user_id, group_id, item_id)
);
CREATE INDEX roster_items_by_name ON roster_items (name, class);

CREATE TABLE privacy_modes (
    user_id BIGINT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    mode INTEGER NOT NULL
);

CREATE TABLE privacy (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    list INTEGER NOT NULL,
    name TEXT NOT NULL,
    until BIGINT NOT NULL,              -- 0: for good
    created BIGINT NOT NULL,
    PRIMARY KEY (user_id, list, name)
);

CREATE TABLE watchers (
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
    PRIMARY KEY (call_id, local_tag, remote_tag, event, event_id)
);
CREATE INDEX watchers_by_presentity ON watchers (presentity);
CREATE INDEX watchers_by_expiry ON watchers (expires);

CREATE TABLE publications (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    etag TEXT NOT NULL,
    expires BIGINT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (user_id, etag)
);
CREATE INDEX publications_by_expiry ON publications (expires);
