/* What a NOTIFY says about a list of users (RFC 4662 4.5): multipart/related, whose root is the
 * list itself, and beside it the documents that it names. */
#ifndef MAPPING_LIST_SIP_H
#define MAPPING_LIST_SIP_H

#include "simple/doc/rlmi.h"

struct list_entry {
    struct rlmi_resource r;
    struct span type, doc; /* of an active one; `doc` is empty where none came */
};

struct list_notice {
    struct rlmi list;
    const struct list_entry *v;
    size_t n;
};

/* Borrows from the body, and lies in the arena. ERR_UNSUPPORTED: something else; ERR_SYNTAX: no
 * root, or a list that cannot be read; ERR_FULL: more parts or resources than RLMI_RESOURCES_MAX,
 * or too large. A document that cannot be unpacked is as if it were not there. */
enum err list_from_notify(struct span content_type, struct span body, struct arena *a,
                          struct list_notice *out);

#endif
