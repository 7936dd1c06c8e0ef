#include "gateway/flow/info.h"

#include "gateway/flow/buddy.h"
#include "gateway/flow/look.h"
#include "gateway/flow/presence.h"
#include "gateway/people/book.h"
#include "mapping/html.h"
#include "mapping/presence_oscar.h"

static void refuse(struct aim_session *s, uint32_t id, uint16_t code)
{
    oscar_conn_error(s->conn, FOODGROUP_LOCATE, id, &(struct snac_failure){.code = code});
}

/* Whose words stand for the account: the profile that was set last, and the away text of the latest
 * change. */
static void texts_of(struct account *a, struct locate_info *out)
{
    int64_t newest = -1;
    unsigned turn = 0;

    LIST_EACH (struct aim_session, s, &a->sessions, of_account) {
        const struct aim_texts *t = &s->texts;
        struct span all = buf_span(&t->bytes);

        if (!s->online)
            continue;
        if (t->profile_turn > turn) {
            turn = t->profile_turn;
            out->profile_mime = span_first(all, t->profile_mime);
            out->profile = span_first(span_skip(all, t->profile_mime), t->profile);
        }
        if (t->away && a->person->seen->away && s->state->away && s->state->changed > newest) {
            size_t at = t->profile_mime + t->profile;

            newest = s->state->changed;
            out->away_mime = span_first(span_skip(all, at), t->away_mime);
            out->away = span_skip(all, at + t->away_mime);
        }
    }
}

static void write_profile(const struct foreign *f, struct buf *out)
{
    struct address a = f->address;
    const struct presence *p = f->person->seen;

    buf_str(out, "<HTML><BODY>");
    if (p && p->friendly.n) {
        html_escape(out, p->friendly);
        buf_str(out, "<BR>");
    }
    buf_str(out, "SIP address: ");
    html_escape(out, a.user);
    buf_str(out, "@");
    html_escape(out, a.host);
    buf_str(out, "</BODY></HTML>");
}

static void answer(struct aim_session *s, uint32_t id, uint32_t what, struct person *p)
{
    struct oscar_userinfo u;
    struct locate_info info = {.user = &u, .what = what};
    struct buf away = {0}, profile = {0};

    presence_userinfo(s->w, p, false, &u);
    if (p->account)
        texts_of(p->account, &info);
    if (p->foreign) {
        write_profile(p->foreign, &profile);
        info.profile_mime = SPAN("text/aolrtf; charset=\"us-ascii\"");
        info.profile = buf_span(&profile);
    }
    if (p->seen->away && info.away.n == 0) { /* it did not come from an AIM client */
        presence_away_html(p->seen, s->client, &away, &info.away_mime);
        info.away = buf_span(&away);
    }
    if (p->kept)
        info.profile = SPAN("<HTML><BODY>The voice of this service. Write \"help\" to see what it "
                            "understands.</BODY></HTML>");
    if (p->kept)
        info.profile_mime = SPAN("text/aolrtf; charset=\"us-ascii\"");
    info.caps = u.caps;
    oscar_conn_info(s->conn, id, &info);
    buf_fini(&away);
    buf_fini(&profile);
}

/* Offline, blocked and unknown are answered alike (M-615). */
static void answer_or_refuse(struct aim_session *s, uint32_t id, uint32_t what, struct person *p)
{
    if (presence_is_shown(s->account, p))
        answer(s, id, what, p);
    else
        refuse(s, id, SNAC_ERR_NOT_LOGGED_ON);
}

static void seen(struct worker *w, const struct look_for *who, struct person *p, enum outcome how)
{
    struct aim_session *s = aim_session_by_id(w->aim_door, who->session);

    if (!s || !s->account)
        return;
    if (how == OUTCOME_DELIVERED)
        answer_or_refuse(s, who->id, who->what, p);
    else
        refuse(s, who->id, outcome_row(how)->aim_error);
    aim_session_dirty(s);
}

/* Whom nobody watches is looked at. */
static bool is_to_be_looked_at(const struct aim_session *s, const struct person *p)
{
    return p->foreign && !p->seen && !buddy_is_wanted(p->foreign) &&
           presence_may_see(s->account, p);
}

void info_wanted(struct aim_session *s, uint32_t id, const struct locate_query *q)
{
    struct worker *w = s->w;
    struct look_for who = {.session = s->id, .id = id, .what = q->what, .seen = seen};
    struct name_target t;
    struct person *p = NULL;

    if (book_typed(w, q->name, &t) == OK)
        p = t.local ? person_get(w, t.address.user, t.address.user)
                    : buddy_get(w, s->account, &t.address);
    if (!p) {
        refuse(s, id, SNAC_ERR_NOT_LOGGED_ON);
        return;
    }
    p->holds++; /* a look may end at once */
    if (!is_to_be_looked_at(s, p))
        answer_or_refuse(s, id, q->what, p);
    else if (look_at(w, p, &who))
        refuse(s, id, SNAC_ERR_RATE_TO_HOST);
    p->holds--;
    person_release(w, p);
}
