/* What the control door is told of other domains: peers, servers put aside, what of DNS is kept. */
#ifndef GATEWAY_FLOW_ADMIN_PEER_H
#define GATEWAY_FLOW_ADMIN_PEER_H

#include "gateway/worker.h"

struct json_t;

struct json_t *admin_peer_list(struct worker *w);
/* Servers that failed, and for how many seconds more they are put aside. */
struct json_t *admin_aside(struct worker *w);
/* "TYPE NAME" (the type as a number): how many seconds its answer is still believed. */
struct json_t *admin_dns(struct worker *w, struct span question);

#endif
