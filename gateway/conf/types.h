/* What a configuration says: one struct with every key's value. Data only. */
#ifndef GATEWAY_CONF_TYPES_H
#define GATEWAY_CONF_TYPES_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/bucket.h"
#include "base/log.h"

/* Bounds on what a file may hold. */
enum {
    CONF_FILE_MAX = 1 << 20, /* octets of the file */
    CONF_DEPTH_MAX = 16,     /* lists and sections inside each other */
    CONF_LIST_MAX = 32,      /* entries of one list of addresses or routes */
    CONF_PEERS_MAX = 1024,
    CONF_KEYS_MAX = 96,
};

/* A numeric address. `port` is 0 where the text had none and the key has no default. */
struct conf_address {
    union {
        struct sockaddr sa;
        struct sockaddr_in in4;
        struct sockaddr_in6 in6;
    } at; /* with the port */
    uint16_t port;
    const char *text; /* as it was written: for logs */
    int line;         /* 0: a default */
};

struct conf_addresses {
    struct conf_address *at;
    size_t n;
};

/* Origins of web pages as browsers write them: "https://chat.example.org", or "*". */
struct conf_origins {
    const char **at;
    size_t n;
};

enum conf_transport { CONF_UDP, CONF_TCP, CONF_TLS };

/* One way to a peer: "sip:HOST[:PORT][;transport=udp|tcp|tls]"; "sips:" is TLS. */
struct conf_route {
    enum conf_transport transport;
    const char *host; /* an address as it was written, without brackets; a name in A-labels */
    uint16_t port;
    /* it says so itself: what a name leads to depends on it (RFC 3263 4) */
    bool has_transport, has_port;
    bool numeric; /* `address` is good: the host is an address, or localhost */
    struct conf_address address;
    const char *text; /* the whole route as it was written */
    int line;
};

struct conf_routes {
    struct conf_route *at;
    size_t n;
};

/* What a peer signs with: "URL FILE", the URL as its Identity headers name it (RFC 8224). */
struct conf_credential {
    const char *info, *path; /* the path is absolute */
    int line;
};

struct conf_credentials {
    struct conf_credential *at;
    size_t n;
};

enum conf_identity { CONF_IDENTITY_VERIFY, CONF_IDENTITY_REQUIRED, CONF_IDENTITY_OFF };

enum conf_limits { CONF_LIMITS_DEFAULT, CONF_LIMITS_NONE };

enum conf_scheme { CONF_SCHEME_SIP, CONF_SCHEME_SIPS, CONF_SCHEME_IM };
enum conf_failover { CONF_FAILOVER_SAFE, CONF_FAILOVER_ALWAYS };
enum conf_block { CONF_BLOCK_POLITE, CONF_BLOCK_OPEN };
enum conf_html { CONF_HTML_ACCEPT, CONF_HTML_NO, CONF_HTML_YES };

struct conf_peer {
    const char *domain;        /* lower case, A-labels; NULL only where *errs says so */
    struct conf_routes routes; /* primary first */
    struct conf_addresses
        from; /* port 0: any port. Empty: by its routes, see conf_peer_sends_from */
    enum conf_limits limits;
    enum conf_scheme scheme;
    enum conf_html html;
    enum conf_failover failover;
    enum conf_identity identity;
    struct conf_credentials identity_keys;
    const char *list_service; /* NULL: one SUBSCRIBE for each */
    bool cpim, case_sensitive, congestion_controlled, legacy_202, draft_im00, date_check,
        store_and_forward;
    bool probe, auth_text;
    uint32_t stale_limit;                        /* s */
    uint32_t max_delay, max_loss, max_downtime; /* ms, percent, s of a day; 0: not agreed */
    int line;
};

/* host:port as text; the host may be a name. Unset: host is NULL. */
struct conf_hostport {
    const char *host; /* without brackets */
    uint16_t port;
    const char *text;
};

enum conf_consent { CONF_CONSENT_OPEN, CONF_CONSENT_CONFIRM };
enum conf_log_format { CONF_LOG_TEXT, CONF_LOG_JSON };

struct conf {
    struct arena arena; /* owns all below */
    const char *path;   /* absolute path of the file; NULL: the embedded defaults */
    const char *name;   /* the file as the operator named it: for messages */
    const char *folder; /* absolute: what relative paths are taken from */

    const char *domain; /* lower case, A-labels */
    const char *data;   /* absolute */
    struct {
        struct conf_addresses listen, listen_tls, web, web_plain;
        struct conf_hostport advertise, advertise_tls;
        bool rate_limits;
    } oscar;
    struct {
        struct conf_addresses udp, tcp, tls, ws, wss;
        bool lists;
        bool partial;
        bool list_messages;
        struct conf_routes publish; /* one, or none */
        struct conf_origins ws_origins; /* empty: see gateway/door/ws_origin.h */
        bool ws_public;
        struct conf_routes probe; /* one, or none */
    } sip;
    struct {
        struct conf_addresses listen;
    } admin;
    struct {
        const char *certificate, *key, *ca, *crl; /* absolute, or NULL */
    } tls;
    struct {
        uint32_t freshness; /* s */
    } identity;
    struct conf_peer *peers;
    size_t peer_count;
    struct {
        struct conf_addresses servers; /* port 53 where none was written; empty: the system's */
    } dns;
    struct { /* none: at_once is 0 */
        struct rate sender_to_user, sender, domain, aim_to_sip, aim_subscribes;
    } limits;
    struct { /* what holds for all accounts, whatever each has set */
        bool knock_knock;
        enum conf_consent foreign_watchers;
        bool hide_existence;
        enum conf_block block_style;
    } users;
    struct {
        const char *name; /* as it is to be shown */
    } helper;
    struct {
        enum log_level level;
        enum conf_log_format format;
    } log;
    int lines[CONF_KEYS_MAX]; /* by enum conf_key_id (keys.h): where it stands; 0: a default */
};

#endif
