/* From the words of a value to the field of its key. Comes in: what stands behind a key, as text.
 * Goes out: the field, or an error that says what it must be. Stays out: YAML. */
#ifndef GATEWAY_CONF_VALUE_H
#define GATEWAY_CONF_VALUE_H

#include "gateway/conf/errors.h"
#include "gateway/conf/keys.h"

struct conf_item {
    const char *text; /* without NULs and other control characters; "" for null */
    bool quoted;
    int line;
};

struct conf_value {
    struct conf_item *items; /* one, or the entries of a list */
    size_t n;
    bool list;
    int line;
};

/* Where a value goes, and where what is wrong with it is told. */
struct conf_target {
    struct conf *conf; /* its arena takes the copies */
    struct conf_errors *errs;
    void *owner;      /* the struct conf or struct conf_peer that holds the field */
    const char *name; /* the key with the entry's number: "peers[0].route" */
};

/* A bad value leaves the field as it was, a bad entry of a list is left out. Null and "" leave it,
 * too: the default. */
void conf_value_set(const struct conf_target *to, const struct conf_key *key,
                    const struct conf_value *v);
/* Reads the key's default into the field. */
void conf_value_set_standard(const struct conf_target *to, const struct conf_key *key);

/* "must be true or false": for those who found something else than words behind the key. */
const char *conf_type_wants(const struct conf_key *key);

#endif
