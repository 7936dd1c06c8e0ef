#include "gateway/flow/backlog.h"

#include <stdlib.h>

#include "gateway/flow/lane.h"
#include "gateway/peer/links.h"

/* A domain that messages wait for. They go in passes over all of its rows; what stays is for the
 * next one. */
struct waiting {
    struct timer retry;  /* the next pass; not set during one */
    struct span domain;  /* behind the struct */
    uint64_t patient_at; /* before that, nothing is sent again that is patient */
    uint64_t rest_until; /* before that, an answer from there begins no pass, ... */
    uint64_t lead_until; /* ... and what is written to a user there takes nothing along */
    int64_t after;       /* the pass has been at all rows up to that one */
    size_t under_way;    /* rows */
    bool passing, patient_too;
    bool feeding;              /* rows are being sent: what ends at once sends no others */
    bool held_up;              /* the domain could not be reached: the pass takes no more rows */
    bool stays, stays_patient; /* there is something for the next pass, something patient */
    bool again;                /* its link came up during this pass */
};

/* A row that is on its way, or will be deleted: nobody else sends it. */
struct tried {
    int64_t row; /* the key of the table */
};

struct backlog {
    struct table waiting; /* by their domain */
    struct table tried;
    bool left_out; /* one for which there was no room */
};

enum {
    REST_MS = 35000, /* after a pass that left something: longer than a transaction lives */
    LEAD_MS = 2000,
};

static void on_retry(struct timer *t, struct worker *w);

struct backlog *backlog_new(void)
{
    struct backlog *b = calloc(1, sizeof *b);

    if (b) {
        table_init(&b->waiting);
        table_init(&b->tried);
    }
    return b;
}

void backlog_free(struct worker *w, struct backlog *b)
{
    size_t at = 0;

    if (!b)
        return;
    for (struct waiting *d = NULL; (d = table_next(&b->waiting, &at));) {
        timer_clear(w, &d->retry);
        free(d);
    }
    at = 0;
    for (struct tried *t = NULL; (t = table_next(&b->tried, &at));)
        free(t);
    table_fini(&b->waiting);
    table_fini(&b->tried);
    free(b);
}

/* ---- the domains ---- */

static struct waiting *find(const struct worker *w, struct span domain)
{
    return table_count(&w->backlog->waiting) ? table_find(&w->backlog->waiting, domain) : NULL;
}

/* NULL: there is no room, and it is looked for later. */
static struct waiting *wait_for(struct worker *w, struct span domain, uint64_t ms)
{
    struct backlog *b = w->backlog;
    struct waiting *d = table_find(&b->waiting, domain);

    if (d)
        return d;
    d = table_count(&b->waiting) < BACKLOG_DOMAINS_MAX ? calloc(1, sizeof *d + domain.n) : NULL;
    if (d)
        d->domain = span_behind(d + 1, domain);
    if (!d || table_add(&b->waiting, d->domain, d)) {
        b->left_out = true; /* a sweep looks for it */
        free(d);
        return NULL;
    }
    d->retry.due = on_retry;
    d->patient_at = w->now + BACKLOG_PATIENT_MS;
    timer_set(w, &d->retry, w->now + ms);
    return d;
}

/* ---- one row ---- */

static struct span key_of(const int64_t *row)
{
    return span_of(row, sizeof *row);
}

static bool is_tried(const struct backlog *b, int64_t row)
{
    return table_find(&b->tried, key_of(&row)) != NULL;
}

static bool note_tried(struct backlog *b, int64_t row)
{
    struct tried *t = calloc(1, sizeof *t);

    if (!t)
        return false;
    t->row = row;
    if (table_add(&b->tried, key_of(&t->row), t) == OK)
        return true;
    free(t);
    return false;
}

void backlog_forget(struct worker *w, int64_t row)
{
    free(table_remove(&w->backlog->tried, key_of(&row)));
}

/* False: no memory; it stays stored. */
static bool send_row(struct worker *w, struct waiting *d, const struct message_row *row)
{
    struct origin o = {.kind = ORIGIN_STORE, .row = row->id};
    struct flight *f =
        note_tried(w->backlog, row->id) ? flight_new(w, &o, &row->m, NULL, row->recipient) : NULL;

    if (!f) {
        backlog_forget(w, row->id);
        d->stays = true;
        return false;
    }
    d->under_way++;
    if (!lane_to_domain(f))
        f->failure = OUTCOME_NO_ROUTE; /* its lane is full: it stays stored */
    flight_depart(f);
    return true;
}

/* ---- a pass ---- */

static void send_more(struct worker *w, struct waiting *d)
{
    struct cursor c = {0};
    struct message_row row;

    d->feeding = true;
    if (messages_list_domain(w->store, d->domain, d->after, &c) == OK)
        while (!d->held_up && d->under_way < BACKLOG_BATCH && messages_next(&c, &row)) {
            d->after = row.id;
            if (is_tried(w->backlog, row.id))
                continue;
            if (row.m.patient && !d->patient_too)
                d->stays_patient = true;
            else if (!send_row(w, d, &row))
                break;
        }
    (void)cursor_close(&c);
    d->feeding = false;
}

static void end_pass(struct worker *w, struct waiting *d)
{
    d->passing = false;
    d->rest_until = d->stays ? w->now + REST_MS : 0;
    if (d->patient_too)
        d->patient_at = w->now + BACKLOG_PATIENT_MS;
    if (d->again) {
        timer_set(w, &d->retry, w->now);
    } else if (d->stays) {
        timer_set(w, &d->retry, w->now + BACKLOG_RETRY_MS);
    } else if (d->stays_patient) {
        timer_set(w, &d->retry, d->patient_at);
    } else {
        table_remove(&w->backlog->waiting, d->domain);
        free(d);
    }
}

static void go_on(struct worker *w, struct waiting *d)
{
    if (!w->draining && d->under_way <= BACKLOG_BATCH / 2)
        send_more(w, d);
    if (d->under_way == 0)
        end_pass(w, d);
}

static void on_retry(struct timer *t, struct worker *w)
{
    struct waiting *d = LIST_OF(t, struct waiting, retry);

    if (links_is_shut(w, d->domain)) { /* M-655; backlog_link_is_up follows */
        d->patient_at = 0;
        timer_set(w, t, w->now + BACKLOG_RETRY_MS);
        return;
    }
    d->passing = true;
    d->patient_too = w->now >= d->patient_at;
    d->held_up = d->stays = d->stays_patient = d->again = false;
    d->after = 0;
    go_on(w, d);
}

void backlog_landed(struct worker *w, const struct flight *f)
{
    struct waiting *d = find(w, f->m.to.host);

    if (f->row)
        backlog_forget(w, f->row);
    if (!d || d->under_way == 0)
        return;
    d->under_way--;
    if (f->row && flight_met_nobody(f))
        d->stays_patient = true;
    else if (f->row)
        d->stays = d->held_up = true;
    if (d->passing && !d->feeding)
        go_on(w, d);
}

void backlog_peer_is_up(struct worker *w, struct span domain)
{
    struct waiting *d = find(w, domain);

    if (d && !d->passing && w->now >= d->rest_until)
        timer_set(w, &d->retry, w->now);
}

void backlog_link_is_up(struct worker *w, struct span domain)
{
    struct waiting *d = find(w, domain);

    if (d && d->passing)
        d->again = true;
    else if (d)
        timer_set(w, &d->retry, w->now);
}

/* ---- the rows for one user ---- */

/* `by`: only what is patient and that user of ours wrote; empty: only what is not patient. */
static void send_rows_to(struct worker *w, struct waiting *d, struct span name, struct span by)
{
    struct cursor c = {0};
    struct message_row row;

    d->feeding = true;
    if (messages_list(w->store, name, &c) == OK)
        while (messages_next(&c, &row)) {
            bool meant = by.n ? row.m.patient && span_eq(row.m.from.user, by) : !row.m.patient;

            if (meant && !is_tried(w->backlog, row.id) && !send_row(w, d, &row))
                break;
        }
    (void)cursor_close(&c);
    d->feeding = false;
}

void backlog_goes_first(struct worker *w, struct span name, struct span domain)
{
    struct waiting *d = find(w, domain);

    if (!d || links_is_shut(w, domain))
        return;
    if (!d->passing || d->held_up) { /* it may not be there yet */
        if (w->now < d->lead_until)
            return;
        d->lead_until = w->now + LEAD_MS;
    }
    send_rows_to(w, d, name, (struct span){0});
}

void backlog_is_back(struct worker *w, struct span user, struct span name)
{
    struct waiting *d = find(w, span_skip(name, span_find(name, '@') + 1));

    if (d)
        send_rows_to(w, d, name, user);
}

/* ---- what comes to wait ---- */

void backlog_stored(struct worker *w, const struct flight *f)
{
    struct waiting *d = wait_for(w, f->m.to.host, BACKLOG_RETRY_MS);

    if (!d || flight_met_nobody(f)) {
        if (d)
            d->stays_patient = true;
        return;
    }
    d->patient_at = 0; /* it is the domain that is to come back, and all goes with it */
    if (!d->passing && !d->stays)
        timer_set(w, &d->retry, w->now + BACKLOG_RETRY_MS); /* it was set for what is patient */
    d->stays = true;
}

void backlog_start(struct worker *w)
{
    struct cursor c = {0};
    struct message_count count;

    w->backlog->left_out = false;
    if (messages_list_counts(w->store, &c) == OK)
        while (messages_next_count(&c, &count)) {
            size_t at = span_find(count.recipient, '@');

            if (count.direction == MESSAGE_OUT)
                (void)wait_for(w, span_skip(count.recipient, at + 1), 1000);
        }
    (void)cursor_close(&c);
}

void backlog_review(struct worker *w)
{
    if (w->backlog->left_out && table_count(&w->backlog->waiting) < BACKLOG_DOMAINS_MAX)
        backlog_start(w);
}
