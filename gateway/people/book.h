/* What this gateway knows about names: accounts and bindings, as mapping/name.h asks for them. */
#ifndef GATEWAY_PEOPLE_BOOK_H
#define GATEWAY_PEOPLE_BOOK_H

#include "gateway/worker.h"

/* Fills w->rules, w->book and w->helper_name. */
enum err book_init(struct worker *w);
void book_fini(struct worker *w);
/* A user or a binding was made, changed or deleted: answers given before may be wrong now. */
void book_changed(struct worker *w);
/* The service's own buddy: a local name without an account. */
bool book_is_helper(const struct worker *w, struct span norm);
/* A name typed at an AIM client; spans live while the event is handled. */
enum err book_typed(struct worker *w, struct span typed, struct name_target *out);
/* The name an AIM client is shown for an address; bindings made on the way are kept (written behind
 * our back). */
enum err book_show(struct worker *w, const struct address *address, bool short_names,
                   struct shown_name *out);

#endif
