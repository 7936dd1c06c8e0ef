#include "gateway/flow/icq_info.h"

#include "gateway/flow/directory.h"
#include "gateway/flow/owner.h"
#include "gateway/flow/presence.h"

enum { AUTHORIZATION, NO_AUTHORIZATION, STATUS_OFFLINE = 0, STATUS_ONLINE = 1 };

/* ICQ's fields by the directory's. */
static const struct {
    uint16_t tlv, field;
} fields[] = {
    {ICQ_TLV_NICK, DIRECTORY_NICK},   {ICQ_TLV_FIRST, DIRECTORY_FIRST},
    {ICQ_TLV_LAST, DIRECTORY_LAST},   {ICQ_TLV_EMAIL, DIRECTORY_EMAIL},
    {ICQ_TLV_CITY, DIRECTORY_CITY},   {ICQ_TLV_STATE, DIRECTORY_STATE},
    {ICQ_TLV_ABOUT, DIRECTORY_ABOUT},
};

/* One question and how far it is answered. */
struct asked {
    struct aim_session *s;
    uint32_t id;
    struct icq_id who;
};

static void say(const struct asked *q, uint16_t type, const struct buf *data, bool more)
{
    struct icq_answer a = {.who = q->who,
                           .type = type,
                           .failed = !buf_ok(data),
                           .data = buf_ok(data) ? buf_span(data) : (struct span){0}};

    oscar_conn_icq_meta(q->s->conn, q->id, &a, more);
}

static void say_failed(const struct asked *q, uint16_t type)
{
    oscar_conn_icq_meta(q->s->conn, q->id,
                        &(struct icq_answer){.who = q->who, .type = type, .failed = true}, false);
}

/* ---- somebody's information ---- */

static bool entry_of_uin(const struct asked *q, uint32_t uin, struct entry *out)
{
    struct buf *name = &q->s->w->scratch;

    buf_reset(name);
    buf_number(name, uin);
    return directory_of(q->s->w, q->s->account, buf_span(name), out);
}

/* A nickname is what clients show; without one the number is. */
static struct span nick_of(const struct entry *e)
{
    struct span nick = entry_get(e, DIRECTORY_NICK);

    return nick.n ? nick : e->formatted;
}

static void put_texts(struct buf *b, const struct entry *e, const uint16_t *which, size_t n)
{
    for (size_t i = 0; i < n; i++)
        icq_text_write(b, which[i] ? entry_get(e, which[i]) : (struct span){0});
}

static void put_names(struct buf *b, const struct entry *e)
{
    static const uint16_t names[] = {DIRECTORY_FIRST, DIRECTORY_LAST, DIRECTORY_EMAIL};

    icq_text_write(b, nick_of(e));
    put_texts(b, e, names, sizeof names / sizeof *names);
}

static void put_authorization(struct buf *b, const struct entry *e)
{
    buf_u8(b, e->authorises ? AUTHORIZATION : NO_AUTHORIZATION);
}

static void put_zeros(struct buf *b, size_t n)
{
    while (n--)
        buf_u8(b, 0);
}

static void put_basic(struct buf *b, const struct entry *e)
{
    static const uint16_t texts[] = {DIRECTORY_CITY,   DIRECTORY_STATE, 0 /* phone */, 0 /* fax */,
                                     DIRECTORY_STREET, 0 /* cell */,    DIRECTORY_ZIP};

    put_names(b, e);
    put_texts(b, e, texts, sizeof texts / sizeof *texts);
    icq_u16_write(b, 0); /* country, and the time zone */
    buf_u8(b, 0);
    put_authorization(b, e);
    put_zeros(b, 3); /* web aware, direct connections, e-mail published */
}

static void put_more(struct buf *b, const struct entry *e)
{
    (void)e;
    put_zeros(b, 3);                     /* age, gender */
    icq_text_write(b, (struct span){0}); /* homepage */
    put_zeros(b, 2 + 1 + 1 + 3 + 2);     /* birthday, languages */
    icq_text_write(b, (struct span){0}); /* where from: city, state, country */
    icq_text_write(b, (struct span){0});
    put_zeros(b, 2 + 1);
}

static void put_work(struct buf *b, const struct entry *e)
{
    static const uint16_t place[6], job[3];

    put_texts(b, e, place, 6);           /* city, state, phone, fax, street, zip */
    icq_u16_write(b, 0);                 /* country */
    put_texts(b, e, job, 3);             /* company, department, position */
    icq_u16_write(b, 0);                 /* occupation */
    icq_text_write(b, (struct span){0}); /* homepage */
}

static void put_about(struct buf *b, const struct entry *e)
{
    icq_text_write(b, entry_get(e, DIRECTORY_ABOUT));
}

static void put_homepage(struct buf *b, const struct entry *e)
{
    (void)e;
    put_zeros(b, 1 + 2);
    icq_text_write(b, (struct span){0});
}

static void put_none(struct buf *b, const struct entry *e)
{
    (void)e;
    buf_u8(b, 0);
}

static void put_none_twice(struct buf *b, const struct entry *e)
{
    (void)e;
    put_zeros(b, 2);
}

/* In the order in which clients wait for them. */
static const struct {
    uint16_t type;
    void (*put)(struct buf *b, const struct entry *e);
} full[] = {
    {ICQ_BASIC, put_basic},    {ICQ_MORE, put_more},
    {ICQ_EMAILS, put_none},    {ICQ_HOMEPAGE, put_homepage},
    {ICQ_WORK, put_work},      {ICQ_ABOUT, put_about},
    {ICQ_INTERESTS, put_none}, {ICQ_AFFILIATIONS, put_none_twice},
};

static void full_info(const struct asked *q, struct span data)
{
    enum { N = sizeof full / sizeof *full };
    struct rd r = rd_over(data);
    struct entry e;

    if (!entry_of_uin(q, icq_u32_read(&r), &e)) {
        say_failed(q, ICQ_BASIC);
        return;
    }
    for (size_t i = 0; i < N; i++) {
        struct buf b = {0};

        full[i].put(&b, &e);
        say(q, full[i].type, &b, i + 1 < N);
        buf_fini(&b);
    }
}

static void short_info(const struct asked *q, struct span data)
{
    struct rd r = rd_over(data);
    struct buf b = {0};
    struct entry e;

    if (!entry_of_uin(q, icq_u32_read(&r), &e)) {
        say_failed(q, ICQ_SHORT);
        return;
    }
    put_names(&b, &e);
    put_authorization(&b, &e);
    put_zeros(&b, 2); /* one that nobody knows, and gender */
    say(q, ICQ_SHORT, &b, false);
    buf_fini(&b);
}

/* ---- searches ---- */

static bool uin_of(const struct entry *e, uint32_t *uin)
{
    uint64_t n;

    if (!span_number(e->name, UINT32_MAX, &n))
        return false;
    *uin = (uint32_t)n;
    return true;
}

static void put_found(struct buf *b, const struct asked *q, const struct entry *e, uint32_t uin)
{
    struct buf one = {0};
    const struct person *p = person_find(q->s->w->people, e->name);

    icq_u32_write(&one, uin);
    put_names(&one, e);
    put_authorization(&one, e);
    icq_u16_write(&one, p && presence_is_shown(q->s->account, p) ? STATUS_ONLINE : STATUS_OFFLINE);
    put_zeros(&one, 3); /* gender, age */
    icq_u16_write(b, (uint16_t)one.n);
    buf_add(b, buf_span(&one));
    b->bad |= !buf_ok(&one);
    buf_fini(&one);
}

/* Only numbers have a place in the answer. */
static void say_found(const struct asked *q, const struct entry *found, size_t n)
{
    struct buf b = {0};
    uint32_t uin;
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        if (!uin_of(&found[i], &uin))
            continue;
        if (any)
            say(q, ICQ_FOUND, &b, true);
        buf_reset(&b);
        put_found(&b, q, &found[i], uin);
        any = true;
    }
    icq_u32_write(&b, 0); /* none were left out */
    if (any)
        say(q, ICQ_FOUND_LAST, &b, false);
    else
        say_failed(q, ICQ_FOUND_LAST);
    buf_fini(&b);
}

static void find_uin(const struct asked *q, uint32_t uin)
{
    struct entry e;

    say_found(q, &e, entry_of_uin(q, uin, &e));
}

static void find_like(const struct asked *q, const struct entry *like)
{
    struct entry *found;
    size_t n = directory_search(q->s->w, q->s->account, like, &found);

    say_found(q, found, n);
}

static void read_field(struct worker *w, uint16_t type, struct span value, struct entry *out)
{
    struct rd r = rd_over(value);

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].tlv == type)
            entry_put(w, out, fields[i].field, icq_text_read(&r));
}

/* By little-endian TLVs: a number, or what somebody told of himself. */
static void find(const struct asked *q, struct span tlvs)
{
    struct entry like = {0};
    uint16_t type;
    struct span value;

    while (icq_tlv_next(&tlvs, &type, &value)) {
        struct rd r = rd_over(value);

        if (type == ICQ_TLV_UIN) {
            find_uin(q, icq_u32_read(&r));
            return;
        }
        read_field(q->s->w, type, value, &like);
    }
    find_like(q, &like);
}

static void find_old(const struct asked *q, uint16_t type, struct span data)
{
    struct rd r = rd_over(data);
    struct entry like = {0};

    if (type == ICQ_FIND_UIN_OLD) {
        find_uin(q, icq_u32_read(&r));
        return;
    }
    entry_put(q->s->w, &like, DIRECTORY_EMAIL, icq_text_read(&r));
    find_like(q, &like);
}

/* ---- one's own ---- */

static void told_kept(struct worker *w, uint32_t session, uint32_t id, enum err e)
{
    struct aim_session *s = aim_session_by_id(w->aim_door, session);
    struct asked q = {.s = s, .id = id};

    if (!s || !s->account)
        return;
    q.who = s->icq_asked;
    if (e)
        say_failed(&q, ICQ_FULL_INFO_SET);
    else
        say(&q, ICQ_FULL_INFO_SET, &(struct buf){0}, false);
    aim_session_dirty(s);
}

static void keep(const struct asked *q, struct span tlvs)
{
    struct entry own = {0};
    uint16_t type;
    struct span value;

    while (icq_tlv_next(&tlvs, &type, &value))
        if (type == ICQ_TLV_AUTHORIZATION && value.n == 1)
            owner_authorises(q->s, *value.p == AUTHORIZATION);
        else
            read_field(q->s->w, type, value, &own);
    q->s->icq_asked = q->who;
    directory_keep(q->s, q->s->account, &own, q->id, told_kept);
}

/* What the oldest clients have instead of a TLV. */
static void keep_permissions(const struct asked *q, struct span data)
{
    if (data.n)
        owner_authorises(q->s, *data.p == AUTHORIZATION);
    say(q, ICQ_PERMISSIONS_SET, &(struct buf){0}, false);
}

void icq_info_asked(struct aim_session *s, uint32_t id, const struct icq_meta *m)
{
    struct asked q = {.s = s, .id = id, .who = m->who};

    switch (m->type) {
    case ICQ_FULL_INFO:
    case ICQ_FULL_INFO_OLD: full_info(&q, m->data); return;
    case ICQ_SHORT_INFO: short_info(&q, m->data); return;
    case ICQ_FIND_UIN:
    case ICQ_FIND_EMAIL:
    case ICQ_FIND_DETAILS: find(&q, m->data); return;
    case ICQ_FIND_UIN_OLD:
    case ICQ_FIND_EMAIL_OLD: find_old(&q, m->type, m->data); return;
    case ICQ_SET_FULL_INFO: keep(&q, m->data); return;
    case ICQ_SET_PERMISSIONS: keep_permissions(&q, m->data); return;
    default: say_failed(&q, m->type); return;
    }
}
