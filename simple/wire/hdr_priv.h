/* What the readers of header values share among themselves. */
#ifndef SIMPLE_WIRE_HDR_PRIV_H
#define SIMPLE_WIRE_HDR_PRIV_H

#include "simple/wire/hdr.h"
#include "simple/wire/scan.h"

/* Moves to the next line that still has something; false at the end. */
bool sip_each_ready(struct sip_each *c);
/* Ends the walk as bad; gives false. */
bool sip_each_fail(struct sip_each *c);
/* The end of a value in a list: a comma with something behind it, or nothing more at all. */
bool sip_value_end(struct span *rest);
/* qvalue: 0..1 with at most three decimals, as thousandths. */
bool sip_q_parse(struct span s, uint16_t *out);

/* What stands behind the "=" of a parameter: token / host / quoted-string. False: a quote without
 * an end. */
static inline bool sip_param_value(struct span *s, struct sip_param *out)
{
    out->has_value = true;
    out->quoted = scan_peek(*s) == '"';
    if (out->quoted)
        return scan_quoted(s, &out->value);
    out->value = scan_run(s, SCAN_VALUE);
    return true;
}

#endif
