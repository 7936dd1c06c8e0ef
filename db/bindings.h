/* Bindings: a screen name tied to a foreign address, one to one both ways within a kind.
 * Kinds (in the order in which they are consulted): operator ones (the operator's word, `binding
 * add`), aliases (short names made for old clients) and case ones (the exact spelling behind a
 * folded name). */
#ifndef DB_BINDINGS_H
#define DB_BINDINGS_H

#include "db/store.h"
#include "mapping/binding.h"

const char *binding_kind_name(enum binding_kind kind);

struct binding_row {
    enum binding_kind kind;
    struct span name;       /* normalised screen name */
    struct address address; /* exact spelling */
    struct span
        key; /* what addresses are compared by: user@host, user folded where that peer folds */
    int64_t created;
};

/* ERR_EXISTS: that name or that address is bound already (in this kind; an operator's name also
 * against aliases). ERR_RESERVED: a local account has that name, or it is the helper's. */
enum err bindings_add(struct store *s, const struct binding_row *row);
/* ERR_NOT_FOUND. */
enum err bindings_delete(struct store *s, enum binding_kind kind, struct span name);
/* The first kind that has it, in the order above. ERR_NOT_FOUND. */
enum err bindings_find(struct store *s, struct span name, struct arena *a, struct binding_row *out);
enum err bindings_find_kind(struct store *s, enum binding_kind kind, struct span name,
                            struct arena *a, struct binding_row *out);
/* By address key, one kind. ERR_NOT_FOUND. */
enum err bindings_find_address(struct store *s, enum binding_kind kind, struct span key,
                               struct arena *a, struct binding_row *out);
/* Sorted by kind, then name. */
enum err bindings_list(struct store *s, struct cursor *c);
bool bindings_next(struct cursor *c, struct binding_row *out);

#endif
