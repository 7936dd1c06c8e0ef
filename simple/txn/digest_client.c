/* The client's half of digest: answering the challenges of peers. */
#include <stdio.h>

#include "simple/txn/digest_priv.h"
#include "simple/wire/print.h"

enum { CHALLENGE_FIELD_MAX = 1024 }; /* octets of a realm, nonce or opaque we remember */

struct challenge {
    struct span realm, nonce, opaque, stale, algorithm, qop;
};

void digest_client_fini(struct digest_client *c)
{
    buf_fini(&c->realm);
    buf_fini(&c->nonce);
    buf_fini(&c->opaque);
    *c = (struct digest_client){0};
}

static bool read_challenge(struct span value, struct challenge *out)
{
    const struct {
        struct span name;
        struct span *to;
    } fields[] = {
        {SPAN("realm"), &out->realm},         {SPAN("nonce"), &out->nonce},
        {SPAN("opaque"), &out->opaque},       {SPAN("stale"), &out->stale},
        {SPAN("algorithm"), &out->algorithm}, {SPAN("qop"), &out->qop},
    };
    struct sip_auth auth;
    struct sip_param param;
    bool bad = false;

    *out = (struct challenge){0};
    if (!sip_auth_parse(value, &auth) || !span_case_is(auth.scheme, "Digest"))
        return false;
    while (sip_auth_param_next(&auth.params, &param, &bad))
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            if (span_case_eq(param.name, fields[i].name))
                *fields[i].to = param.value;
    return !bad && out->nonce.n > 0 &&
           digest_algorithm_find(out->algorithm) != DIGEST_ALGORITHM_OTHER;
}

/* "auth" where it is offered, else "auth-int"; NONE if no qop is named; OTHER if none is known. */
static enum digest_qop choose_qop(struct span list)
{
    enum digest_qop best = list.n > 0 ? DIGEST_QOP_OTHER : DIGEST_QOP_NONE;

    while (list.n > 0) {
        struct span one = span_trim(span_first(list, span_find(list, ',')));

        list = span_skip(list, span_find(list, ',') + 1);
        if (span_case_is(one, "auth"))
            return DIGEST_QOP_AUTH;
        if (span_case_is(one, "auth-int"))
            best = DIGEST_QOP_AUTH_INT;
    }
    return best;
}

static bool keep(struct buf *b, struct span s)
{
    b->max = CHALLENGE_FIELD_MAX;
    buf_reset(b);
    buf_add(b, s);
    return buf_ok(b);
}

static bool take(struct digest_client *c, const struct challenge *ch)
{
    c->algorithm = digest_algorithm_find(ch->algorithm);
    c->qop = choose_qop(ch->qop);
    c->nc = 0;
    c->tries++;
    if (keep(&c->realm, ch->realm) && keep(&c->nonce, ch->nonce) && keep(&c->opaque, ch->opaque))
        return true;
    c->algorithm = DIGEST_ALGORITHM_OTHER;
    return false;
}

bool digest_client_take(struct digest_client *c, const struct sip_msg *response)
{
    enum sip_hdr_id field =
        response->status == 407 ? SIP_HDR_PROXY_AUTHENTICATE : SIP_HDR_WWW_AUTHENTICATE;
    struct challenge ch;

    if (c->tries >= DIGEST_TRIES)
        return false;
    for (const struct sip_hdr *h = sip_msg_hdr(response, field); h;
         h = sip_msg_hdr_next(response, h)) {
        if (!read_challenge(h->value, &ch) || choose_qop(ch.qop) == DIGEST_QOP_OTHER)
            continue;
        /* the answer to this nonce was wrong: it would be again (RFC 3261 22.1) */
        if (c->tries > 0 && !span_case_is(ch.stale, "true") &&
            span_eq(buf_span(&c->nonce), ch.nonce))
            return false;
        c->proxy = field == SIP_HDR_PROXY_AUTHENTICATE;
        return take(c, &ch);
    }
    return false;
}

void digest_client_accepted(struct digest_client *c)
{
    c->tries = 0;
}

static bool sign(struct digest_client *c, const struct digest_answer *a, struct span nc,
                 char out[DIGEST_HEX_SIZE])
{
    char ha1[DIGEST_HEX_SIZE];
    struct buf realm = {0};
    struct digest_input in = {
        .algorithm = c->algorithm,
        .qop = c->qop,
        .method = a->method,
        .uri = a->uri,
        .body = a->body,
        .nonce = buf_span(&c->nonce),
        .nc = nc,
        .cnonce = a->cnonce,
    };
    bool ok;

    sip_unquote(&realm,
                buf_span(&c->realm)); /* A1 has it without its backslashes, RFC 7616 3.4.2 */
    ok =
        buf_ok(&realm) && digest_ha1(c->algorithm, a->username, buf_span(&realm), a->password, ha1);
    in.ha1 = ok ? span_str(ha1) : (struct span){0};
    ok = ok && digest_response(&in, out);
    buf_fini(&realm);
    return ok;
}

/* name="value": the value still has the backslashes it came with. */
static void put_quoted_as_is(struct buf *b, const char *name, struct span value)
{
    BUF_LIT(b, ", ");
    buf_str(b, name);
    BUF_LIT(b, "=\"");
    buf_add(b, value);
    buf_u8(b, '"');
}

void digest_client_print(struct digest_client *c, struct buf *b, const struct digest_answer *a)
{
    char response[DIGEST_HEX_SIZE], nc[9];
    size_t at;

    if (c->algorithm == DIGEST_ALGORITHM_OTHER)
        return;
    c->nc++;
    (void)snprintf(nc, sizeof nc, "%08x", (unsigned)c->nc);
    if (!sign(c, a, span_str(nc), response)) {
        b->bad = true;
        return;
    }
    at = sip_hdr_begin(b, c->proxy ? SIP_HDR_PROXY_AUTHORIZATION : SIP_HDR_AUTHORIZATION);
    BUF_LIT(b, "Digest username=");
    sip_put_quoted(b, a->username);
    put_quoted_as_is(b, "realm", buf_span(&c->realm));
    put_quoted_as_is(b, "nonce", buf_span(&c->nonce));
    put_quoted_as_is(b, "uri", a->uri);
    put_quoted_as_is(b, "response", span_str(response));
    BUF_LIT(b, ", algorithm=");
    buf_str(b, digest_algorithm_name(c->algorithm));
    if (c->qop != DIGEST_QOP_NONE) {
        put_quoted_as_is(b, "cnonce", a->cnonce);
        buf_str(b, c->qop == DIGEST_QOP_AUTH ? ", qop=auth, nc=" : ", qop=auth-int, nc=");
        buf_str(b, nc);
    }
    if (c->opaque.n > 0)
        put_quoted_as_is(b, "opaque", buf_span(&c->opaque));
    sip_hdr_end(b, at);
}
