/* The table of keys: what keys.def says, for the reader, the checks and the comparison. */
#ifndef GATEWAY_CONF_KEYS_H
#define GATEWAY_CONF_KEYS_H

#include "base/buf.h"
#include "gateway/conf/types.h"

enum conf_key_id {
#define KEY(id, path, type, owner, field, range, standard, fixed, help) CONF_KEY_##id,
#include "gateway/conf/keys.def"
#undef KEY
    CONF_KEY__COUNT
};

enum conf_type {
    CONF_TYPE_DOMAIN,   /* const char *: a host name, lower case, A-labels */
    /* const char *: a screen name of letters and digits, as it is to be shown */
    CONF_TYPE_NAME,
    CONF_TYPE_USER,     /* const char *: the user part of a SIP URI, or NULL */
    CONF_TYPE_PATH,     /* const char *: absolute, or NULL */
    CONF_TYPE_BOOL,     /* bool */
    CONF_TYPE_CHOICE,   /* an enum, one of the words in `range` */
    CONF_TYPE_HOSTPORT, /* struct conf_hostport */
    CONF_TYPE_LISTEN,   /* struct conf_addresses: address:port, one or a list */
    CONF_TYPE_SERVERS,  /* struct conf_addresses: address[:port], a missing port is 53 */
    CONF_TYPE_SOURCES,  /* struct conf_addresses: address[:port], a missing port is any */
    CONF_TYPE_ROUTES,   /* struct conf_routes: one or a list */
    CONF_TYPE_NUMBER,   /* uint32_t, within "MIN-MAX" in `range` */
    CONF_TYPE_RATE,     /* struct rate: tokens "a second/at once", or "none" */
    CONF_TYPE_CREDENTIALS, /* struct conf_credentials: "URL FILE", one or a list */
    CONF_TYPE_ORIGINS,  /* struct conf_origins: one or a list */
};

struct conf_key {
    const char *path;
    size_t offset; /* of the field in its owner: struct conf, or struct conf_peer for "peers[]." */
    const char *range, *standard, *help;
    enum conf_type type;
    bool fixed;
};

const struct conf_key *conf_key_get(enum conf_key_id id);

/* What the words `path` mean: a key, a section of keys ("oscar"), a list of sections ("peers") or
 * nothing. `first` is the key itself, or the first one inside. */
enum conf_path { CONF_PATH_UNKNOWN, CONF_PATH_KEY, CONF_PATH_SECTION, CONF_PATH_LIST };
enum conf_path conf_path_find(struct span path, enum conf_key_id *first);

/* "listen, listen_tls, advertise": what may stand inside the section `prefix` ("", "oscar.",
 * "peers[]."). */
void conf_path_names(struct span prefix, struct buf *out);

#endif
