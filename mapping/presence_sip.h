/* The presence record to and from what SIP says: PIDF documents. Pure: the time, the watcher and
 * what was known before are handed in. Stays out: subscriptions, who may see what
 * (mapping/privacy.h). */
#ifndef MAPPING_PRESENCE_SIP_H
#define MAPPING_PRESENCE_SIP_H

#include "mapping/name.h"
#include "mapping/presence.h"
#include "mapping/presence_provide.h"
#include "simple/doc/pidf.h"

/* A document about `who`, as it was received. */
struct presence_reading {
    struct address who; /* whom we asked about: a document about somebody else is not believed;
                           empty: anybody */
    const struct name_rules *rules; /* how the hosts of addresses are read; NULL: strictly */
    struct span languages;          /* the reader's, best first: "fr, en"; may be empty */
    struct span from_name; /* display name of the From header, where the document has none */
    const struct presence *before; /* what was known until now; may be NULL */
    int64_t now; /* Unix seconds: when it was received, or is read anew (out->until) */
};

/* What the document says of a user, as an AIM viewer sees it. Spans of *out point into the
 * document's arena, into *r, or into `a`. ERR_BAD_NAME: it is about somebody else: leave the record
 * as it was. ERR_NOMEM. `out->until` is when the same document means something else (a meeting
 * ends): read it again then. The warning level is 0: the gateway keeps its own for foreign users.
 */
enum err presence_from_pidf(const struct pidf *doc, const struct presence_reading *r,
                            struct presence *out, struct arena *a);

/* When AIM's own sign-on time and warning level are told (an extension that only AIM gateways
 * read). */
enum presence_session { SESSION_NEVER, SESSION_IF_WARNED, SESSION_ALWAYS };

/* How a record is written. Zeroed is right for a foreign watcher. */
struct presence_writing {
    struct span watcher; /* "user@host" of the reader, put for %n in an away text */
    int64_t now;         /* Unix seconds, for %d and %t */
    enum presence_session session;
    const struct presence_provide *provide; /* of a composed document: what is given; NULL: all */
    bool sees_invisible; /* the reader sees the user also when he is invisible */
    bool caps; /* say that MESSAGE is understood (servcaps) */
    struct span
        closed_note; /* offline only: why ("AIM service unreachable since 14:05"); mostly empty */
};

/* Appends the document that a watcher of the local user `who` gets. Offline and invisible are the
 * same bytes, so that a polite block is not to be told from either: write &(struct presence){0} for
 * it. */
void presence_write_pidf(struct buf *b, const struct presence *p, struct address who,
                         const struct presence_writing *w);
/* The document of a watcher who is still to be approved. */
void presence_write_pending(struct buf *b, struct address who);

/* Does the document depend on the watcher or on the time of writing (%n, %d, %t in the away text)?
 * If not, one document does for all watchers. */
bool presence_pidf_is_personal(const struct presence *p);

/* The words in force as that reader is to see them, in the arena where they are not as they
 * stand. */
struct span presence_text_for(const struct presence *p, const struct presence_writing *w,
                              struct arena *a);

/* The same as data: what presence_write_pidf prints. Spans point into *p and into the arena. */
enum err presence_to_pidf(const struct presence *p, struct address who,
                          const struct presence_writing *w, struct pidf *out, struct arena *a);

#endif
