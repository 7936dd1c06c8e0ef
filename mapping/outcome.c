/* Every end a message can have: the rows of outcome.def, and the table of SIP's final answers. */
#include "mapping/outcome.h"

static const struct outcome_row rows[] = {
#define OUTCOME(name, aim, sub, sip, retry, missed, when, text, notice) \
    [OUTCOME_##name] = {#name, aim, sub, sip, retry, missed, NOTICE_##when, text, notice},
#include "mapping/outcome.def"
#undef OUTCOME
};

const struct outcome_row *outcome_row(enum outcome o)
{
    return &rows[(unsigned)o < OUTCOME__COUNT ? o : OUTCOME_INTERNAL];
}

bool outcome_is_success(enum outcome o)
{
    return outcome_row(o)->sip_status < 300;
}

#define V(outcome, initial, refresh, retry, note)                         \
    {                                                                     \
        OUTCOME_##outcome, SUB_##initial, SUB_##refresh, IM_##retry, note \
    }

/* What a final answer means. First matching row wins; RFC 6665 4.1.2.2 says which answers to a
 * refresh end the subscription, and 403, 489, 603 end it too (RFC 8048 5.2.2). */
static const struct {
    uint16_t from, to;
    struct sip_verdict verdict;
} answers[] = {
    {200, 200, V(DELIVERED, ACTIVE, ACTIVE, NO_RETRY, false)},
    {201, 299, V(STORED, ACTIVE, ACTIVE, NO_RETRY, false)},
    {300, 302, V(UNREACHABLE, FOLLOW, FOLLOW, FOLLOW, false)},
    {303, 399, V(UNREACHABLE, END, END, NO_RETRY, false)},
    {400, 400, V(BAD_REQUEST, END, KEEP, NO_RETRY, false)},
    {401, 401, V(NO_RIGHTS, END, KEEP, CREDENTIALS, false)},
    {402, 402, V(DENIED, STOP, KEEP, NO_RETRY, false)},
    {403, 403, V(DENIED, STOP, STOP, NO_RETRY, false)},
    {404, 404, V(NO_USER, STOP, END, NO_RETRY, false)},
    {405, 405, V(NO_MESSAGES, STOP, END, NO_RETRY, false)},
    {406, 406, V(CLIENT_CANNOT, END, KEEP, NO_RETRY, false)},
    {407, 407, V(NO_RIGHTS, END, KEEP, CREDENTIALS, false)},
    {408, 408, V(TIMEOUT, END, KEEP, NO_RETRY, false)},
    {410, 410, V(GONE, STOP, END, NO_RETRY, false)},
    {412, 412, V(FAILED, END, KEEP, NO_RETRY, false)},
    {413, 413, V(TOO_LONG, END, KEEP, SPLIT, false)},
    {414, 414, V(BAD_ADDRESS, STOP, KEEP, NO_RETRY, false)},
    {415, 415, V(TYPE_REFUSED, END, KEEP, PLAIN, false)},
    {416, 416, V(BAD_SCHEME, AGAIN, END, AS_SIP, false)},
    {420, 421, V(NOT_SUPPORTED, AGAIN, KEEP, OTHER_TAGS, false)},
    {422, 422, V(DENIED, STOP, KEEP, NO_RETRY, false)},
    {423, 423, V(DENIED, LONGER, LONGER, NO_RETRY, false)},
    {424, 425, V(DENIED, STOP, KEEP, NO_RETRY, false)},
    {428, 429, V(DENIED, STOP, KEEP, NO_RETRY, false)},
    {430, 430, V(BUSY, END, KEEP, NEXT_FLOW, false)},
    {433, 433, V(DENIED, STOP, KEEP, NO_RETRY, false)},
    {436, 438, V(DENIED, STOP, KEEP, NO_RETRY, false)},
    {439, 439, V(BUSY, END, KEEP, NEXT_FLOW, false)},
    {440, 440, V(LOOP, END, KEEP, NO_RETRY, false)},
    {469, 469, V(DENIED, STOP, KEEP, NO_RETRY, false)},
    {470, 470, V(CONSENT, STOP, KEEP, NO_RETRY, false)},
    {480, 480, V(BUSY, END, END, NO_RETRY, true)},
    {481, 481, V(FAILED, END, AT_ONCE, FRESH, false)},
    {482, 482, V(LOOP, END, END, NO_RETRY, false)},
    {483, 483, V(TOO_MANY_HOPS, END, END, NO_RETRY, false)},
    {484, 484, V(BAD_ADDRESS, STOP, END, NO_RETRY, false)},
    {485, 485, V(AMBIGUOUS, STOP, END, NO_RETRY, false)},
    {486, 486, V(BUSY, END, KEEP, NO_RETRY, false)},
    {487, 487, V(FAILED, END, KEEP, NO_RETRY, false)},
    {488, 488, V(CLIENT_CANNOT, END, KEEP, NO_RETRY, false)},
    {489, 489, V(FAILED, STOP, STOP, NO_RETRY, false)},
    {491, 491, V(FAILED, END, KEEP, SOON, false)},
    {493, 493, V(DENIED, END, KEEP, NO_RETRY, false)},
    {494, 494, V(FAILED, END, KEEP, NO_RETRY, false)},
    {400, 499, V(DENIED, END, KEEP, NO_RETRY, false)},
    {500, 500, V(FAILED, END, KEEP, NO_RETRY, true)},
    {501, 501, V(NO_MESSAGES, STOP, END, NO_RETRY, false)},
    {502, 502, V(PEER_FAULT, END, KEEP, NO_RETRY, false)},
    {503, 503, V(PEER_OVERLOADED, KEEP, KEEP, NEXT_SERVER, true)},
    {504, 504, V(PEER_FAULT, END, KEEP, NO_RETRY, false)},
    {505, 505, V(NOT_SUPPORTED, END, KEEP, NO_RETRY, false)},
    {513, 513, V(TOO_LONG, END, KEEP, SPLIT, false)},
    {555, 555, V(NOT_SUPPORTED, END, KEEP, NO_RETRY, false)},
    {580, 580, V(NOT_SUPPORTED, END, KEEP, NO_RETRY, false)},
    {500, 599, V(FAILED, END, KEEP, NO_RETRY, false)},
    {600, 600, V(BUSY, END, KEEP, NO_RETRY, false)},
    {603, 603, V(REFUSED, STOP, STOP, NO_RETRY, false)},
    {604, 604, V(NO_USER, STOP, END, NO_RETRY, false)},
    {606, 606, V(CLIENT_CANNOT, END, KEEP, NO_RETRY, false)},
    {607, 608, V(DENIED, STOP, STOP, NO_RETRY, false)},
    {600, 699, V(REFUSED, END, KEEP, NO_RETRY, false)},
};

struct sip_verdict outcome_from_sip(unsigned status)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (status >= answers[i].from && status <= answers[i].to)
            return answers[i].verdict;
    return outcome_from_sip(500);
}

struct sip_verdict outcome_verdict(enum outcome o)
{
    static const struct sip_verdict verdicts[] = {
        V(TIMEOUT, END, KEEP, NO_RETRY, false), /* it may have arrived: no second try */
        V(DOMAIN_UNKNOWN, STOP, END, NO_RETRY, false),
        V(NO_SERVICE, STOP, END, NO_RETRY, false),
        V(NO_ROUTE, END, END, NO_RETRY, false),
        V(CONNECT_FAILED, END, KEEP, NEXT_SERVER, false),
        V(TLS_FAILED, END, KEEP, NEXT_SERVER, false),
        V(LINK_DOWN, END, END, NO_RETRY, false),
        V(PEER_REFUSED, STOP, STOP, NO_RETRY, false),
    };

    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (verdicts[i].outcome == o)
            return verdicts[i];
    return (struct sip_verdict){o, SUB_END, SUB_KEEP, IM_NO_RETRY, false};
}

enum outcome outcome_when_offline(enum outcome o, bool shown_offline)
{
    return o == OUTCOME_BUSY && shown_offline ? OUTCOME_OFFLINE : o;
}

enum outcome outcome_as_shown(enum outcome o, bool look_offline)
{
    return look_offline && (o == OUTCOME_BLOCKED || o == OUTCOME_REFUSED) ? OUTCOME_OFFLINE : o;
}

unsigned outcome_to_sip(enum outcome o, bool look_offline)
{
    return outcome_row(outcome_as_shown(o, look_offline))->sip_status;
}

enum outcome outcome_from_err(enum err e)
{
    switch (e) {
    case OK: return OUTCOME_DELIVERED;
    case ERR_NOT_FOUND: return OUTCOME_SWALLOWED;
    case ERR_FULL: return OUTCOME_TOO_LONG;
    case ERR_SHORT:
    case ERR_SYNTAX:
    case ERR_RANGE:
    case ERR_BAD_NAME:
    case ERR_BAD_HOST: return OUTCOME_BAD_REQUEST;
    case ERR_CHARSET: return OUTCOME_TYPE_REFUSED;
    case ERR_UNSUPPORTED: return OUTCOME_NOT_SUPPORTED;
    case ERR_BAD_SCHEME: return OUTCOME_BAD_SCHEME;
    case ERR_NO_USER: return OUTCOME_NO_USER;
    case ERR_DENIED:
    case ERR_RESERVED: return OUTCOME_DENIED;
    case ERR_BAD_PASSWORD: return OUTCOME_NOT_PROVEN;
    case ERR_BUSY:
    case ERR_NOMEM: return OUTCOME_OVERLOAD;
    case ERR_LINK_DOWN: return OUTCOME_LINK_DOWN;
    case ERR_TIMEOUT: return OUTCOME_TIMEOUT;
    case ERR_CLOSED: return OUTCOME_LOST;
    default: return OUTCOME_INTERNAL;
    }
}

enum outcome outcome_from_aim(unsigned error)
{
    static const uint8_t outcomes[] = {
        [0x00] = OUTCOME_DELIVERED,     [0x01] = OUTCOME_NOT_CONVERTED,
        [0x02] = OUTCOME_RATE,          [0x03] = OUTCOME_RATE,
        [0x04] = OUTCOME_OFFLINE,       [0x05] = OUTCOME_AIM_UNAVAILABLE,
        [0x06] = OUTCOME_NOT_SUPPORTED, [0x07] = OUTCOME_NOT_SUPPORTED,
        [0x08] = OUTCOME_NOT_SUPPORTED, [0x09] = OUTCOME_CLIENT_CANNOT,
        [0x0A] = OUTCOME_REFUSED,       [0x0B] = OUTCOME_TOO_LONG,
        [0x0C] = OUTCOME_LOST,          [0x0D] = OUTCOME_DENIED,
        [0x0E] = OUTCOME_NOT_CONVERTED, [0x0F] = OUTCOME_NO_RIGHTS,
        [0x10] = OUTCOME_SENDER_BLOCKS, [0x11] = OUTCOME_SENDER_EVIL,
        [0x12] = OUTCOME_RECEIVER_EVIL, [0x13] = OUTCOME_BUSY,
        [0x14] = OUTCOME_NO_MATCH,      [0x15] = OUTCOME_LIST_OVERFLOW,
        [0x16] = OUTCOME_AMBIGUOUS,     [0x17] = OUTCOME_QUEUE_FULL,
        [0x18] = OUTCOME_NOT_ON_AOL,
    };

    return error < sizeof outcomes ? (enum outcome)outcomes[error] : OUTCOME_INTERNAL;
}

void outcome_words(struct buf *out, enum outcome o, struct span domain)
{
    const struct outcome_row *row = outcome_row(o);

    if (domain.n && row->notice && strstr(row->notice, "DOMAIN") && !strstr(row->notice, "NAME"))
        outcome_notice(out, o, (struct span){0}, domain);
    else
        buf_str(out, row->text);
}

void outcome_notice(struct buf *out, enum outcome o, struct span name, struct span domain)
{
    outcome_fill(out, outcome_row(o)->notice, name, domain);
}

void outcome_fill(struct buf *out, const char *words, struct span name, struct span domain)
{
    struct span left = span_str(words);

    while (left.n > 0) {
        if (span_starts(left, SPAN("NAME"))) {
            buf_add(out, name);
            left = span_skip(left, 4);
        } else if (span_starts(left, SPAN("DOMAIN"))) {
            buf_add(out, domain);
            left = span_skip(left, 6);
        } else {
            buf_u8(out, left.p[0]);
            left = span_skip(left, 1);
        }
    }
}
