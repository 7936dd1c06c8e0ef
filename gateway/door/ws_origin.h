/* Which web pages may connect (RFC 6454, RFC 6455 10.2). Pure. */
#ifndef GATEWAY_DOOR_WS_ORIGIN_H
#define GATEWAY_DOOR_WS_ORIGIN_H

#include "base/span.h"
#include "gateway/conf/conf.h"

/* `origin`: of the browser's request; empty: no browser, and welcome. `host`: HOST[:PORT] that it
 * asked for. With `allowed`: one of those, or "*". Without: a page of the very host that it
 * connects to, where that goes by its address, as localhost, or by our domain: any other name could
 * be made to lead here. */
bool ws_origin_is_welcome(const struct conf_origins *allowed, struct span origin, struct span host,
                          struct span own_domain);

#endif
