#include "simple/event/registrar.h"

#include "simple/wire/print.h"
#include "simple/wire/scan.h"

enum { ONE_HOUR = 3600 }; /* an expiry from here on is never too short, RFC 3261 10.3 step 7 */

/* One REGISTER under way. */
struct work {
    struct registrar_conf conf; /* with the defaults filled in */
    const struct sip_msg *msg;
    struct arena *arena;
    uint64_t now;
    uint32_t expires; /* what the Expires header says for all contacts, or the default */
    struct span path; /* of this request */
    bool outbound, not_first_hop; /* outbound: the client supports it */
    struct registrar_result *out;
};

static bool refuse(struct registrar_result *out, int status, const char *text)
{
    out->status = status;
    out->text = text ? text : sip_reason(status);
    return false;
}

/* ---- the request as a whole ---- */

static bool check_target(struct work *w)
{
    struct sip_uri to;

    if (w->msg->target.has_user)
        return refuse(w->out, 400, "Request-URI With User");
    if (!sip_uri_parse(w->msg->to.uri, &to))
        return refuse(w->out, 400, "Malformed To");
    if (to.scheme == SIP_SCHEME_SIP || to.scheme == SIP_SCHEME_SIPS)
        return true;
    if (w->conf.im_to && (to.scheme == SIP_SCHEME_IM || to.scheme == SIP_SCHEME_PRES))
        return true;
    return refuse(w->out, 400, "Unsupported To Scheme");
}

/* A copy without folds where there are any. */
static struct span unfolded(struct arena *a, struct span s)
{
    struct buf b = {0};
    struct span out;

    if (span_find(s, '\r') == s.n)
        return s;
    sip_put_unfolded(&b, s);
    out = arena_copy(a, buf_span(&b));
    a->bad = a->bad || !buf_ok(&b);
    buf_fini(&b);
    return out;
}

/* All Path values as one list, in their order. */
static struct span join_path(struct work *w)
{
    const struct sip_hdr *h = sip_msg_hdr(w->msg, SIP_HDR_PATH);
    struct buf b = {0};
    struct span out;

    if (!h || !h->next)
        return h ? unfolded(w->arena, h->value) : (struct span){0};
    for (; h; h = sip_msg_hdr_next(w->msg, h)) {
        if (b.n > 0)
            BUF_LIT(&b, ", ");
        sip_put_unfolded(&b, h->value);
    }
    out = arena_copy(w->arena, buf_span(&b));
    w->arena->bad = w->arena->bad || !buf_ok(&b);
    buf_fini(&b);
    return out;
}

/* Has the proxy that the client talks to (the last Path value: it was there first) taken part in
 * outbound? RFC 5626 6. */
static bool path_has_ob(const struct sip_msg *m, bool *bad)
{
    struct sip_each c = sip_each(m, SIP_HDR_PATH);
    struct sip_name_addr a;
    struct sip_uri u;
    bool ob = false;

    while (sip_name_addr_next(&c, &a)) {
        if (!sip_uri_parse(a.uri, &u))
            *bad = true;
        ob = sip_uri_param(&u, "ob", NULL);
    }
    *bad = *bad || c.bad;
    return ob;
}

static bool has_second_via(const struct sip_msg *m)
{
    struct sip_each c = sip_each(m, SIP_HDR_VIA);
    struct sip_via via;

    return sip_via_next(&c, &via) && sip_via_next(&c, &via);
}

static bool read_request(struct work *w)
{
    bool bad = false, ob = path_has_ob(w->msg, &bad);

    if (bad)
        return refuse(w->out, 400, "Malformed Path");
    if (w->conf.path_needs_supported && sip_msg_has(w->msg, SIP_HDR_PATH) &&
        !sip_has_token(w->msg, SIP_HDR_SUPPORTED, "path"))
        return refuse(w->out, 421, NULL);
    w->path = join_path(w);
    w->outbound = sip_has_token(w->msg, SIP_HDR_SUPPORTED, "outbound");
    w->not_first_hop = has_second_via(w->msg) && !ob;
    w->expires = w->conf.expires;
    sip_seconds_parse(sip_msg_value(w->msg, SIP_HDR_EXPIRES), &w->expires);
    return true;
}

/* ---- one contact ---- */

/* Is it a place that nothing may be sent to, or ourselves? */
static bool is_forbidden(const struct work *w, const struct sip_uri *u)
{
    if (w->conf.domain.n > 0 && span_case_eq(u->host, w->conf.domain))
        return true;
    if (u->ip.family == 0)
        return !w->conf.allow_loopback && span_case_is(u->host, "localhost");
    return !sip_addr_is_unicast(&u->ip) ||
           (!w->conf.allow_loopback && sip_addr_is_loopback(&u->ip));
}

/* How long it shall live: 0 is to be removed. False: too short. */
static bool grant(struct work *w, const struct sip_contact_value *v, uint32_t *out)
{
    uint32_t x = v->has_expires ? v->expires : w->expires;

    if (x > 0 && x < w->conf.expires_min && x < ONE_HOUR) {
        w->out->min_expires = w->conf.expires_min;
        return refuse(w->out, 423, NULL);
    }
    *out = x < w->conf.expires_max ? x : w->conf.expires_max;
    return true;
}

/* reg-id counts only with an instance and a client and first hop that know outbound; where just the
 * first hop is missing the client is told (RFC 5626 6). */
static bool read_reg_id(struct work *w, const struct sip_contact_value *v, uint32_t *out)
{
    *out = 0;
    if (!v->has_reg_id || v->instance.n == 0 || !w->outbound)
        return true;
    if (w->not_first_hop)
        return refuse(w->out, 439, NULL);
    *out = v->reg_id;
    return true;
}

static bool is_same(const struct sip_contact *have, const struct sip_contact *want,
                    const struct sip_uri *uri)
{
    struct sip_uri other;

    if (want->reg_id > 0)
        return have->reg_id == want->reg_id && span_eq(have->instance, want->instance);
    return sip_uri_parse(have->uri, &other) && sip_uri_eq(&other, uri);
}

/* Index of the contact that is meant, or out->n. */
static size_t find(const struct registrar_result *out, const struct sip_contact *want,
                   const struct sip_uri *uri)
{
    size_t i = 0;

    while (i < out->n && !is_same(&out->contacts[i], want, uri))
        i++;
    return i;
}

/* Requests of one client come in the order of their CSeq; an old one changes nothing. */
static bool is_in_order(const struct work *w, size_t i)
{
    const struct sip_contact *c = &w->out->contacts[i];

    return w->out->touched[i] || !span_eq(c->call_id, w->msg->call_id) ||
           w->msg->cseq.number > c->cseq;
}

static bool refuse_order(struct work *w)
{
    return refuse(w->out, 500, "CSeq Out of Order");
}

static void drop(struct registrar_result *out, size_t i)
{
    out->n--;
    for (; i < out->n; i++) {
        out->contacts[i] = out->contacts[i + 1];
        out->from[i] = out->from[i + 1];
        out->touched[i] = out->touched[i + 1];
    }
}

static bool put(struct work *w, size_t i, const struct sip_contact *c)
{
    if (i == w->out->n) {
        if (w->out->n >= w->conf.contacts_max)
            return refuse(w->out, 403, "Too Many Contacts");
        w->out->from[i] = 0;
        w->out->n++;
    }
    w->out->contacts[i] = *c;
    w->out->touched[i] = true;
    w->out->outbound = w->out->outbound || c->reg_id > 0;
    return true;
}

/* Removals go first, so that one contact can take the place of another when there is no room. */
enum pass { REMOVE, PUT };

static bool apply_contact(struct work *w, const struct sip_contact_value *v, enum pass pass)
{
    struct sip_uri uri;
    struct sip_contact c = {
        .uri = v->addr.uri,
        .instance = unfolded(w->arena, v->instance),
        .methods = unfolded(w->arena, v->methods),
        .path = w->path,
        .call_id = w->msg->call_id,
        .cseq = w->msg->cseq.number,
        .q = v->q,
    };
    uint32_t seconds;
    size_t i;

    if (!sip_uri_parse(c.uri, &uri) ||
        (uri.scheme != SIP_SCHEME_SIP && uri.scheme != SIP_SCHEME_SIPS))
        return refuse(w->out, 400, "Unsupported Contact");
    if (!grant(w, v, &seconds) || !read_reg_id(w, v, &c.reg_id))
        return false;
    if ((seconds == 0) != (pass == REMOVE))
        return true;
    if (seconds > 0 && is_forbidden(w, &uri))
        return refuse(w->out, 403, "Forbidden Contact");
    i = find(w->out, &c, &uri);
    if (i < w->out->n && !is_in_order(w, i))
        return refuse_order(w);
    if (seconds == 0) {
        if (i < w->out->n)
            drop(w->out, i);
        return true;
    }
    c.expires_at = w->now + seconds * 1000ULL;
    return put(w, i, &c);
}

/* ---- all of them ---- */

/* "*" stands alone and goes with Expires: 0 (RFC 3261 10.3 step 6). */
static bool apply_star(struct work *w, size_t values)
{
    if (values != 1 || !sip_msg_has(w->msg, SIP_HDR_EXPIRES) || w->expires != 0)
        return refuse(w->out, 400, "Invalid Use of Contact *");
    for (size_t i = 0; i < w->out->n; i++)
        if (!is_in_order(w, i))
            return refuse_order(w);
    w->out->n = 0;
    return true;
}

/* Looks at all values before any is applied: how many, whether one is a star, whether two of them
 * ask for a flow of their own (RFC 5626 6). */
static bool survey(struct work *w, size_t *values, bool *star)
{
    struct sip_each c = sip_each(w->msg, SIP_HDR_CONTACT);
    struct sip_contact_value v;
    int flows = 0;

    *values = 0;
    *star = false;
    while (sip_contact_next(&c, &v)) {
        ++*values;
        *star = *star || v.star;
        if (v.has_reg_id && v.instance.n > 0 && w->outbound &&
            (v.has_expires ? v.expires : w->expires) > 0)
            flows++;
    }
    if (c.bad)
        return refuse(w->out, 400, "Malformed Contact");
    if (*values > REGISTRAR_VALUES_MAX)
        return refuse(w->out, 403, "Too Many Contacts");
    return flows > 1 ? refuse(w->out, 400, "More Than One reg-id") : true;
}

bool registrar_contacts_parse(const struct sip_msg *request)
{
    struct sip_each c = sip_each(request, SIP_HDR_CONTACT);
    struct sip_contact_value v;

    while (sip_contact_next(&c, &v))
        ;
    return !c.bad;
}

static bool apply_all(struct work *w)
{
    size_t values;
    bool star;

    if (!survey(w, &values, &star))
        return false;
    w->out->fetch = values == 0;
    if (star)
        return apply_star(w, values);
    for (enum pass pass = REMOVE; pass <= PUT; pass++) {
        struct sip_each c = sip_each(w->msg, SIP_HDR_CONTACT);
        struct sip_contact_value v;

        while (sip_contact_next(&c, &v))
            if (!apply_contact(w, &v, pass))
                return false;
    }
    return arena_ok(w->arena) ? true : refuse(w->out, 500, NULL);
}

static struct registrar_conf with_defaults(const struct registrar_conf *conf)
{
    struct registrar_conf c = *conf;

    if (c.expires_min == 0)
        c.expires_min = REGISTRAR_EXPIRES_MIN;
    if (c.expires_max == 0)
        c.expires_max = REGISTRAR_EXPIRES_MAX;
    if (c.expires == 0)
        c.expires = REGISTRAR_EXPIRES;
    if (c.contacts_max == 0 || c.contacts_max > REGISTRAR_CONTACTS_MAX)
        c.contacts_max = REGISTRAR_CONTACTS_MAX;
    return c;
}

static void keep_live(struct registrar_result *out, const struct sip_contact *have, size_t n,
                      uint64_t now)
{
    for (size_t i = 0; i < n && i < UINT8_MAX && out->n < REGISTRAR_CONTACTS_MAX; i++) {
        if (have[i].expires_at <= now)
            continue;
        out->contacts[out->n] = have[i];
        out->from[out->n++] = (uint8_t)(i + 1);
    }
}

int registrar_apply(const struct registrar_conf *conf, const struct sip_contact *have, size_t n,
                    const struct sip_msg *request, struct arena *a, uint64_t now,
                    struct registrar_result *out)
{
    struct work w = {
        .conf = with_defaults(conf), .msg = request, .arena = a, .now = now, .out = out};

    memset(out, 0, sizeof *out);
    keep_live(out, have, n, now);
    if (check_target(&w) && read_request(&w) && apply_all(&w)) {
        out->status = 200;
        out->text = sip_reason(200);
    }
    return out->status;
}
