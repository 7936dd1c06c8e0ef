#include "gateway/flow/taste.h"

#include <stdlib.h>

#include "gateway/peer/peers.h"

struct taste {
    struct list node; /* oldest first */
    uint64_t until;
    bool html;
    struct span uri; /* behind the struct */
};

struct tastes {
    struct table by_uri;
    struct list all;
};

struct tastes *tastes_new(void)
{
    struct tastes *all = calloc(1, sizeof *all);

    if (all) {
        table_init(&all->by_uri);
        list_init(&all->all);
    }
    return all;
}

static void taste_free(struct tastes *all, struct taste *t)
{
    list_remove(&t->node);
    table_remove(&all->by_uri, t->uri);
    free(t);
}

void tastes_free(struct tastes *all)
{
    if (!all)
        return;
    LIST_EACH (struct taste, t, &all->all, node)
        taste_free(all, t);
    table_fini(&all->by_uri);
    free(all);
}

/* ---- what it said ---- */

static const struct taste *find(const struct worker *w, struct span uri)
{
    const struct tastes *all = w->tastes;
    const struct taste *t = table_count(&all->by_uri) ? table_find(&all->by_uri, uri) : NULL;

    return t && t->until > w->now ? t : NULL;
}

static void note(struct tastes *all, struct span uri, bool html, uint64_t until)
{
    struct taste *t = table_find(&all->by_uri, uri);

    if (t)
        taste_free(all, t);
    if (table_count(&all->by_uri) >= TASTES_MAX)
        taste_free(all, LIST_OF(all->all.next, struct taste, node));
    t = calloc(1, sizeof *t + uri.n);
    if (!t)
        return;
    t->uri = span_behind(t + 1, uri);
    t->html = html;
    t->until = until;
    if (table_add(&all->by_uri, t->uri, t))
        free(t);
    else
        list_append(&all->all, &t->node);
}

bool taste_is_plain(const struct worker *w, struct span uri)
{
    const struct taste *t = find(w, uri);

    return t && !t->html;
}

void taste_note_plain(struct worker *w, struct span uri)
{
    note(w->tastes, uri, false, w->now + TASTE_MS);
}

bool taste_accepts_html(const struct sip_msg *m)
{
    struct sip_each each = sip_each(m, SIP_HDR_ACCEPT);
    struct sip_type type;

    while (sip_accept_next(&each, &type))
        if (sip_type_is(&type, "text", "html"))
            return true;
    return false;
}

void taste_hear(struct worker *w, struct span uri, const struct sip_msg *m)
{
    if (sip_msg_has(m, SIP_HDR_ACCEPT) && taste_accepts_html(m))
        note(w->tastes, uri, true, w->now + TASTE_HTML_MS);
}

void taste_hear_sender(struct worker *w, const struct sip_core_event *ev, const struct claim *who)
{
    const struct contact *phone = who->local ? contact_by_way(who->account, &ev->from) : NULL;
    struct buf uri = {0};

    if (phone)
        buf_add(&uri, phone->c.uri);
    else if (!who->local)
        address_to_sip_uri(&uri, &who->address);
    if (uri.n && buf_ok(&uri))
        taste_hear(w, buf_span(&uri), ev->msg);
    buf_fini(&uri);
}

/* ---- what it gets ---- */

bool taste_likes_html(const struct worker *w, enum conf_html wish, struct span uri)
{
    const struct taste *t = find(w, uri);

    return wish != CONF_HTML_NO && (t ? t->html : wish == CONF_HTML_YES);
}

bool taste_user_likes_html(const struct worker *w, const struct address *to)
{
    const struct conf_peer *as = peer_switches(peer_find(w->peers, to->host));
    struct buf uri = {0};
    bool likes;

    address_to_sip_uri(&uri, to);
    likes = buf_ok(&uri) && taste_likes_html(w, as->html, buf_span(&uri));
    buf_fini(&uri);
    return likes;
}

bool taste_phone_likes_html(const struct worker *w, const struct contact *c)
{
    enum conf_html wish = (enum conf_html)c->account->settings[USER_html];

    if (wish == CONF_HTML_ACCEPT && c->likes_html)
        wish = CONF_HTML_YES;
    return taste_likes_html(w, wish, c->c.uri);
}

bool taste_any_phone_likes_html(const struct worker *w, const struct account *to)
{
    if (to->settings[USER_html] == CONF_HTML_YES)
        return true; /* also one that comes later, for what is stored */
    LIST_EACH (struct contact, c, &to->contacts, node)
        if (taste_phone_likes_html(w, c))
            return true;
    return false;
}
