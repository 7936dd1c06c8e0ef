/* One account, many places: what its AIM sessions, published documents and registrations say
 * together. */
#ifndef MAPPING_PRESENCE_MERGE_H
#define MAPPING_PRESENCE_MERGE_H

#include "mapping/presence_sip.h"

enum presence_source_is {
    SOURCE_AIM,        /* a signed-on AIM session */
    SOURCE_PUBLISHED,  /* the document of a live PUBLISH */
    SOURCE_REGISTERED, /* a registration without a PUBLISH of the same instance */
};

struct presence_source {
    enum presence_source_is is;
    const struct presence *aim;  /* SOURCE_AIM */
    const struct pidf *document; /* SOURCE_PUBLISHED */
    struct span etag; /* SOURCE_PUBLISHED: its first entity-tag, which names its tuples for good */
    int64_t since;    /* Unix seconds since when it is there, of the last two kinds; 0: not known */
    struct span contact; /* SOURCE_REGISTERED: the contact's URI */
};

/* All AIM sessions as one: away and idle and mobile only where all are, the text of the latest
 * change, invisible where all are or the newest says so. None: offline. Spans point into the
 * sessions, joined capabilities into `a`. */
void presence_merge_sessions(const struct presence *const *sessions, size_t n, struct presence *out,
                             struct arena *a);

/* What an AIM viewer sees of a local account with these sources. */
enum err presence_merge(const struct presence_source *sources, size_t n, struct address who,
                        int64_t now, struct presence *out, struct arena *a);

/* The document of the whole account for a SIP watcher: the AIM side as tuple "im", then published
 * tuples and registrations. With AIM sources only it is what presence_write_pidf prints of their
 * merge. */
enum err presence_compose(const struct presence_source *sources, size_t n, struct address who,
                          const struct presence_writing *w, struct pidf *out, struct arena *a);
enum err presence_write_composed(struct buf *b, const struct presence_source *sources, size_t n,
                                 struct address who, const struct presence_writing *w);

#endif
