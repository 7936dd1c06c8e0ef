/* What is asked of any presence document: read, made a record, written again alone and beside an
 * AIM session. What was written must read back. */
#ifndef TESTS_FUZZ_PIDF_CHECK_H
#define TESTS_FUZZ_PIDF_CHECK_H

#include <assert.h>

#include "mapping/presence_merge.h"
#include "mapping/presence_oscar.h"

enum { NOW = 995897100 };

static const struct address bob = {
    {(const uint8_t *)"bob", 3}, {(const uint8_t *)"example.com", 11}, false};

/* Our own documents are never refused, and say who they are about. */
static inline void read_again(struct buf *b)
{
    const struct presence_reading r = {.who = bob, .now = NOW};
    struct arena a = {0};
    struct presence p;
    struct pidf doc;
    enum err e;

    assert(buf_ok(b));
    e = pidf_parse(buf_span(b), &a, &doc);
    assert(e == OK || e == ERR_FULL);
    if (e == OK)
        assert(presence_from_pidf(&doc, &r, &p, &a) == OK);
    buf_reset(b);
    arena_fini(&a);
}

static inline void write_all(const struct pidf *doc, const struct presence *p)
{
    const struct presence_writing w = {
        .watcher = SPAN("x"), .now = NOW, .session = SESSION_ALWAYS, .caps = true};
    const struct presence_source sources[] = {
        {.is = SOURCE_AIM, .aim = p},
        {.is = SOURCE_PUBLISHED, .document = doc, .etag = SPAN("e")},
        {.is = SOURCE_REGISTERED, .contact = SPAN("sip:bob@192.0.2.1")},
    };
    struct presence whole;
    struct arena a = {0};
    struct buf b = {0};
    struct span mime;

    presence_write_pidf(&b, p, bob, &w);
    read_again(&b);
    assert(presence_write_composed(&b, sources, 3, bob, &w) == OK);
    read_again(&b);
    assert(presence_merge(sources, 3, bob, NOW, &whole, &a) == OK);
    presence_away_html(&whole, TEXT_AIM, &b, &mime);
    assert(buf_ok(&b) && b.n <= AWAY_MAX);
    buf_fini(&b);
    arena_fini(&a);
}

static inline void pidf_check(struct span octets)
{
    const struct presence_reading anybody = {.languages = SPAN("en, fr"), .now = NOW};
    struct arena a = {0};
    struct presence record;
    struct pidf doc;

    if (pidf_parse(octets, &a, &doc) == OK) {
        assert(presence_from_pidf(&doc, &anybody, &record, &a) == OK);
        record.tokens = true;
        write_all(&doc, &record);
    }
    arena_fini(&a);
}

#endif
