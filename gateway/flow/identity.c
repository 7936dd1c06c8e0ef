#include "gateway/flow/identity.h"

#include "gateway/door/sip.h"
#include "gateway/flow/signature.h"
#include "gateway/peer/links.h"
#include "simple/txn/digest.h"
#include "simple/wire/print.h"

void identity_refuse_with(struct worker *w, const struct sip_core_event *ev, int status,
                          const char *text, struct buf *headers)
{
    buf_fmt(headers, "Warning: 399 %s \"%s\"\r\n", w->conf->domain, text);
    sip_core_respond(w->sip, ev->txn,
                     &(struct sip_answer){.status = status, .headers = buf_span(headers)}, w->now);
    buf_fini(headers);
}

void identity_refuse(struct worker *w, const struct sip_core_event *ev, int status,
                     const char *text)
{
    struct buf headers = {0};

    identity_refuse_with(w, ev, status, text, &headers);
}

/* ---- digest ---- */

/* 407 where one of ours writes or sends on through us, 401 where we are the end (S-395: 401 from a
 * registrar and notifier, 407 in the role of a proxy). */
static bool is_proxied(const struct sip_core_event *ev)
{
    return ev->method == SIP_MESSAGE;
}

static void challenge(struct worker *w, const struct sip_core_event *ev, bool stale)
{
    bool proxied = is_proxied(ev);
    struct digest_challenge c = {
        .field = proxied ? SIP_HDR_PROXY_AUTHENTICATE : SIP_HDR_WWW_AUTHENTICATE,
        .realm = w->own_domain,
        .user_agent = sip_msg_value(ev->msg, SIP_HDR_USER_AGENT),
        .stale = stale,
    };
    struct buf headers = {0};

    digest_challenge(w->digest, &headers, &c, w->now);
    sip_core_respond(
        w->sip, ev->txn,
        &(struct sip_answer){.status = proxied ? 407 : 401, .headers = buf_span(&headers)}, w->now);
    buf_fini(&headers);
}

/* S-396: the user name is the screen name in any spelling, or the whole address. */
static bool names_account(struct worker *w, const struct account *a, struct span user)
{
    size_t at = span_find(user, '@');
    char norm[SCREEN_NAME_MAX + 1];
    size_t n;

    if (span_case_starts(user, SPAN("sip:"))) {
        user = span_skip(user, 4);
        at = span_find(user, '@');
    }
    if (at < user.n && span_case_eq(span_skip(user, at + 1), w->own_domain))
        user = span_first(user, at);
    return name_norm(user, norm, &n) != NAME_BAD && span_eq(span_of(norm, n), a->person->key);
}

/* Made once for each spelling of the name: what a phone sends with every request. */
static const char *ha1_of(struct worker *w, struct account *a, enum digest_algorithm algorithm,
                          struct span user)
{
    size_t i = algorithm == DIGEST_SHA256;
    struct buf password = {0};
    bool ok;

    if (a->ha1[i][0] && span_is(user, a->ha1_user[i]))
        return a->ha1[i];
    if (!span_copy(user, a->ha1_user[i], sizeof a->ha1_user[i]) ||
        account_password(w, a->person->key, &password)) {
        a->ha1[i][0] = 0;
        return NULL;
    }
    ok = digest_ha1(algorithm, user, w->own_domain, buf_span(&password), a->ha1[i]);
    seal_wipe(&password);
    if (!ok)
        a->ha1[i][0] = 0;
    return ok ? a->ha1[i] : NULL;
}

static void log_wrong(struct worker *w, const struct account *a, const struct sip_core_event *ev,
                      enum digest_result r)
{
    struct buf who = {0}, from = {0};

    buf_add(&who, a->person->key);
    sip_addr_print_hostport(&from, &ev->from.addr);
    LOG_INFO(&w->log, "sip", "credentials were refused", "user", buf_cstr(&who), "from",
             buf_cstr(&from), "why", digest_result_text(r));
    buf_fini(&who);
    buf_fini(&from);
}

static enum digest_result find_credentials(struct worker *w, const struct sip_core_event *ev,
                                           struct digest_credentials *out)
{
    enum sip_hdr_id field = is_proxied(ev) ? SIP_HDR_PROXY_AUTHORIZATION : SIP_HDR_AUTHORIZATION;
    enum digest_result r = digest_find(ev->msg, field, w->own_domain, out);

    if (r != DIGEST_NONE)
        return r;
    /* some send the other of the two */
    return digest_find(ev->msg,
                       is_proxied(ev) ? SIP_HDR_AUTHORIZATION : SIP_HDR_PROXY_AUTHORIZATION,
                       w->own_domain, out);
}

void identity_unknown(struct worker *w, const struct sip_core_event *ev)
{
    struct digest_credentials c;

    if (find_credentials(w, ev, &c) == DIGEST_OK)
        identity_refuse(w, ev, 404, "no such user");
    else
        challenge(w, ev, false);
}

bool identity_digest(struct worker *w, const struct sip_core_event *ev, struct account *a)
{
    struct digest_credentials c;
    enum digest_result r = find_credentials(w, ev, &c);
    const char *ha1;

    if (r == DIGEST_OK) {
        ha1 = names_account(w, a, c.username) ? ha1_of(w, a, c.algorithm, c.username) : NULL;
        r = ha1 ? digest_check(w->digest, &c, ev->msg, ha1, w->now) : DIGEST_WRONG;
    }
    if (r == DIGEST_OK) {
        sip_door_trust(w->sip_door, &ev->from);
        return true;
    }
    if (r == DIGEST_BAD_URI) {
        identity_refuse(w, ev, 400, "the digest is for another place");
        return false;
    }
    if (r != DIGEST_NONE && r != DIGEST_STALE)
        log_wrong(w, a, ev, r);
    challenge(w, ev, r == DIGEST_STALE);
    return false;
}

/* ---- who is it ---- */

static bool check_local(struct worker *w, const struct sip_core_event *ev, struct claim *out)
{
    struct account *a;

    if (account_get(w, out->address.user, &a)) {
        identity_refuse(w, ev, 403, "no such sender here");
        return false;
    }
    out->local = true;
    out->account = a;
    out->name = a->person->key;
    return contact_by_way(a, &ev->from) || identity_digest(w, ev, a);
}

static void log_stranger(struct worker *w, const struct sip_core_event *ev,
                         const struct address *who, const char *why, const char *cure)
{
    struct buf domain = {0}, from = {0};

    buf_add(&domain, who->host);
    sip_addr_print_hostport(&from, &ev->from.addr);
    LOG_WARNING(&w->log, "sip", "a request was refused", "domain", buf_cstr(&domain), "from",
                buf_cstr(&from), "why", why, "do", cure);
    buf_fini(&domain);
    buf_fini(&from);
}

/* RFC 5923 8.2: their requests say that ours may come back the same way. Over TCP nothing is
 * proven, and it means nothing (RFC 5923 9.1). */
static void note_alias(struct worker *w, const struct sip_core_event *ev)
{
    const struct sip_via *via = &ev->msg->via;
    struct span rest = via->params;
    struct sip_param p;
    bool bad = false;

    while (sip_param_next(&rest, &p, &bad))
        if (span_case_is(p.name, "alias"))
            sip_door_alias(w->sip_door, ev->from.flow,
                           via->port ? via->port : sip_transport_port(ev->from.transport));
}

/* RFC 5922 7.4, RFC 3325 5: under TLS it is the certificate that tells, and nothing else. */
static bool proves(struct worker *w, const struct sip_core_event *ev, const struct claim *who)
{
    struct span names;
    struct buf why = {0};

    if (sip_door_proves(w->sip_door, ev->from.flow, peer_domain(who->peer))) {
        note_alias(w, ev);
        return true;
    }
    names = span_first(sip_door_names(w->sip_door, ev->from.flow), 400);
    if (names.n) {
        buf_str(&why, "its certificate names ");
        buf_add(&why, names);
    } else {
        buf_str(&why, "it has shown no certificate of a domain");
    }
    log_stranger(
        w, ev, &who->address, buf_cstr(&why),
        names.n ? "let them call with a certificate of that domain"
                : "let them call with a certificate: in Kamailio, in [client:default] of tls.cfg");
    buf_fini(&why);
    return false;
}

/* Did it come from where that peer sends? */
static bool comes_from_peer(struct worker *w, const struct sip_core_event *ev,
                            const struct claim *who)
{
    if (ev->from.transport == SIP_TRANSPORT_TLS || ev->from.transport == SIP_TRANSPORT_WSS)
        return proves(w, ev, who);
    if (peer_sends_from(who->peer, &ev->from))
        return true;
    log_stranger(w, ev, &who->address, "not the peer's address",
                 "add the address to the peer's from");
    return false;
}

/* RFC 8224: what it is signed with, where the peer signs. It is asked beside the way that it
 * came. */
static bool check_signature(struct worker *w, const struct sip_core_event *ev,
                            const struct claim *who)
{
    const struct signature_case q = {.msg = ev->msg,
                                     .domain = peer_domain(who->peer),
                                     .keys = w->credentials,
                                     .policy = peer_switches(who->peer)->identity,
                                     .freshness = w->conf->identity.freshness,
                                     .now = w->unix_now,
                                     .arena = &w->arena};
    enum signature s = signature_judge(&q);
    const struct signature_row *row;
    const struct address of = {.host = q.domain}; /* who hides his name says another one */

    if (s == SIGNATURE_GOOD || s == SIGNATURE_UNASKED)
        return true;
    row = signature_row(s);
    log_stranger(w, ev, &of, row->why, row->cure);
    sip_core_respond(w->sip, ev->txn,
                     &(struct sip_answer){.status = row->status, .reason = span_str(row->reason)},
                     w->now);
    return false;
}

static bool check_peer(struct worker *w, const struct sip_core_event *ev, struct claim *out)
{
    struct buf *key = &w->scratch;

    out->peer = peer_find(w->peers, out->address.host);
    if (!out->peer) {
        log_stranger(w, ev, &out->address, "not a peer", "add it to peers, if it is to be served");
        identity_refuse(w, ev, 403, "this service does not exchange messages with that domain");
        return false;
    }
    if (!comes_from_peer(w, ev, out)) {
        identity_refuse(w, ev, 403, "that domain is not served from there");
        return false;
    }
    if (!check_signature(w, ev, out))
        return false;
    peer_count_received(out->peer);
    if (links_is_down(w, out->address.host))
        link_note_heard(w, links_find(w->links, out->address.host));
    buf_reset(key);
    address_key(key, &w->rules, &out->address);
    out->name = arena_copy(&w->arena, buf_span(key));
    return true;
}

static bool vouches(struct worker *w, const struct sip_core_event *ev, const struct peer *p)
{
    if (ev->from.transport == SIP_TRANSPORT_TLS || ev->from.transport == SIP_TRANSPORT_WSS)
        return sip_door_proves(w->sip_door, ev->from.flow, peer_domain(p));
    return peer_sends_from(p, &ev->from);
}

/* RFC 3323 4.1.1.3: who hides his name is somebody of the peer that the request comes from, which
 * knows him. He may write; to watch, or to be one of ours, he has to say who he is (S-254). */
static bool check_anonymous(struct worker *w, const struct sip_core_event *ev, struct claim *out)
{
    size_t at = 0;

    for (struct peer *p; !out->peer && (p = peer_next(w->peers, &at));)
        if (vouches(w, ev, p))
            out->peer = p;
    if (!out->peer || ev->method != SIP_MESSAGE) {
        identity_refuse(w, ev, 403, "nobody vouches for a sender without a name");
        return false;
    }
    if (!check_signature(w, ev, out))
        return false;
    peer_count_received(out->peer);
    out->address = (struct address){.user = SPAN(ANONYMOUS_USER), .host = SPAN(ANONYMOUS_HOST)};
    out->name = SPAN(ANONYMOUS_NAME);
    return true;
}

/* RFC 3323 5: a kind of privacy that must be given and is not given here. What we keep to ourselves
 * in any case ("id") needs no service. */
static bool needs_privacy_service(const struct sip_msg *m)
{
    static const char *const services[] = {"header", "session", "user"};
    struct span rest = sip_msg_value(m, SIP_HDR_PRIVACY);
    bool critical = false, service = false;

    while (rest.n > 0) {
        struct span one = span_trim(span_first(rest, span_find(rest, ';')));

        critical |= span_case_is(one, "critical");
        for (size_t i = 0; i < sizeof services / sizeof *services; i++)
            service |= span_case_is(one, services[i]);
        rest = span_skip(rest, span_find(rest, ';') + 1);
    }
    return critical && service;
}

bool identity_check(struct worker *w, const struct sip_core_event *ev, struct claim *out)
{
    enum err e;

    *out = (struct claim){0};
    if (needs_privacy_service(ev->msg)) {
        identity_refuse(w, ev, 500, "that kind of privacy is not served here");
        return false;
    }
    e = uri_to_address(ev->msg->from.uri, &w->rules, &w->arena, &out->address);
    if (e) { /* a user part that is no name ("a%00b") is malformed, wherever it comes from */
        identity_refuse(w, ev, e == ERR_BAD_NAME ? 400 : 403,
                        "the sender is nobody that can be answered");
        return false;
    }
    if (address_is_anonymous(&out->address))
        return check_anonymous(w, ev, out);
    return address_is_own(&w->rules, &out->address) ? check_local(w, ev, out)
                                                    : check_peer(w, ev, out);
}
