/* The requests of the line-mode SIP client that wait for their answers, and the answers to
 * challenges. */
#include "gateway/cmd/sip.h"

#include <stdlib.h>

#include "mapping/message_sip.h"
#include "simple/doc/pidf.h"

void ua_request_free(struct ua_request *r)
{
    list_remove(&r->node);
    buf_fini(&r->uri);
    buf_fini(&r->to);
    buf_fini(&r->headers);
    buf_fini(&r->body);
    free(r);
}

struct ua_request *ua_request_new(struct ua *ua, enum ua_asks asks)
{
    struct ua_request *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->asks = asks;
    rng_token(&ua->rng, r->call_id, UA_CALL_ID);
    list_append(&ua->requests, &r->node);
    return r;
}

static enum sip_method method_of(enum ua_asks asks)
{
    static const enum sip_method methods[] = {SIP_REGISTER, SIP_PUBLISH, SIP_MESSAGE};

    return methods[asks];
}

static void put_credentials(struct ua *ua, const struct ua_request *r, struct buf *headers)
{
    char cnonce[16];
    struct digest_answer answer = {.method = span_str(sip_method_name(method_of(r->asks))),
                                   .uri = buf_span(&r->uri),
                                   .body = buf_span(&r->body),
                                   .username = buf_span(&ua->user),
                                   .password = buf_span(&ua->t->password),
                                   .cnonce = span_of(cnonce, sizeof cnonce)};

    rng_token(&ua->rng, cnonce, sizeof cnonce);
    digest_client_print(&ua->digest, headers, &answer);
}

/* False: it cannot be sent. */
static bool request_send(struct ua *ua, struct ua_request *r)
{
    bool registers = r->asks == UA_REGISTER;
    struct buf headers = {0};
    struct sip_request request = {.method = method_of(r->asks),
                                  .uri = buf_span(&r->uri),
                                  .from_uri = buf_span(&ua->uri),
                                  .to_uri = buf_span(&r->to),
                                  .hop = ua->hop,
                                  .body = buf_span(&r->body)};
    uint64_t id = 0;

    buf_add(&headers, buf_span(&r->headers));
    put_credentials(ua, r, &headers);
    request.headers = buf_span(&headers);
    request.content_type = r->asks == UA_PUBLISH ? SPAN(PIDF_TYPE) : SPAN(MESSAGE_TYPE_TEXT);
    request.call_id =
        registers ? span_of(ua->call_id, UA_CALL_ID) : span_of(r->call_id, UA_CALL_ID);
    request.cseq = registers ? ++ua->register_cseq : ++r->cseq;
    if (buf_ok(&headers) && buf_ok(&r->headers) && buf_ok(&r->body) && buf_ok(&r->uri))
        id = sip_core_send(ua->core, &request, (uintptr_t)r, ua->t->now);
    buf_fini(&headers);
    return id != 0;
}

bool ua_request_begin(struct ua *ua, struct ua_request *r)
{
    if (request_send(ua, r))
        return true;
    ua_request_free(r);
    return false;
}

/* ---- challenges ---- */

static bool is_stale(const struct sip_msg *m)
{
    enum sip_hdr_id field =
        m->status == 407 ? SIP_HDR_PROXY_AUTHENTICATE : SIP_HDR_WWW_AUTHENTICATE;
    struct sip_auth auth;
    struct sip_param p;
    bool bad = false;

    if (!sip_auth_parse(sip_msg_value(m, field), &auth))
        return false;
    while (sip_auth_param_next(&auth.params, &p, &bad))
        if (span_case_is(p.name, "stale"))
            return span_case_is(p.value, "true");
    return false;
}

bool ua_request_prove(struct ua *ua, struct ua_request *r, const struct sip_msg *challenge)
{
    if ((r->proven && !is_stale(challenge)) || !digest_client_take(&ua->digest, challenge))
        return false;
    r->proven = true;
    return request_send(ua, r);
}
