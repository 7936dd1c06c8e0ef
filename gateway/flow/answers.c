#include "gateway/flow/answers.h"

#include "gateway/flow/consent.h"
#include "gateway/flow/presence.h"
#include "gateway/flow/strangers.h"
#include "gateway/peer/links.h"
#include "gateway/peer/peers.h"
#include "gateway/people/book.h"
#include "gateway/people/named.h"
#include "mapping/why.h"

/* ---- who ---- */

static void put_presence(struct worker *w, struct account *viewer, const struct person *p,
                         struct buf *out)
{
    struct span text;

    (void)w;
    if (!p || !person_is_online(p) || !presence_may_see(viewer, p)) {
        BUF_LIT(out, "Not online, as far as you may see.");
        return;
    }
    buf_str(out, p->seen->away ? "Online, but away" : "Online");
    text = presence_text(p->seen);
    if (text.n) {
        BUF_LIT(out, ": ");
        buf_add(out, text);
        return;
    }
    buf_u8(out, '.');
}

static bool has_session(const struct account *a)
{
    LIST_EACH (struct aim_session, s, &a->sessions, of_account)
        if (s->online)
            return true;
    return false;
}

/* Where somebody who is there can be reached. */
static void put_places(struct account *viewer, const struct person *p, struct buf *out)
{
    const struct account *a = p ? p->account : NULL;
    bool aim = a && has_session(a), phone = a && !list_empty(&a->contacts);

    if ((!aim && !phone) || !person_is_online(p) || !presence_may_see(viewer, p))
        return;
    buf_str(out, aim && phone ? " There is an AIM client and a SIP phone."
                 : aim        ? " There is an AIM client."
                              : " There is a SIP phone.");
}

static void who_local(struct worker *w, struct account *a, const struct named *n, struct buf *out)
{
    const struct person *p = person_find(w->people, n->key);

    buf_add(out, n->shown);
    BUF_LIT(out, " is a user of this service, im:");
    buf_add(out, n->key);
    buf_u8(out, '@');
    buf_add(out, w->own_domain);
    BUF_LIT(out, ". ");
    put_presence(w, a, p, out);
    put_places(a, p, out);
}

static struct person *buddy_of(struct worker *w, const struct account *a, const struct named *n)
{
    struct buf *key = &w->scratch;

    buf_reset(key);
    buf_add(key, a->person->key);
    buf_u8(key, ' ');
    buf_add(key, n->key);
    return buf_ok(key) ? person_find(w->people, buf_span(key)) : NULL;
}

static void who_foreign(struct worker *w, struct account *a, const struct named *n, struct buf *out)
{
    const struct peer *peer = peer_find(w->peers, n->address.host);
    const struct person *p = buddy_of(w, a, n);

    buf_add(out, n->key);
    BUF_LIT(out, " is a user of ");
    buf_add(out, n->address.host);
    buf_str(out, peer ? ", which this service has a link to." : ", which is looked for by DNS.");
    if (links_is_down(w, n->address.host))
        BUF_LIT(out, " It cannot be reached just now; your own service is working.");
    if (!span_eq(n->shown, n->key)) {
        BUF_LIT(out, " The screen name here is ");
        buf_add(out, n->shown);
        buf_u8(out, '.');
    }
    buf_u8(out, ' ');
    if (p)
        put_presence(w, a, p, out);
    else
        BUF_LIT(out, "Not on your list, so nothing is known of whether that user is online.");
}

void answers_who(struct worker *w, struct account *a, struct span name, struct buf *out)
{
    struct named n;
    enum err e = named_find(w, name, &n);

    if (e == OK && book_is_helper(w, n.key) && n.local)
        BUF_LIT(out, "That is me, the voice of this service. Write HELP to see what I understand.");
    else if (e == OK && n.local)
        who_local(w, a, &n, out);
    else if (e == OK)
        who_foreign(w, a, &n, out);
    else if (e == ERR_NO_USER)
        BUF_LIT(out, "Nobody here has that name. Users of other services are written user@domain.");
    else
        BUF_LIT(out, "That is neither a screen name nor an address such as bob@example.org.");
}

/* ---- status ---- */

static void put_age(struct buf *out, int64_t seconds)
{
    if (seconds < 120)
        buf_fmt(out, "%lld s", (long long)seconds);
    else if (seconds < 7200)
        buf_fmt(out, "%lld minutes", (long long)seconds / 60);
    else
        buf_fmt(out, "%lld hours", (long long)seconds / 3600);
}

static void put_sessions(struct worker *w, const struct account *a, struct buf *out)
{
    LIST_EACH (struct aim_session, s, &a->sessions, of_account) {
        if (!s->online)
            continue;
        BUF_LIT(out, "\nAIM client");
        if (s->software.n) {
            buf_u8(out, ' ');
            buf_add(out, span_first(s->software, 60));
        }
        buf_str(out, s->state->away ? ", away, since " : ", since ");
        put_age(out, w->unix_now - s->since);
    }
}

static void put_phones(struct worker *w, const struct account *a, struct buf *out)
{
    LIST_EACH (struct contact, c, &a->contacts, node) {
        buf_fmt(out, "\nSIP phone at ");
        sip_addr_print_hostport(out, &c->from.addr);
        buf_fmt(out, " (%s), registered for another ", sip_transport_name(c->from.transport));
        put_age(out, c->expires - w->unix_now);
    }
}

static void put_down(struct worker *w, const struct domain_link *l, struct buf *out)
{
    BUF_LIT(out, "\n");
    buf_add(out, l->domain);
    BUF_LIT(out, " cannot be reached, for ");
    put_age(out, w->unix_now - l->down_unix);
    BUF_LIT(out, " now. Your own service is working.");
}

/* Peers as they are; of the others those that are in use and down. */
static void put_links(struct worker *w, struct buf *out)
{
    struct peer *p;
    struct domain_link *l;
    size_t at = 0;

    while ((p = peer_next(w->peers, &at)))
        if (!links_is_down(w, peer_domain(p))) {
            BUF_LIT(out, "\nThe link to ");
            buf_add(out, peer_domain(p));
            BUF_LIT(out, " is up.");
        }
    at = 0;
    while ((l = links_next(w->links, &at)))
        if (l->domain.n && links_is_down(w, l->domain))
            put_down(w, l, out);
}

/* Those who wait for an answer. */
static void put_waiting(struct worker *w, struct account *a, struct buf *out)
{
    struct buf names = {0};

    (void)strangers_only_one(w, a, &names);
    if (names.n) {
        BUF_LIT(out, "\nWaiting for your YES or NO: ");
        buf_add(out, buf_span(&names));
    }
    buf_reset(&names);
    (void)consent_only_one(w, a, &names);
    if (names.n) {
        BUF_LIT(out, "\nWaiting for your ALLOW or REFUSE: ");
        buf_add(out, buf_span(&names));
    }
    buf_fini(&names);
}

void answers_status(struct worker *w, struct account *a, struct buf *out)
{
    BUF_LIT(out, "You are ");
    buf_add(out, a->formatted);
    BUF_LIT(out, ", im:");
    buf_add(out, a->person->key);
    buf_u8(out, '@');
    buf_add(out, w->own_domain);
    buf_u8(out, '.');
    put_sessions(w, a, out);
    put_phones(w, a, out);
    put_links(w, out);
    put_waiting(w, a, out);
}

/* ---- why ---- */

void answers_why(struct worker *w, struct account *a, struct buf *out)
{
    const struct failed_message *f = &a->failed;
    struct buf name = {0};

    if (!f->at) {
        BUF_LIT(out, "No message of yours has failed since you signed on.");
        return;
    }
    buf_add(&name, f->to);
    if (f->domain.n && span_find(f->to, '@') == f->to.n) {
        buf_u8(&name, '@');
        buf_add(&name, f->domain);
    }
    BUF_LIT(out, "Your message to ");
    buf_add(out, buf_span(&name));
    BUF_LIT(out, ", ");
    put_age(out, w->unix_now - f->at);
    BUF_LIT(out, " ago, failed: ");
    why_print(out, f->how, buf_span(&name), f->domain);
    buf_u8(out, '.');
    buf_fini(&name);
}
