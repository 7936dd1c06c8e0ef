/* Requests outside of dialogs, and answers: what the gateway says through the core. */
#include "simple/core_priv.h"
#include "simple/wire/print.h"

void sip_core_started_anew(struct sip_core *c, const struct sip_hop *who, uint64_t now)
{
    anew_note(&c->server.anew, who, now);
}

bool sip_core_respond(struct sip_core *c, struct sip_txn txn, const struct sip_answer *a,
                      uint64_t now)
{
    return server_respond(&c->server, txn, a, now);
}

bool sip_core_answer(struct sip_core *c, struct sip_txn txn, int status, uint64_t now)
{
    struct sip_answer a = {.status = status};
    char line[SERVER_RETRY_LATER];

    if (status == 503)
        a.headers = server_retry_later(&c->server, line);
    return server_respond(&c->server, txn, &a, now);
}

/* What is only measured needs no randomness. */
static void fill_token(struct sip_core *c, const struct client_txn *t, char *to, size_t n)
{
    if (t->id)
        rng_token(c->rng, to, n);
    else
        memset(to, 'x', n);
}

/* All but the Via, which has the branch. */
static void print_request(struct sip_core *c, struct buf *b, const struct sip_request *r,
                          const struct client_txn *t)
{
    char tag[CORE_TAG], id[CORE_CALL_ID];

    if (!r->from_tag.n)
        fill_token(c, t, tag, sizeof tag);
    sip_put_request_line(b, span_str(sip_method_name(r->method)), r->uri);
    core_put_via(c, b, t);
    if (r->hops_used)
        sip_put_hdr_number(b, SIP_HDR_MAX_FORWARDS, r->hops_used < 70 ? 70U - r->hops_used : 0);
    else
        BUF_LIT(b, "Max-Forwards: 70\r\n");
    if (r->route.n)
        sip_put_hdr(b, SIP_HDR_ROUTE, r->route);
    sip_put_addr(b, SIP_HDR_FROM, r->from_display, r->from_uri,
                 r->from_tag.n ? r->from_tag : span_of(tag, sizeof tag));
    sip_put_addr(b, SIP_HDR_TO, (struct span){0}, r->to_uri, (struct span){0});
    if (!r->call_id.n)
        fill_token(c, t, id, sizeof id);
    sip_put_hdr(b, SIP_HDR_CALL_ID, r->call_id.n ? r->call_id : span_of(id, sizeof id));
    sip_put_cseq(b, r->cseq ? r->cseq : 1, span_str(sip_method_name(r->method)));
    sip_put_date(b, r->date ? r->date : core_unix(c, c->now));
    buf_add(b, r->headers);
    if (r->body.n && r->content_type.n)
        sip_put_hdr(b, SIP_HDR_CONTENT_TYPE, r->content_type);
    sip_put_body(b, r->body);
}

static bool can_send(const struct sip_core *c, const struct sip_request *r)
{
    return core_can_reach(c, &r->hop, r->uri) && r->method != SIP_METHOD_OTHER;
}

size_t sip_core_measure(struct sip_core *c, const struct sip_request *r)
{
    struct client_txn t = {.hop = r->hop};
    struct buf *b = core_scratch(c);

    if (!can_send(c, r))
        return 0;
    memset(t.branch, 'x', sizeof t.branch);
    print_request(c, b, r, &t);
    return buf_ok(b) ? b->n : 0;
}

uint64_t sip_core_send(struct sip_core *c, const struct sip_request *r, uint64_t owner,
                       uint64_t now)
{
    struct client_txn *t = can_send(c, r) ? client_new(&c->clients, &r->hop, r->method) : NULL;
    uint64_t id;

    if (!t)
        return 0;
    id = t->id;
    t->whom = CLIENT_FOR_GATEWAY;
    t->owner = owner;
    c->now = now;
    print_request(c, outbox_begin(&c->out), r, t);
    return client_start(&c->clients, t, now) ? id : 0;
}

void sip_core_forget(struct sip_core *c, uint64_t id)
{
    struct client_txn *t = client_find(&c->clients, id);

    if (t && t->whom == CLIENT_FOR_GATEWAY)
        t->whom = CLIENT_FOR_NOBODY;
    LIST_EACH (struct client_txn, told, &c->told_txns, told) {
        if (told->id == id)
            client_free(&c->clients, told);
    }
}
