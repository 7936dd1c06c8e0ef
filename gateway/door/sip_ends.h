/* Who is at the other end of the SIP door's connections: those to one transport address, the newest
 * first, and how many each source has. By table: thousands of idle connections cost nothing. */
#ifndef GATEWAY_DOOR_SIP_ENDS_H
#define GATEWAY_DOOR_SIP_ENDS_H

#include "base/list.h"
#include "base/table.h"
#include "simple/event.h"

struct sip_end;    /* a transport address that has connections */
struct sip_source; /* a host that has connections, over whatever transport and port */

/* In a connection; zeroed: not in. */
struct sip_end_node {
    struct list node;
    struct sip_end *end;
    struct sip_source *source; /* NULL: an alias, which is not counted */
};

struct sip_ends {
    struct table ends, sources;
};

void sip_ends_init(struct sip_ends *e);
void sip_ends_fini(struct sip_ends *e); /* all nodes were removed before */
/* ERR_NOMEM: nothing changes. The node must stay where it is until it is removed. */
enum err sip_ends_add(struct sip_ends *e, struct sip_end_node *n, enum sip_transport over,
                      const struct sip_addr *peer);
/* Another address by which the same other side is reached over that connection (RFC 5923). */
enum err sip_ends_add_alias(struct sip_ends *e, struct sip_end_node *n, enum sip_transport over,
                            const struct sip_addr *peer);
void sip_ends_remove(struct sip_ends *e, struct sip_end_node *n); /* one that is not in is fine */
/* The newest connection to that address over that transport; may give NULL. */
struct sip_end_node *sip_ends_find(const struct sip_ends *e, enum sip_transport over,
                                   const struct sip_addr *peer);
/* The next older one, for who cannot use that; may give NULL. */
struct sip_end_node *sip_ends_next(const struct sip_end_node *n);
/* How many connections that host has. */
size_t sip_ends_of_source(const struct sip_ends *e, const struct sip_addr *peer);

#endif
