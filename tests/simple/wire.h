/* Small tools for the tests of simple/wire and its neighbours. */
#ifndef TESTS_SIMPLE_WIRE_H
#define TESTS_SIMPLE_WIRE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "simple/wire/msg.h"

/* A span against a string, with both shown when they differ. */
#define assert_span(s, want)                                             \
    do {                                                                 \
        struct span got_ = (s);                                          \
        const char *want_ = (want);                                      \
        if (!span_is(got_, want_))                                       \
            fail_msg("got \"%.*s\", not \"%s\"", SPAN_ARG(got_), want_); \
    } while (0)

/* A well-formed request of that method to that URI with these further header lines and this body.
 * The text belongs to the caller: free it. */
static inline char *wire_request(struct sip_msg *m, const char *method, const char *uri,
                                 const char *headers, const char *body)
{
    char *text = NULL;

    assert_true(asprintf(&text,
                         "%s %s SIP/2.0\r\n"
                         "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKabc\r\n"
                         "From: <sip:al@example.org>;tag=a\r\nTo: <sip:al@example.org>\r\n"
                         "Call-ID: c1\r\nCSeq: 7 %s\r\n%s\r\n%s",
                         method, uri, method, headers, body) > 0);
    assert_int_equal(sip_msg_parse(m, span_str(text)), SIP_GOOD);
    return text;
}

#endif
