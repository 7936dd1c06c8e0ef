#include "db/messages.h"

#include "db/query.h"

/* The column auto_reply. */
enum { BY_PROGRAM = 1, OUR_OWN = 2, PATIENT = 4 };

static enum err one_id(struct query *q, int64_t *id)
{
    bool found = query_row(q);

    if (found)
        *id = column_int(q->q, 0);
    return query_end(q) == OK && !found ? ERR_NOT_FOUND : q->err;
}

static enum err find_stored(struct store *s, struct span key, int64_t *id)
{
    struct query q = query_open(s, STMT_MESSAGES_FIND_KEY);

    query_blob(&q, 1, key);
    return one_id(&q, id);
}

static enum err find_kept(struct store *s, struct span key, int64_t now, int64_t *id)
{
    struct query q = query_open(s, STMT_MESSAGES_FIND_KEPT);

    query_blob(&q, 1, key);
    query_int(&q, 2, now);
    return one_id(&q, id);
}

enum err messages_find_key(struct store *s, struct span key, int64_t now, int64_t *id)
{
    enum err e = find_stored(s, key, id);

    return e == ERR_NOT_FOUND ? find_kept(s, key, now, id) : e;
}

/* M-704: never more than 14 days ahead. */
static int64_t until(const struct message *m, int64_t now)
{
    int64_t last = now + MESSAGES_KEEP;

    return m->expires == 0 || m->expires > last ? last : m->expires;
}

/* M-546. */
static int64_t hold_until(const struct message *m, int64_t now)
{
    int64_t own = until(m, now), day = now + MESSAGES_HOLD;

    return own < day ? own : day;
}

static int64_t size_of(const struct message *m)
{
    return (int64_t)(m->text.n + m->html.n + m->friendly.n);
}

static void bind_message(struct query *q, const struct message *m)
{
    query_blob(q, 5, m->from.user);
    query_text(q, 6, m->from.host);
    query_blob(q, 7, m->to.user);
    query_text(q, 8, m->to.host);
    query_text(q, 9, m->friendly);
    query_text(q, 10, m->text);
    query_text(q, 11, m->html);
    query_blob(q, 12, span_of(m->cookie, sizeof m->cookie));
    query_int(q, 13, m->sent);
    query_int(q, 15, (m->auto_reply ? BY_PROGRAM : 0) | (m->notice ? OUR_OWN : 0) |
                         (m->patient ? PATIENT : 0));
    query_int(q, 16, m->receipts);
    query_text(q, 17, m->receipt_id);
    query_text(q, 18, m->receipt_time);
}

static enum err insert(struct store *s, const struct message_row *row,
                       const struct message_limits *limits, int64_t now)
{
    struct message_limits most = limits ? *limits : (struct message_limits){0};
    struct query q = query_open(s, STMT_MESSAGES_ADD);

    query_int(&q, 1, row->direction);
    query_text(&q, 2, row->recipient);
    query_int(&q, 3, size_of(&row->m));
    if (row->key.n) /* else NULL, which is unlike any other */
        query_blob(&q, 4, row->key);
    bind_message(&q, &row->m);
    query_int(&q, 14, row->held ? hold_until(&row->m, now) : until(&row->m, now));
    query_int(&q, 23, row->held ? until(&row->m, now) : 0);
    query_int(&q, 19, now);
    if (row->again)
        most = (struct message_limits){MESSAGES_AGAIN_PER_RECIPIENT, MESSAGES_AGAIN_BYTES};
    query_int(&q, 20, most.count ? most.count : MESSAGES_PER_RECIPIENT);
    query_int(&q, 21, most.bytes ? most.bytes : MESSAGES_BYTES_PER_RECIPIENT);
    query_int(&q, 22, row->turn);
    return query_run_or(&q, ERR_FULL);
}

enum err messages_add(struct store *s, const struct message_row *row,
                      const struct message_limits *limits, int64_t now, int64_t *id)
{
    enum err e = ERR_NOT_FOUND;

    if (row->key.n > MESSAGE_KEY_MAX)
        return ERR_RANGE;
    if (row->key.n && !row->again)
        e = find_kept(s, row->key, now, id);
    if (e != ERR_NOT_FOUND)
        return e == OK ? ERR_EXISTS : e;
    e = insert(s, row, limits, now);
    if (e == OK)
        *id = sqlite3_last_insert_rowid(s->db);
    else if ((e == ERR_EXISTS || e == ERR_FULL) && row->key.n && find_stored(s, row->key, id) == OK)
        e = ERR_EXISTS; /* a repeat is no new message, also where there is no room for one */
    return e;
}

enum err messages_done(struct store *s, int64_t id, int64_t now)
{
    struct query q = query_open(s, STMT_MESSAGES_REMEMBER);
    enum err e;

    query_int(&q, 1, id);
    query_int(&q, 2, now + MESSAGES_REMEMBER);
    e = query_run(&q);
    if (e != OK)
        return e;
    q = query_open(s, STMT_MESSAGES_DONE);
    query_int(&q, 1, id);
    return query_run_or(&q, ERR_NOT_FOUND);
}

/* ---- of strangers ---- */

void messages_box(struct buf *out, struct span recipient, struct span stranger)
{
    buf_add(out, recipient);
    buf_u8(out, ' ');
    buf_add(out, stranger);
}

struct span messages_stranger(struct span box)
{
    return span_skip(box, span_find(box, ' ') + 1);
}

static enum err count_box(struct store *s, const struct message_row *row, bool *first, bool *full)
{
    struct cursor c = {0};
    struct message_count n;
    size_t strangers = 0;
    struct span recipient = span_first(row->recipient, span_find(row->recipient, ' '));
    enum err e = messages_list_strangers(s, recipient, &c), closed;

    *first = true;
    while (!e && messages_next_count(&c, &n)) {
        strangers++;
        *first &= !span_eq(n.recipient, row->recipient);
    }
    closed = cursor_close(&c);
    *full = *first && strangers >= MESSAGES_STRANGERS_MAX;
    return e ? e : closed;
}

enum err messages_add_held(struct store *s, const struct message_row *row, int64_t now, int64_t *id,
                           bool *first)
{
    bool full;
    enum err e = count_box(s, row, first, &full);

    if (e)
        return e;
    if (full)
        return ERR_BUSY;
    return messages_add(s, row, &(struct message_limits){MESSAGES_HELD_MAX, MESSAGES_HELD_BYTES},
                        now, id);
}

enum err messages_hold(struct store *s, int64_t id, struct span recipient, struct span box,
                       int64_t now, bool *first)
{
    struct message_row row = {.recipient = box};
    struct query q;
    bool full;
    enum err e = count_box(s, &row, first, &full);

    if (e)
        return e;
    q = query_open(s, STMT_MESSAGES_HOLD);
    query_int(&q, 1, id);
    query_text(&q, 2, box);
    query_int(&q, 3, now + MESSAGES_HOLD);
    query_text(&q, 4, recipient);
    return query_run_or(&q, ERR_NOT_FOUND);
}

enum err messages_welcome(struct store *s, struct span box, struct span recipient, int *n)
{
    struct query q = query_open(s, STMT_MESSAGES_WELCOME);

    query_text(&q, 1, box);
    query_text(&q, 2, recipient);
    return query_run_counted(&q, n);
}

enum err messages_drop_held(struct store *s, struct span box, int64_t last, int64_t now)
{
    struct query q = query_open(s, STMT_MESSAGES_REMEMBER_HELD);
    enum err e;

    query_text(&q, 1, box);
    query_int(&q, 2, last);
    query_int(&q, 3, now + MESSAGES_REMEMBER);
    e = query_run(&q);
    if (e)
        return e;
    q = query_open(s, STMT_MESSAGES_DROP_HELD);
    query_text(&q, 1, box);
    query_int(&q, 2, last);
    return query_run(&q);
}

enum err messages_list_strangers(struct store *s, struct span recipient, struct cursor *c)
{
    struct query q = query_open(s, STMT_MESSAGES_STRANGERS);

    query_text(&q, 1, recipient);
    return query_cursor(&q, c);
}

enum err messages_remember(struct store *s, struct span key, int64_t now)
{
    struct query q;

    if (key.n == 0 || key.n > MESSAGE_KEY_MAX)
        return ERR_RANGE;
    q = query_open(s, STMT_MESSAGES_REMEMBER_KEY);
    query_blob(&q, 1, key);
    query_int(&q, 2, now + MESSAGES_REMEMBER);
    return query_run(&q);
}

static void read_message(sqlite3_stmt *q, struct arena *a, struct message *m)
{
    struct span cookie = column_span(q, 12);

    *m = (struct message){
        .from = {.user = column_keep(q, 5, a), .host = column_keep(q, 6, a)},
        .to = {.user = column_keep(q, 7, a), .host = column_keep(q, 8, a)},
        .friendly = column_keep(q, 9, a),
        .text = column_keep(q, 10, a),
        .html = column_keep(q, 11, a),
        .sent = column_int(q, 13),
        .expires = column_int(q, 14),
        .auto_reply = (column_int(q, 15) & BY_PROGRAM) != 0,
        .notice = (column_int(q, 15) & OUR_OWN) != 0,
        .patient = (column_int(q, 15) & PATIENT) != 0,
        .receipts = (unsigned)column_int(q, 16),
        .receipt_id = column_keep(q, 17, a),
        .receipt_time = column_keep(q, 18, a),
    };
    if (cookie.n == sizeof m->cookie)
        memcpy(m->cookie, cookie.p, cookie.n);
}

static void read_row(sqlite3_stmt *q, struct arena *a, struct message_row *out)
{
    *out = (struct message_row){
        .id = column_int(q, 0),
        .direction = column_int(q, 1) ? MESSAGE_OUT : MESSAGE_IN,
        .recipient = column_keep(q, 2, a),
        .size = column_int(q, 3),
        .key = column_keep(q, 4, a),
        .arrived = column_int(q, 19),
    };
    read_message(q, a, &out->m);
}

enum err messages_find(struct store *s, int64_t id, struct arena *a, struct message_row *out)
{
    struct query q = query_open(s, STMT_MESSAGES_FIND);
    bool found;

    query_int(&q, 1, id);
    found = query_row(&q);
    if (found)
        read_row(q.q, a, out);
    return query_found(&q, found, a, ERR_NOT_FOUND);
}

enum err messages_list(struct store *s, struct span recipient, struct cursor *c)
{
    struct query q = query_open(s, STMT_MESSAGES_LIST);

    query_text(&q, 1, recipient);
    return query_cursor(&q, c);
}

enum err messages_list_domain(struct store *s, struct span host, int64_t after, struct cursor *c)
{
    struct query q = query_open(s, STMT_MESSAGES_LIST_DOMAIN);

    query_text(&q, 1, host);
    query_int(&q, 2, after);
    return query_cursor(&q, c);
}

enum err messages_list_expired(struct store *s, int64_t now, int max, struct cursor *c)
{
    struct query q = query_open(s, STMT_MESSAGES_LIST_EXPIRED);

    query_int(&q, 1, now);
    query_int(&q, 2, max);
    return query_cursor(&q, c);
}

bool messages_next(struct cursor *c, struct message_row *out)
{
    sqlite3_stmt *q = cursor_row(c);

    if (q)
        read_row(q, NULL, out);
    return q != NULL;
}

enum err messages_next_expiry(struct store *s, int64_t *out)
{
    struct query q = query_open(s, STMT_MESSAGES_NEXT_EXPIRY);

    *out = query_row(&q) ? column_int(q.q, 0) : 0; /* MIN of nothing is NULL, which reads as 0 */
    return query_end(&q);
}

enum err messages_forget_keys(struct store *s, int64_t now, int max, int *gone)
{
    struct query q = query_open(s, STMT_MESSAGES_FORGET);

    query_int(&q, 1, now);
    query_int(&q, 2, max);
    return query_run_counted(&q, gone);
}

enum err messages_count(struct store *s, struct span recipient, int64_t *count, int64_t *bytes)
{
    struct query q = query_open(s, STMT_MESSAGES_COUNT);
    bool row;

    query_text(&q, 1, recipient);
    row = query_row(&q);
    *count = row ? column_int(q.q, 0) : 0;
    *bytes = row ? column_int(q.q, 1) : 0;
    return query_end(&q);
}

enum err messages_list_counts(struct store *s, struct cursor *c)
{
    struct query q = query_open(s, STMT_MESSAGES_COUNTS);

    return query_cursor(&q, c);
}

bool messages_next_count(struct cursor *c, struct message_count *out)
{
    sqlite3_stmt *q = cursor_row(c);

    if (!q)
        return false;
    *out = (struct message_count){
        .recipient = column_span(q, 0),
        .direction = column_int(q, 1) ? MESSAGE_OUT : MESSAGE_IN,
        .count = column_int(q, 2),
        .bytes = column_int(q, 3),
        .oldest = column_int(q, 4),
    };
    return true;
}
