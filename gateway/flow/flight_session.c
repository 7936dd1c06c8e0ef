/* To AIM sessions: what was written to one is under way until its far end has acknowledged the
 * octets. */
#include "gateway/flow/flight.h"

#include <stdlib.h>

#include "gateway/flow/sender.h"
#include "mapping/fit.h"
#include "mapping/message_oscar.h"

static void sender_block(struct flight *f, struct aim_session *s, struct oscar_userinfo *out)
{
    sender_userinfo(s, &f->m, out);
}

static void deliver_part(struct flight *f, struct aim_session *s, const struct oscar_userinfo *from,
                         unsigned part, struct span value, bool stored)
{
    struct icbm_delivery d = {.channel = ICBM_PLAIN,
                              .from = from,
                              .fragments = value,
                              .friendly = f->m.friendly,
                              .relay = f->origin.relay,
                              .auto_reply = f->m.auto_reply,
                              .typing = f->origin.relay.n == 0,
                              .stored = stored ? (uint32_t)f->m.sent : 0};

    message_part_cookie(f->m.cookie, part, d.cookie);
    oscar_conn_deliver_im(s->conn, &d);
}

/* AIM clients read each other's messages as they are. ICQ's write plain text and show tags raw:
 * theirs go as they are among themselves only. */
static bool is_readable_as_written(const struct flight *f, const struct aim_session *s,
                                   size_t limit)
{
    if (f->origin.fragments.n == 0 || f->origin.fragments.n > limit)
        return false;
    return s->client == TEXT_AIM ? f->origin.written_by != TEXT_ICQ
                                 : s->client == TEXT_ICQ && f->origin.written_by == TEXT_ICQ;
}

static bool deliver(struct flight *f, struct aim_session *s, struct span prefix, bool stored)
{
    struct oscar_reader reader = {s->client, fit_aim_limit(oscar_conn_text_max(s->conn)), prefix};
    struct buf *value = &f->w->scratch;
    struct oscar_userinfo from;
    bool whole = true;

    sender_block(f, s, &from);
    if (is_readable_as_written(f, s, reader.limit)) {
        deliver_part(f, s, &from, 1, f->origin.fragments, false);
        return true;
    }
    buf_reset(value);
    if (message_oscar_write_one(value, &f->m, &reader)) {
        deliver_part(f, s, &from, 1, buf_span(value), stored);
    } else {
        struct oscar_parts parts = {.message = &f->m, .reader = &reader, .out = value};

        while (message_oscar_next(&parts))
            deliver_part(f, s, &from, parts.i, buf_span(value), stored);
        whole = buf_ok(value);
        message_oscar_done(&parts);
    }
    return whole;
}

/* A busy session is asked before the next sweep does: flights that land at once leave their memory
 * to the next message while it is still in the processor's cache. */
static void ask_acked(struct aim_session *s)
{
    size_t unacked = stream_unacked(s->stream);

    flight_session_acked(s, s->taken - (unacked < s->taken ? unacked : s->taken));
    s->ask_at = s->sending_count < AIM_UNACKED_ASK ? AIM_UNACKED_ASK : 2 * s->sending_count;
    if (s->ask_at > AIM_UNACKED_MAX)
        s->ask_at = AIM_UNACKED_MAX;
}

static void sending_free(struct flight *f, struct sending *g)
{
    if (g != &f->first)
        free(g);
}

bool flight_to_session(struct flight *f, struct aim_session *s, struct span prefix, bool stored)
{
    struct sending *g;

    if (s->sending_count >= s->ask_at)
        ask_acked(s);
    if (s->sending_count >= AIM_UNACKED_MAX || aim_session_waiting(s) > AIM_OUTPUT_PAUSE)
        return false;
    g = f->first.flight ? malloc(sizeof *g) : &f->first;
    if (!g)
        return false;
    if (!deliver(f, s, prefix, stored)) {
        sending_free(f, g);
        return false;
    }
    *g = (struct sending){.flight = f, .end = oscar_conn_written(s->conn)};
    list_append(&s->untaken, &g->of_session);
    s->sending_count++;
    f->open++;
    aim_session_dirty(s);
    return true;
}

void flight_session_took(struct aim_session *s)
{
    LIST_EACH (struct sending, g, &s->untaken, of_session) {
        if (g->end > s->taken)
            break;
        list_remove(&g->of_session);
        list_append(&s->unacked, &g->of_session);
        flight_took(g->flight);
    }
}

/* The first of one of the session's lists is over; gives its flight. */
static struct flight *end_first(struct aim_session *s, struct list *of)
{
    struct sending *g = LIST_OF(list_pop(of), struct sending, of_session);
    struct flight *f = g->flight;

    s->sending_count--;
    sending_free(f, g);
    return f;
}

void flight_session_acked(struct aim_session *s, uint64_t offset)
{
    while (!list_empty(&s->unacked) &&
           LIST_OF(s->unacked.next, struct sending, of_session)->end <= offset)
        flight_confirm(end_first(s, &s->unacked), OUTCOME_DELIVERED);
}

static void lose_all(struct aim_session *s, struct list *from)
{
    while (!list_empty(from))
        flight_fail(end_first(s, from), OUTCOME_LOST);
}

void flight_session_lost(struct aim_session *s, uint64_t offset)
{
    flight_session_acked(s, offset);
    lose_all(s, &s->unacked);
    lose_all(s, &s->untaken);
}
