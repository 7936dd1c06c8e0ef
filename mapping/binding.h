/* What kinds of ties there are between a screen name and a foreign address, in the order in which
 * they are asked. */
#ifndef MAPPING_BINDING_H
#define MAPPING_BINDING_H

#include "mapping/address.h"

enum binding_kind {
    BINDING_NONE,
    BINDING_OPERATOR, /* the operator's word: `binding add` */
    BINDING_ALIAS,    /* a short name made for clients that take no long ones */
    BINDING_CASE,     /* folded user@host: the first exact spelling that was seen */
    BINDING_NUMBER,   /* a number made for ICQ clients that take nothing else */
    BINDING_KIND__COUNT
};

#endif
