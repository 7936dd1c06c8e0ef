#include "gateway/peer/links.h"

#include <stdlib.h>

#include "gateway/peer/peers.h"

struct links {
    struct table by_domain;
    void (*due)(struct timer *t, struct worker *w);
    size_t down;
};

struct links *links_new(void (*due)(struct timer *t, struct worker *w))
{
    struct links *all = calloc(1, sizeof *all);

    if (!all)
        return NULL;
    table_init(&all->by_domain);
    all->due = due;
    return all;
}

void links_free(struct worker *w, struct links *all)
{
    size_t at = 0;

    if (!all)
        return;
    for (struct domain_link *l = NULL; (l = links_next(all, &at));) {
        timer_clear(w, &l->timer);
        free(l);
    }
    table_fini(&all->by_domain);
    free(all);
}

struct domain_link *links_find(const struct links *all, struct span domain)
{
    return table_find(&all->by_domain, domain);
}

struct domain_link *links_next(const struct links *all, size_t *at)
{
    return table_next(&all->by_domain, at);
}

/* A reload may have changed it. */
static void take_switch(struct worker *w, struct domain_link *l)
{
    l->link.by_requests = !peer_switches(peer_find(w->peers, l->domain))->probe;
}

static void set_timer(struct worker *w, struct domain_link *l)
{
    bool news = link_is_down(&l->link) != l->acted;

    timer_set(w, &l->timer, news ? w->now : link_deadline(&l->link));
}

struct domain_link *links_get(struct worker *w, struct span domain)
{
    struct links *all = w->links;
    struct domain_link *l = links_find(all, domain);

    if (l)
        return l;
    l = table_count(&all->by_domain) < LINKS_MAX ? calloc(1, sizeof *l + domain.n) : NULL;
    if (!l)
        return NULL;
    l->domain = span_behind(l + 1, domain);
    if (table_add(&all->by_domain, l->domain, l)) {
        free(l);
        return NULL;
    }
    list_init(&l->buddies);
    link_init(&l->link, w->now);
    l->timer.due = all->due;
    l->used = w->now;
    set_timer(w, l);
    return l;
}

bool links_forget(struct worker *w, struct domain_link *l)
{
    if (l->holds || !list_empty(&l->buddies) || l->probe || l->told ||
        w->now - l->used < LINK_IDLE_MS)
        return false;
    if (link_is_down(&l->link))
        w->links->down--;
    timer_clear(w, &l->timer);
    table_remove(&w->links->by_domain, l->domain);
    free(l);
    return true;
}

bool links_is_down(const struct worker *w, struct span domain)
{
    const struct domain_link *l = w->links->down ? links_find(w->links, domain) : NULL;

    return l && link_is_down(&l->link);
}

bool links_is_shut(const struct worker *w, struct span domain)
{
    const struct domain_link *l = w->links->down ? links_find(w->links, domain) : NULL;

    return l && link_is_shut(&l->link);
}

size_t links_count_down(const struct links *all)
{
    return all->down;
}

/* ---- what became of requests ---- */

static void took(struct worker *w, struct domain_link *l, enum link_news news)
{
    if (news == LINK_WENT_DOWN) {
        w->links->down++;
        l->down_unix = w->unix_now - (int64_t)((w->now - l->link.doubted) / 1000);
    } else if (news == LINK_CAME_UP) {
        w->links->down--;
    }
    if (news)
        service_set_down(&l->service, news == LINK_WENT_DOWN, w->now);
    set_timer(w, l);
}

void link_note_used(struct worker *w, struct domain_link *l)
{
    if (l)
        l->used = w->now;
}

void link_note_answer(struct worker *w, struct domain_link *l, uint64_t delay_ms)
{
    if (!l)
        return;
    l->succeeded = w->now;
    service_answered(&l->service, delay_ms, w->now);
    took(w, l, link_answered(&l->link, w->now));
}

static void fail(struct worker *w, struct domain_link *l, const char *why)
{
    l->failed_at = w->now;
    (void)span_copy(span_first(span_str(why), LINK_WHY_MAX - 1), l->why, LINK_WHY_MAX);
    service_unanswered(&l->service, w->now);
}

void link_note_failure(struct worker *w, struct domain_link *l, const char *why)
{
    if (!l)
        return;
    fail(w, l, why);
    take_switch(w, l);
    took(w, l, link_failed(&l->link, w->now));
}

void link_note_heard(struct worker *w, struct domain_link *l)
{
    if (!l)
        return;
    l->used = w->now;
    took(w, l, link_heard(&l->link, w->now));
}

bool link_note_due(struct worker *w, struct domain_link *l)
{
    take_switch(w, l);
    return link_tick(&l->link, w->now);
}

void link_note_look(struct worker *w, struct domain_link *l)
{
    link_look(&l->link, w->now);
    took(w, l, LINK_NO_NEWS);
}

void link_note_probe(struct worker *w, struct domain_link *l, bool answered)
{
    if (answered)
        l->succeeded = w->now;
    took(w, l, link_probed(&l->link, answered, w->now));
}

void link_note_no_probe(struct worker *w, struct domain_link *l)
{
    link_not_probed(&l->link, w->now);
    took(w, l, LINK_NO_NEWS);
}

void link_note_acted(struct worker *w, struct domain_link *l)
{
    l->acted = link_is_down(&l->link);
    set_timer(w, l);
}

void link_note_look_later(struct worker *w, struct domain_link *l)
{
    set_timer(w, l);
}
