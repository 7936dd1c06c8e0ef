#include "gateway/flow/report.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "db/reports.h"
#include "gateway/flow/helper.h"
#include "gateway/people/evidence.h"

enum { VIAS_MAX = 12 };

/* ---- evidence ---- */

void report_note_sip(struct worker *w, struct account *to, struct span who,
                     const struct sip_core_event *ev)
{
    struct span vias[VIAS_MAX];
    struct trace t = {.who = who,
                      .at = w->unix_now,
                      .over = sip_transport_name(ev->from.transport),
                      .from = ev->from.addr,
                      .id_is = "Call-ID",
                      .id = ev->msg->call_id,
                      .vias = vias};

    for (const struct sip_hdr *h = sip_msg_hdr(ev->msg, SIP_HDR_VIA); h && t.via_count < VIAS_MAX;
         h = sip_msg_hdr_next(ev->msg, h))
        vias[t.via_count++] = h->value;
    evidence_note(&to->evidence, &t);
}

void report_note_aim(struct account *to, const struct aim_session *from, const uint8_t *cookie)
{
    evidence_note(&to->evidence, &(struct trace){.who = from->account->person->key,
                                                 .at = from->w->unix_now,
                                                 .over = "AIM",
                                                 .from = *stream_peer(from->stream),
                                                 .id_is = "ICBM cookie",
                                                 .binary = true,
                                                 .id = span_of(cookie, ICBM_COOKIE)});
}

/* ---- the report ---- */

struct reporting {
    struct storer_op op;
    struct report row; /* its spans stand behind the struct */
};

static enum err run_report(struct storer_op *op, struct store *s)
{
    struct reporting *r = LIST_OF(op, struct reporting, op);

    return reports_add(s, &r->row, &r->row.id);
}

static void log_report(struct worker *w, const struct report *row)
{
    struct buf id = {0}, by = {0}, subject = {0};

    buf_number(&id, (uint64_t)row->id);
    buf_add(&by, row->reporter);
    buf_add(&subject, row->subject);
    LOG_WARNING(&w->log, "users", "a user was reported", "id", buf_cstr(&id), "by", buf_cstr(&by),
                "of", buf_cstr(&subject), "do", "read it: aimgate report list");
    buf_fini(&id);
    buf_fini(&by);
    buf_fini(&subject);
}

static void tell_user(struct worker *w, const struct report *row, enum err e)
{
    struct address to = {.user = row->reporter, .host = w->own_domain};
    struct buf text = {0};

    if (e == ERR_FULL)
        BUF_LIT(&text,
                "The operator has many reports of yours today; that is enough until tomorrow.");
    else if (e)
        BUF_LIT(&text, "That could not be stored. Try again later.");
    else if (row->evidence.n)
        buf_fmt(
            &text,
            "Reported, as number %lld: when and by which way the last messages of %.*s came, and "
            "what you wrote here, but not what they say. BLOCK ends them.",
            (long long)row->id, SPAN_ARG(row->subject));
    else
        buf_fmt(
            &text,
            "Reported, as number %lld, with what you wrote here; no message of %.*s came to you "
            "lately.",
            (long long)row->id, SPAN_ARG(row->subject));
    if (buf_ok(&text))
        helper_answer(w, &to, buf_span(&text));
    buf_fini(&text);
}

static void done_report(struct storer_op *op, enum err e, void *ctx)
{
    struct reporting *r = LIST_OF(op, struct reporting, op);
    struct worker *w = ctx;

    worker_begin(w);
    if (e == OK)
        log_report(w, &r->row);
    tell_user(w, &r->row, e);
    free(r);
}

void report_add(struct worker *w, struct account *by, struct span subject, struct span words)
{
    struct buf evidence = {0};
    struct reporting *r;
    uint8_t *bytes;

    words = utf8_cut(words, REPORT_WORDS_MAX);
    evidence_print(by->evidence, subject, &evidence);
    r = buf_ok(&evidence)
            ? calloc(1, sizeof *r + by->person->key.n + subject.n + words.n + evidence.n)
            : NULL;
    if (r) {
        bytes = (uint8_t *)(r + 1);
        r->row.reporter = span_place(&bytes, by->person->key);
        r->row.subject = span_place(&bytes, subject);
        r->row.words = span_place(&bytes, words);
        r->row.evidence = span_place(&bytes, buf_span(&evidence));
        r->row.created = w->unix_now;
        r->op = (struct storer_op){
            .run = run_report, .done = done_report, .several = true, .bytes = 4096};
        worker_write(w, &r->op);
    }
    buf_fini(&evidence);
}
