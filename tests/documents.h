/* XML documents of the tests: reading the examples, and holding what was written against the
 * schemas. */
#ifndef TESTS_DOCUMENTS_H
#define TESTS_DOCUMENTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"

static inline void read_example(const char *name, struct buf *out)
{
    char path[1024];
    FILE *f;
    int c;

    (void)snprintf(path, sizeof path, "%s/examples/%s", getenv("TESTS_DIR"), name);
    f = fopen(path, "rb");
    assert_non_null(f);
    while ((c = fgetc(f)) != EOF)
        buf_u8(out, (uint8_t)c);
    (void)fclose(f);
}

/* Number `i` of the documents in the folder `dir`. */
static inline void keep_document(const char *dir, int i, const struct buf *b)
{
    char path[1024];
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/%d.xml", dir, i);
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(b->p, 1, b->n, f), b->n);
    assert_int_equal(fclose(f), 0);
}

/* All `n` of them are valid by that schema; then the folder goes. */
static inline void expect_valid_documents(const char *dir, const char *schema, int n)
{
    char command[2048];

    (void)snprintf(
        command, sizeof command,
        "cd %s && xmllint --noout --nonet --schema %s/xsd/%s *.xml >out 2>&1; "
        "grep -v ' validates$' out | head -5 >&2; "
        "test $(grep -c ' validates$' out) = %d && rm -r %s",
        dir, getenv("TESTS_DIR"), schema, n, dir);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a test's own words */
}

#endif
