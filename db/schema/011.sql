-- A user's imported rule document: who may see him over SIP (RFC 4745, RFC 5025).
CREATE TABLE policies (
    user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    document BLOB NOT NULL              -- as it was imported
);
