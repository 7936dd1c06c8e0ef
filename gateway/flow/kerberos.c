#include "gateway/flow/kerberos.h"

#include "gateway/door/aim.h"
#include "gateway/flow/authorizer.h"
#include "gateway/flow/cookie.h"
#include "oscar/foodgroup/kerberos.h"

#define TYPE "application/x-snac"

/* "host:port": under TLS where we have that, as these clients want it. False: nothing listens. */
static bool put_address(struct worker *w, const struct web_call *call, struct buf *address,
                        bool *secure)
{
    struct buf host = {0};
    uint16_t port = 0;
    bool listens;

    *secure = aim_door_bos(w, call->at, true, &host, &port);
    listens = *secure || aim_door_bos(w, call->at, false, &host, &port);
    buf_fmt(address, span_find(buf_span(&host), ':') < host.n ? "[%s]:%u" : "%s:%u",
            buf_cstr(&host), port);
    listens = listens && buf_ok(&host) && buf_ok(address);
    buf_fini(&host);
    return listens;
}

static struct span words_of(uint16_t wrong)
{
    switch (wrong) {
    case LOGIN_ERR_WRONG_PASSWORD: return SPAN("The screen name or the password is wrong.");
    case LOGIN_ERR_TOO_OFTEN: return SPAN("Too many sign-ons or wrong passwords. Wait a minute.");
    default: return SPAN("The service is not available. Try again later.");
    }
}

/* 0, or an enum login_error. */
static uint16_t sign_on(struct worker *w, const struct web_call *call,
                        const struct kerberos_request *q, struct buf *out)
{
    const struct oscar_login l = {
        .name = q->name, .scheme = q->roasted ? LOGIN_KERBEROS : LOGIN_CLEAR, .proof = q->password};
    struct authorized who;
    struct kerberos_ticket t = {.now = (uint32_t)w->unix_now};
    struct buf address = {0};
    bool secure = false;
    uint16_t wrong = authorizer_judge(w, call->from, &l, &who);
    struct cookie *c = wrong ? NULL : cookie_new(w, who.name, (struct span){0});

    if (!wrong && (!c || !put_address(w, call, &address, &secure)))
        wrong = LOGIN_ERR_UNAVAILABLE;
    if (!wrong) {
        c->web = true;
        c->secure = secure;
        t.address = buf_span(&address);
        t.cookie = span_of(c->octets, sizeof c->octets);
        t.certificate = secure ? w->own_domain : (struct span){0};
        kerberos_reply_write(out, q, &t);
    }
    buf_fini(&address);
    return wrong;
}

void kerberos_asked(struct worker *w, const struct web_call *call, struct web_answer *out)
{
    struct kerberos_request q;
    uint16_t wrong;

    out->status = 415;
    if (!span_case_starts(call->request->type, SPAN(TYPE)))
        return;
    out->status = 400;
    if (!kerberos_request_read(call->request->body, &q))
        return;
    out->status = 200;
    out->type = TYPE;
    wrong = sign_on(w, call, &q, &out->body);
    if (wrong)
        kerberos_refusal_write(&out->body, &q, words_of(wrong));
}
