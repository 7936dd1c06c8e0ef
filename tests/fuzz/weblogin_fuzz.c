/* What comes to the web door: a request in octets, then its fields as those of clientLogin, and its
 * body as a SNAC. What a request is must not depend on the pieces it comes in, and everything it
 * tells lies in the octets that were given. */
#include <assert.h>
#include <stdlib.h>

#include "gateway/net/web_request.h"
#include "oscar/clientlogin.h"
#include "oscar/foodgroup/kerberos.h"

static bool lies_in(struct span part, struct span whole)
{
    return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void login(struct span fields)
{
    struct clientlogin_login l;
    struct buf texts = {0}, out = {0};
    enum clientlogin_status status = clientlogin_login_read(fields, &texts, &l);

    assert(status != CLIENTLOGIN_OK || (l.name.n > 0 && lies_in(l.name, buf_span(&texts)) &&
                                        lies_in(l.password, buf_span(&texts))));
    clientlogin_write_refusal(&out, l.form, status);
    buf_fini(&texts);
    buf_fini(&out);
}

static void session(struct span url, struct span query)
{
    struct clientlogin_session s;

    if (clientlogin_session_read(query, &s) != CLIENTLOGIN_OK)
        return;
    assert(lies_in(s.token, query));
    assert(!clientlogin_is_signed(url, query, SPAN("secret"), SPAN("opensesame"), s.signature));
}

static void kerberos(struct span in)
{
    struct kerberos_request q;
    struct kerberos_ticket t = {SPAN("192.0.2.1:5190"), SPAN("cookie"), {0}, 1};
    struct buf out = {0};

    if (!kerberos_request_read(in, &q))
        return;
    assert(q.name.n > 0 && lies_in(q.name, in) && lies_in(q.password, in));
    kerberos_reply_write(&out, &q, &t);
    kerberos_refusal_write(&out, &q, SPAN("no"));
    assert(buf_ok(&out));
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_first(span_of(data, size), WEB_REQUEST_MAX);
    struct web_request q, earlier;
    int status = web_request_read(in, &q), first = WEB_MORE;

    for (size_t n = 0, step = 1 + in.n / 50; n <= in.n && first == WEB_MORE; n += step)
        first = web_request_read(span_first(in, n), &earlier);
    assert(first == WEB_MORE || first == status);
    if (status != WEB_WHOLE) {
        login(in);
        session(SPAN("https://x/"), in);
        kerberos(in);
        return 0;
    }
    assert(lies_in(q.path, in) && lies_in(q.query, in) && lies_in(q.host, in) &&
           lies_in(q.type, in) && lies_in(q.body, in) && q.body.n <= WEB_BODY_MAX);
    login(q.body);
    session(q.path, q.query);
    kerberos(q.body);
    return 0;
}
