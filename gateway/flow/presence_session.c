/* What a session says of itself: texts, status, idleness; and what its account adds to that. */
#include "gateway/flow/presence.h"

#include <stdlib.h>

#include "mapping/presence_oscar.h"

void presence_self(struct aim_session *s, struct oscar_userinfo *out)
{
    presence_to_userinfo(s->state, s->account->formatted, s->w->unix_now, out, &s->w->arena);
    out->member_since = (uint32_t)s->account->created;
}

/* What the client is told of itself, after a change. */
static void tell_self(struct aim_session *s, bool tell)
{
    struct oscar_userinfo u;

    presence_self(s, &u);
    oscar_conn_set_self(s->conn, &u, tell);
    aim_session_dirty(s);
}

static void replace_state(struct aim_session *s, struct presence *changed, bool counts)
{
    struct presence *p;

    if (counts)
        changed->changed = s->w->unix_now;
    p = presence_dup(changed);
    if (!p)
        return; /* no memory: what was said before stands */
    free(s->state);
    s->state = p;
    if (s->online)
        presence_account_changed(s->w, s->account);
}

static void keep_texts(struct aim_session *s, const struct locate_set *set)
{
    struct aim_texts *t = &s->texts;
    struct span old = buf_span(&t->bytes);
    struct span profile_mime = span_first(old, t->profile_mime);
    struct span profile = span_first(span_skip(old, t->profile_mime), t->profile);
    struct span away_mime = span_first(span_skip(old, t->profile_mime + t->profile), t->away_mime);
    struct span away = span_first(span_skip(old, old.n - t->away), t->away);
    unsigned turn = t->profile_turn;
    struct buf fresh = {0};

    if (set->has_profile) {
        turn = ++s->account->profiles;
        profile_mime = set->profile_mime;
        profile = set->profile;
    }
    if (set->has_away) {
        away_mime = set->away_mime;
        away = set->away;
    }
    buf_add(&fresh, profile_mime);
    buf_add(&fresh, profile);
    buf_add(&fresh, away_mime);
    buf_add(&fresh, away);
    if (!buf_ok(&fresh)) {
        buf_fini(&fresh);
        return;
    }
    buf_fini(&t->bytes);
    *t = (struct aim_texts){fresh, profile_mime.n, profile.n, away_mime.n, away.n, turn};
}

void presence_info_set(struct aim_session *s, const struct locate_set *set)
{
    struct presence p = *s->state;
    struct locate_set cut = *set;

    cut.profile = span_first(cut.profile, (size_t)4 * LOCATE_TEXT_MAX);
    cut.away = span_first(cut.away, (size_t)4 * LOCATE_TEXT_MAX);
    if (set->has_profile || set->has_away)
        keep_texts(s, &cut);
    if (set->has_caps) {
        p.caps = set->caps;
        s->client = s->client_with_caps;
    }
    if (set->has_away)
        presence_set_away(&p, cut.away_mime, cut.away, s->account->icq, &s->w->arena);
    if (!set->has_caps && !set->has_away)
        return;
    replace_state(s, &p, set->has_away);
    tell_self(s, set->has_away && s->online);
}

void presence_status_set(struct aim_session *s, const struct oservice_status *set)
{
    struct presence p = *s->state;

    if (set->has_status)
        presence_set_status(&p, set->status);
    if (set->has_text) {
        struct buf text = {0};

        if (set->charset.n == 0 || span_case_is(set->charset, "utf-8"))
            buf_add(&text, set->text);
        else
            (void)sip_text_read(&text, set->charset, set->text);
        p.avail_text = arena_copy(&s->w->arena, buf_span(&text));
        buf_fini(&text);
    }
    replace_state(s, &p, true);
    tell_self(s, false);
}

void presence_idle_set(struct aim_session *s, uint32_t seconds)
{
    struct presence p = *s->state;

    presence_set_idle(&p, seconds, s->w->unix_now);
    replace_state(s, &p, false);
    tell_self(s, false);
}

/* What the account itself adds to what its sessions say. */
static void follow_account(struct worker *w, struct account *a, bool tell)
{
    LIST_EACH (struct aim_session, s, &a->sessions, of_account) {
        struct presence p = *s->state, *shown;

        p.icon = span_of(a->icon, a->icon_n);
        p.friendly = account_friendly(a);
        p.warning = warning_level(&a->warning, w->unix_now);
        shown = presence_dup(&p);
        if (!shown)
            continue; /* no memory: the earlier one stays */
        free(s->state);
        s->state = shown;
        tell_self(s, tell && s->online);
    }
    presence_account_changed(w, a);
}

void presence_icon_changed(struct worker *w, struct account *a)
{
    follow_account(w, a, false);
}

void presence_name_changed(struct worker *w, struct account *a)
{
    follow_account(w, a, true);
}

void presence_warning_changed(struct worker *w, struct account *a, bool tell)
{
    follow_account(w, a, tell);
}

void presence_flags_set(struct aim_session *s, uint32_t flags)
{
    struct presence p = *s->state;

    p.hide_idle = s->account->hides_idle || !(flags & OSERVICE_SHOW_IDLE);
    s->hides_since = !(flags & OSERVICE_SHOW_MEMBER_SINCE);
    replace_state(s, &p, false);
}
