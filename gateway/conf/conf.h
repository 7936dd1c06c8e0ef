/* The configuration: one YAML file, or the defaults that are built in.
 * Comes in: the path of a file (or none). Goes out: one struct with every key's value, and in one
 * run everything that is wrong with it, as "FILE:LINE: key: what is wrong; what to do". Stays out:
 * what the values are used for. Every key stands once, in keys.def. */
#ifndef GATEWAY_CONF_CONF_H
#define GATEWAY_CONF_CONF_H

#include "base/err.h"
#include "gateway/conf/errors.h"
#include "gateway/conf/types.h"

/* Reads the file `path`; NULL: $AIMGATE_CONFIG, ./aimgate.yaml, /etc/aimgate/aimgate.yaml, then the
 * embedded defaults. OK: *out is whole and yours (conf_free). Otherwise *errs says what is wrong,
 * and *out is either NULL or what could be read, with defaults for the rest: good for conf_check
 * only, and to be freed. */
enum err conf_load(const char *path, struct conf **out, struct conf_errors *errs);
void conf_free(struct conf *c); /* NULL is fine */

/* Holds the values against each other, against the machine's files and against what this version
 * serves; adds errors and warnings. OK: nothing keeps a gateway from starting with it. */
enum err conf_check(const struct conf *c, struct conf_errors *errs);

/* The keys that differ and that a running gateway cannot change (its domain, data folder and
 * listeners), at most `max` of them into `keys`; gives how many. The names live for ever. */
size_t conf_diff(const struct conf *running, const struct conf *fresh, const char **keys,
                 size_t max);

/* May a request that came from `source` over this transport be this peer's? By its `from` lines;
 * else over UDP by the addresses and ports of its routes, over TCP by their addresses. */
bool conf_peer_sends_from(const struct conf_peer *p, enum conf_transport over,
                          const struct sockaddr *source);

#endif
