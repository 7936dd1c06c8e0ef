#include "gateway/flow/orders.h"

#include "gateway/flow/answers.h"
#include "gateway/flow/blocks.h"
#include "gateway/flow/consent.h"
#include "gateway/flow/helper.h"
#include "gateway/flow/report.h"
#include "gateway/flow/strangers.h"
#include "gateway/people/book.h"
#include "gateway/people/named.h"
#include "mapping/order.h"

/* One order under way, while the event is handled. */
struct asked {
    struct worker *w;
    struct account *by;
    const struct order *order;
    struct buf *answer; /* empty afterwards: it comes later */
};

static void on_help(struct asked *q)
{
    order_help(q->answer);
}

static void on_unknown(struct asked *q)
{
    BUF_LIT(q->answer, "I do not understand that. What I understand:\n");
    order_help(q->answer);
}

static void on_who(struct asked *q)
{
    answers_who(q->w, q->by, q->order->name, q->answer);
}

static void on_status(struct asked *q)
{
    answers_status(q->w, q->by, q->answer);
}

static void on_why(struct asked *q)
{
    answers_why(q->w, q->by, q->answer);
}

/* Whom the order names; false: nobody (whoever asked is told), or where there is nothing to decide
 * about. */
static bool find_named(struct asked *q, struct named *out)
{
    enum err e = named_find(q->w, q->order->name, out);

    if (e && e != ERR_NO_USER)
        BUF_LIT(q->answer, "That is neither a screen name nor an address such as bob@example.org.");
    else if (out->local && book_is_helper(q->w, out->key))
        BUF_LIT(q->answer, "That is me. You will hear from me all the same.");
    else if (span_eq(out->key, q->by->person->key))
        BUF_LIT(q->answer, "That is you yourself.");
    else
        return true;
    return false;
}

static void on_block(struct asked *q)
{
    struct named who;

    if (find_named(q, &who))
        blocks_set(q->w, q->by, who.key, q->order->verb == ORDER_BLOCK);
}

/* Presence within the domain is for the lists alone, where no rule document says more, nor ICQ's
 * authorisation. */
static bool is_not_asked_about(struct asked *q, const struct named *who)
{
    if (!who->local || q->by->policy || q->by->authorises ||
        (q->order->verb != ORDER_ALLOW && q->order->verb != ORDER_REFUSE))
        return false;
    buf_add(q->answer, who->shown);
    BUF_LIT(q->answer,
            " is a user of this service, who needs no leave. BLOCK hides you from them.");
    return true;
}

/* Without a name: of the only one who waits. */
static bool find_waiting(struct asked *q, struct span *key,
                         struct span (*only_one)(struct worker *w, struct account *a,
                                                 struct buf *names))
{
    struct buf names = {0};
    struct named who;

    if (q->order->name.n) {
        if (!find_named(q, &who))
            return false;
        *key = who.key;
        return !is_not_asked_about(q, &who);
    }
    *key = only_one(q->w, q->by, &names);
    if (!names.n)
        BUF_LIT(q->answer,
                "Nobody waits for an answer of yours. Write HELP to see what I understand.");
    else if (!key->n) {
        BUF_LIT(q->answer, "Several wait for your answer; write the name, too: ");
        buf_add(q->answer, buf_span(&names));
    }
    buf_fini(&names);
    return key->n > 0;
}

static void on_yes_or_no(struct asked *q)
{
    struct span key;

    if (!find_waiting(q, &key, strangers_only_one))
        return;
    if (q->order->verb == ORDER_YES)
        strangers_yes(q->w, q->by, key);
    else
        strangers_no(q->w, q->by, key);
}

static void on_allow_or_refuse(struct asked *q)
{
    struct span key;

    if (find_waiting(q, &key, consent_only_one))
        consent_answer(
            q->w, q->by,
            &(struct consent_said){.name = key, .allowed = q->order->verb == ORDER_ALLOW});
}

static void on_report(struct asked *q)
{
    struct named who;

    if (find_named(q, &who))
        report_add(q->w, q->by, who.key, q->order->text);
}

static void (*const handlers[])(struct asked *q) = {
    [ORDER_HELP] = on_help,
    [ORDER_WHO] = on_who,
    [ORDER_STATUS] = on_status,
    [ORDER_WHY] = on_why,
    [ORDER_BLOCK] = on_block,
    [ORDER_UNBLOCK] = on_block,
    [ORDER_YES] = on_yes_or_no,
    [ORDER_NO] = on_yes_or_no,
    [ORDER_ALLOW] = on_allow_or_refuse,
    [ORDER_REFUSE] = on_allow_or_refuse,
    [ORDER_REPORT] = on_report,
    [ORDER_UNKNOWN] = on_unknown,
};

static void say_usage(struct asked *q)
{
    BUF_LIT(q->answer, "Whom do you mean? Write ");
    order_usage(q->answer, q->order->verb);
    BUF_LIT(q->answer, ", with a screen name or an address such as bob@example.org.");
}

void orders_take(struct worker *w, struct account *by, const struct message *m)
{
    struct order order;
    struct buf answer = {0};
    struct asked q = {.w = w, .by = by, .order = &order, .answer = &answer};

    if (m->auto_reply)
        return;
    order_parse(m->text, &order);
    if (order.incomplete)
        say_usage(&q);
    else
        handlers[order.verb](&q);
    if (answer.n && buf_ok(&answer))
        helper_answer(w, &m->from, buf_span(&answer));
    buf_fini(&answer);
}
