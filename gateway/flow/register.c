#include "gateway/flow/register.h"

#include "db/contacts.h"
#include "db/publications.h"
#include "gateway/door/sip.h"
#include "gateway/flow/gruu.h"
#include "gateway/flow/identity.h"
#include "gateway/flow/later.h"
#include "gateway/flow/presence.h"
#include "gateway/flow/taste.h"
#include "gateway/people/hop.h"
#include "simple/wire/print.h"

#include <stdlib.h>

/* ---- contacts run out ---- */

static void on_expiry(struct timer *t, struct worker *w);

void register_set_expiry(struct worker *w, struct account *a)
{
    int64_t first = 0;

    a->expiry.due = on_expiry;
    LIST_EACH (struct contact, c, &a->contacts, node)
        if (!first || c->expires < first)
            first = c->expires;
    LIST_EACH (struct published, p, &a->published, node)
        if (!first || p->expires < first)
            first = p->expires;
    if (!first)
        timer_clear(w, &a->expiry);
    else
        timer_set(w, &a->expiry,
                  w->now + (first > w->unix_now ? (uint64_t)(first - w->unix_now) * 1000 : 0) +
                      500);
}

static void save_contacts(struct worker *w, struct account *a, const struct sip_hop *from,
                          struct sip_txn txn, struct span headers);

/* A contact ran out. A browser that is gone takes along what it published, as if it had said so. */
static void end_contact(struct worker *w, struct account *a, struct contact *c)
{
    struct sip_hop from = c->from;

    contact_free(w, c);
    if (hop_is_web(&from))
        save_contacts(w, a, &from, (struct sip_txn){0}, (struct span){0});
}

static void on_expiry(struct timer *t, struct worker *w)
{
    struct account *a = LIST_OF(t, struct account, expiry);

    LIST_EACH (struct contact, c, &a->contacts, node)
        if (c->expires <= w->unix_now)
            end_contact(w, a, c);
    LIST_EACH (struct published, p, &a->published, node)
        if (p->expires <= w->unix_now)
            published_free(p);
    register_set_expiry(w, a);
    presence_account_changed(w, a);
    account_release(w, a);
}

/* ---- and in the database ---- */

struct save {
    struct storer_op op;
    struct arena arena;
    int64_t user;
    struct contact_row *rows;
    size_t n;
    struct sip_txn txn;
    struct span headers; /* of the 200 */
    struct span gone[PUBLISH_LIVE_MAX]; /* entity tags of publications that end with it */
    size_t gone_n;
};

static enum err run_save(struct storer_op *op, struct store *s)
{
    struct save *save = LIST_OF(op, struct save, op);

    enum err e = contacts_replace(s, save->user, save->rows, save->n);

    for (size_t i = 0; i < save->gone_n && (!e || e == ERR_NOT_FOUND); i++)
        e = publications_delete(s, save->user, save->gone[i]);
    return e == ERR_NOT_FOUND ? OK : e;
}

static void save_free(struct save *save)
{
    arena_fini(&save->arena);
    free(save);
}

/* A registration that was answered survives a restart: so the answer waits for the disk. */
static void done_save(struct storer_op *op, enum err e, void *ctx)
{
    struct save *save = LIST_OF(op, struct save, op);
    struct worker *w = ctx;

    if (e)
        LOG_ERROR(&w->log, "store", "a registration was not stored", "why", err_text(e), "do",
                  "look at the disk of the data folder");
    sip_core_respond(w->sip, save->txn,
                     &(struct sip_answer){.status = e ? 500 : 200,
                                          .headers = e ? (struct span){0} : save->headers},
                     w->now);
    save_free(save);
}

static void fill_row(struct save *save, const struct contact *c)
{
    uint8_t *hop = arena_alloc(&save->arena, HOP_OCTETS);
    struct contact_row *row = &save->rows[save->n++];

    *row = (struct contact_row){.user = save->user,
                                .uri = arena_copy(&save->arena, c->c.uri),
                                .q = c->c.q,
                                .expires = c->expires,
                                .call_id = arena_copy(&save->arena, c->c.call_id),
                                .cseq = c->c.cseq,
                                .instance = arena_copy(&save->arena, c->c.instance),
                                .reg_id = c->c.reg_id,
                                .methods = arena_copy(&save->arena, c->c.methods),
                                .path = arena_copy(&save->arena, c->c.path)};
    if (hop) {
        hop_write(hop, &c->from);
        row->hop = span_of(hop, HOP_OCTETS);
    }
}

static bool is_same_way(const struct sip_hop *a, const struct sip_hop *b)
{
    return a->transport == b->transport && sip_addr_eq(&a->addr, &b->addr);
}

/* A phone that took its registration back is gone, and what it published with it: baresip 1.0
 * publishes twice when it starts, and ends one of the two. */
static void drop_published(struct account *a, const struct sip_hop *from, struct save *save)
{
    LIST_EACH (struct contact, c, &a->contacts, node)
        if (is_same_way(&c->from, from))
            return;
    LIST_EACH (struct published, p, &a->published, node)
        if (is_same_way(&p->from, from) && save->gone_n < PUBLISH_LIVE_MAX) {
            save->gone[save->gone_n++] = arena_copy(&save->arena, p->etag);
            published_free(p);
        }
}

/* `txn` 0: nobody waits for an answer. */
static void save_contacts(struct worker *w, struct account *a, const struct sip_hop *from,
                          struct sip_txn txn, struct span headers)
{
    struct save *save = calloc(1, sizeof *save);

    if (save) {
        save->user = a->id;
        save->txn = txn;
        save->rows = arena_alloc(&save->arena, REGISTRAR_CONTACTS_MAX * sizeof *save->rows);
        save->headers = arena_copy(&save->arena, headers);
    }
    if (save && save->rows)
        LIST_EACH (struct contact, c, &a->contacts, node)
            if (save->n < REGISTRAR_CONTACTS_MAX)
                fill_row(save, c);
    if (save)
        drop_published(a, from, save);
    if (!save || !arena_ok(&save->arena)) {
        if (save)
            save_free(save);
        sip_core_answer(w->sip, txn, 500, w->now);
        return;
    }
    save->op =
        (struct storer_op){.run = run_save, .done = done_save, .several = true, .bytes = 4096};
    worker_write(w, &save->op);
}

/* ---- the request ---- */

/* A name with NUL or another control character in it is nobody's, and is not cut off there (RFC
 * 4475 3.1.1.4). */
static bool names_with_controls(const struct sip_uri *u)
{
    struct buf user = {0};
    bool found = false;

    if (sip_unescape(&user, u->user))
        for (size_t i = 0; i < user.n; i++)
            found |= user.p[i] < 0x20;
    buf_fini(&user);
    return found;
}

/* False: it was answered. */
static bool find_account(struct worker *w, const struct sip_core_event *ev, struct account **out)
{
    struct address to, from;
    struct sip_uri u;
    enum err e = uri_to_address(ev->msg->to.uri, &w->rules, &w->arena, &to);
    bool is_own = !e && address_is_own(&w->rules, &to);

    if (!span_case_eq(ev->msg->target.host, w->own_domain)) {
        identity_refuse(w, ev, 403, "not a domain of this registrar");
        return false;
    }
    if (e == ERR_BAD_SCHEME || e == ERR_BAD_NAME || e == ERR_BAD_HOST) {
        identity_refuse(w, ev, e == ERR_BAD_NAME ? 404 : 400,
                        "To is not an address of this registrar");
        return false;
    }
    if (!registrar_contacts_parse(ev->msg)) {
        identity_refuse(w, ev, 400, "a Contact is malformed");
        return false;
    }
    if (sip_uri_parse(ev->msg->to.uri, &u) && names_with_controls(&u)) {
        identity_refuse(w, ev, 404, "no such user");
        return false;
    }
    if (e == ERR_NO_USER || (is_own && account_get(w, to.user, out))) {
        identity_unknown(w, ev);
        return false;
    }
    if (!is_own) {
        identity_refuse(w, ev, 404, "no such user");
        return false;
    }
    if (uri_to_address(ev->msg->from.uri, &w->rules, &w->arena, &from) ||
        !address_equal(&w->rules, &from, &to)) {
        identity_refuse(w, ev, 403, "nobody registers for somebody else");
        return false;
    }
    return true;
}

static void refuse(struct worker *w, const struct sip_core_event *ev,
                   const struct registrar_result *r)
{
    struct buf headers = {0};

    if (r->status == 423)
        sip_put_hdr_number(&headers, SIP_HDR_MIN_EXPIRES, r->min_expires);
    identity_refuse_with(w, ev, r->status, r->text ? r->text : "refused", &headers);
}

/* S-151, RFC 5630 3.1.3: who wants to be reached by sips: comes under TLS. False: it was
 * answered. */
static bool is_safe(struct worker *w, const struct sip_core_event *ev,
                    const struct registrar_result *r)
{
    if (ev->from.transport == SIP_TRANSPORT_TLS || ev->from.transport == SIP_TRANSPORT_WSS)
        return true;
    for (size_t i = 0; i < r->n; i++)
        if (r->touched[i] && span_case_starts(r->contacts[i].uri, SPAN("sips:"))) {
            identity_refuse(w, ev, 403, "a sips: Contact is registered over TLS");
            return false;
        }
    return true;
}

/* A browser that came back by another connection is still who published that. */
static void move_published(struct account *a, const struct sip_hop *old, const struct sip_hop *from)
{
    LIST_EACH (struct published, p, &a->published, node)
        if (is_same_way(&p->from, old))
            p->from = *from;
}

/* The account's contacts become what the registrar says. False: no memory, and nothing changed. */
static bool apply(struct worker *w, struct account *a, const struct registrar_result *r,
                  struct contact *const *have, const struct sip_core_event *ev)
{
    const struct sip_hop *from = &ev->from;
    bool html = taste_accepts_html(ev->msg);
    struct list fresh;

    list_init(&fresh);
    for (size_t i = 0; i < r->n; i++) {
        const struct contact *old = r->from[i] ? have[r->from[i] - 1] : NULL;
        struct contact *c =
            contact_new(w, a, &r->contacts[i], old && !r->touched[i] ? &old->from : from);

        if (!c) {
            LIST_EACH (struct contact, x, &fresh, node)
                contact_free(w, x);
            return false;
        }
        if (old && !r->touched[i])
            c->expires = old->expires;
        c->refreshed = old && !r->touched[i] ? old->refreshed : w->now;
        c->likes_html = old && !r->touched[i] ? old->likes_html : html;
        if (old)
            c->since = old->since;
        if (old && r->touched[i] && hop_is_web(from))
            move_published(a, &old->from, from);
        list_append(&fresh, &c->node);
    }
    LIST_EACH (struct contact, x, &a->contacts, node)
        contact_free(w, x);
    while (!list_empty(&fresh)) {
        struct list *node = fresh.next;

        list_remove(node);
        list_append(&a->contacts, node);
        sip_door_ride(w->sip_door, LIST_OF(node, struct contact, node));
    }
    return true;
}

/* A phone that was not there, or that was not to be reached any more and has come back by another
 * connection. */
static bool has_new(const struct registrar_result *r, struct contact *const *have,
                    const struct sip_hop *from)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->touched[i] &&
            (!r->from[i] || (hop_is_web(from) && have[r->from[i] - 1]->from.flow != from->flow)))
            return true;
    return false;
}

void register_request(struct worker *w, const struct sip_core_event *ev)
{
    struct registrar_conf conf = {.domain = w->own_domain,
                                  .allow_loopback = sip_addr_is_loopback(&ev->from.addr)};
    struct contact *objects[REGISTRAR_CONTACTS_MAX] = {0};
    struct sip_contact have[REGISTRAR_CONTACTS_MAX];
    struct registrar_gruus gruus = {0};
    struct registrar_result r;
    struct buf headers = {0};
    struct account *a;
    bool comes;
    size_t n = 0;

    if (!find_account(w, ev, &a) || !identity_digest(w, ev, a))
        return;
    LIST_EACH (struct contact, c, &a->contacts, node)
        if (n < REGISTRAR_CONTACTS_MAX) {
            objects[n] = c;
            have[n++] = c->c;
        }
    if (registrar_apply(&conf, have, n, ev->msg, &w->arena, w->now, &r) != 200) {
        refuse(w, ev, &r);
        return;
    }
    if (!is_safe(w, ev, &r))
        return;
    if (registrar_wants_gruus(ev->msg))
        gruu_give(w, a, &r, &gruus);
    registrar_print(&headers, &r, gruus.user.n ? &gruus : NULL, ev->msg, w->now, w->unix_now);
    comes = has_new(&r, objects, &ev->from);
    if (r.fetch) {
        sip_core_respond(w->sip, ev->txn,
                         &(struct sip_answer){.status = 200, .headers = buf_span(&headers)},
                         w->now);
    } else if (!apply(w, a, &r, objects, ev)) {
        sip_core_answer(w->sip, ev->txn, 500, w->now);
    } else {
        sip_door_agent(w->sip_door, &ev->from, sip_msg_value(ev->msg, SIP_HDR_USER_AGENT));
        save_contacts(w, a, &ev->from, ev->txn, buf_span(&headers));
        register_set_expiry(w, a);
        presence_account_changed(w, a);
        if (comes)
            sip_core_started_anew(w->sip, &ev->from, w->now);
        later_registered(w, a);
        account_release(w, a);
    }
    buf_fini(&headers);
}

void register_lost(struct worker *w, struct contact *c)
{
    int64_t soon = w->unix_now + REGISTER_LOST_S;

    if (c->expires > soon) {
        c->expires = soon;
        c->c.expires_at = w->now + REGISTER_LOST_S * 1000ULL;
    }
    register_set_expiry(w, c->account);
}

/* ---- after a restart ---- */

void register_restore(struct worker *w)
{
    struct cursor c = {0};
    struct contact_row row;

    if (contacts_list(w->store, &c) == OK)
        while (contacts_next(&c, &row)) {
            struct account *a;
            struct sip_hop from;
            struct contact *contact;
            struct sip_contact in = {.uri = row.uri,
                                     .instance = row.instance,
                                     .methods = row.methods,
                                     .path = row.path,
                                     .call_id = row.call_id,
                                     .cseq = row.cseq,
                                     .reg_id = row.reg_id,
                                     .q = (uint16_t)row.q};

            if (row.expires <= w->unix_now || !hop_read(row.hop, &from) || hop_is_web(&from) ||
                account_get(w, row.name, &a))
                continue;
            in.expires_at = w->now + (uint64_t)(row.expires - w->unix_now) * 1000;
            contact = contact_new(w, a, &in, &from);
            if (!contact)
                continue;
            sip_door_trust(w->sip_door, &from);
            list_append(&a->contacts, &contact->node);
            register_set_expiry(w, a);
            presence_account_changed(w, a);
        }
    (void)cursor_close(&c);
}
