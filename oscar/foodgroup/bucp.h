/* Foodgroup 0x0017, BUCP: the sign-on at the authorizer. Key, digest, address and cookie of the BOS
 * connection. The same TLVs travel in channel 1 and channel 4 frames of the oldest clients (roasted
 * login). */
#ifndef OSCAR_FOODGROUP_BUCP_H
#define OSCAR_FOODGROUP_BUCP_H

#include "base/buf.h"
#include "base/rd.h"

enum { BUCP_DIGEST = 16, BUCP_KEY = 10, BUCP_COOKIE = 256 };

enum login_scheme {
    LOGIN_MD5,     /* SNAC 0x0017/0x0002: `proof` is the digest, `key` what it was made with */
    LOGIN_ROASTED, /* channel 1: `proof` is the roasted password; empty where the client sent none
                    */
    LOGIN_KERBEROS, /* over HTTP, SNAC 0x050C/0x0002: `proof` is roasted by a third table ... */
    LOGIN_CLEAR,    /* ... or the password itself, as in clientLogin */
};

/* TLV 0x004A: does the client live with other sessions of the same account? */
enum login_multi { MULTI_OLD = 0, MULTI_WELCOME = 1, MULTI_ONLY_ONE = 3 };

/* What a client says of itself when it signs on. */
struct oscar_login {
    struct span name; /* as typed */
    enum login_scheme scheme;
    struct span proof, key;
    bool java;          /* Java AIM: roasts by a table of its own */
    bool new_digest;    /* TLV 0x004C: the password was hashed first; told, not believed */
    struct span client; /* "AOL Instant Messenger, version 5.1.3036/WIN32"; may be empty */
    uint16_t client_id, major, minor, point, build;
    uint32_t distribution;
    bool has_multi;
    uint8_t multi; /* enum login_multi; 0 where absent */
    struct span language, country;
};

/* What a client says of itself among these TLVs: all but name and proof. */
void bucp_client_read(struct span tlvs, struct oscar_login *out);
/* Reads the TLVs of a sign-on. False where there is no name, or the digest is not one of 16 octets.
 */
bool bucp_login_read(struct span tlvs, enum login_scheme scheme, struct oscar_login *out);
/* Client side: the body of SNAC 0x0017/0x0002 for proof, name and client text given. */
void bucp_login_write(struct buf *b, const struct oscar_login *l);
/* SNAC 0x0017/0x0006: the name whose key is wanted. */
bool bucp_key_request_read(struct span body, struct span *name);
void bucp_key_request_write(struct buf *b, struct span name);
/* SNAC 0x0017/0x0007. */
bool bucp_key_read(struct span body, struct span *key);
void bucp_key_write(struct buf *b, struct span key);

/* SNAC 0x0017/0x0003, and the channel 4 answer of a roasted login. */
struct bucp_reply {
    struct span name;
    uint16_t error;      /* 0: accepted; else enum login_error */
    struct span url;     /* of an explanation; with an error only; may be empty */
    struct span address; /* "host:port" of BOS */
    struct span cookie;
    struct span email; /* may be empty */
};
void bucp_reply_write(struct buf *b, const struct bucp_reply *r);
bool bucp_reply_read(struct span body, struct bucp_reply *out);

#endif
