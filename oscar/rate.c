#include "oscar/rate.h"

#include "base/deadlines.h"
#include "oscar/snac.h"

enum {
    OSERVICE_LONG_RECORDS = 3 /* version of foodgroup 0x0001 from which records have 35 octets */
};

/* AOL's rows, but for class 3 (messages, questions about users), which has the row of class 1:
 * node-oscar and libfaim never slow down, and with AOL's own they lose what exceeds 7 messages in a
 * burst. */
static const struct rate_params classes[RATE_CLASSES] = {
    {1, 80, 2500, 2000, 1500, 800, 6000},  {2, 80, 3000, 2000, 1500, 1000, 6000},
    {3, 80, 2500, 2000, 1500, 800, 6000},  {4, 20, 5500, 5300, 4200, 3000, 8000},
    {5, 10, 5500, 5300, 4200, 3000, 8000},
};

const struct rate_params *rate_params(uint16_t id)
{
    return &classes[id >= 1 && id <= RATE_CLASSES ? id - 1 : RATE_CLASS_DEFAULT - 1];
}

uint16_t rate_class_of(uint16_t foodgroup, uint16_t subtype)
{
    switch ((uint32_t)foodgroup << 16 | subtype) {
#define SUBTYPE(group, name, number, rate, what)                                                  \
    case FOODGROUP_##group << 16 | (number): /* NOLINT(bugprone-branch-clone): rows of a table */ \
        return rate;
#include "oscar/subtypes.def"
#undef SUBTYPE
    default: return RATE_CLASS_DEFAULT;
    }
}

static const struct rate_params *params_of(const struct rates *r, uint16_t id)
{
    return id == RATE_CLASS_MESSAGES ? &r->messages : rate_params(id);
}

void rate_init(struct rates *r, uint64_t now)
{
    for (size_t i = 0; i < RATE_CLASSES; i++)
        r->of[i] = (struct rate_level){.level = classes[i].max, .state = RATE_CLEAR, .last = now};
    r->messages = *rate_params(RATE_CLASS_MESSAGES);
    r->calm_at = DEADLINE_NEVER;
}

/* When the level of the class, without another SNAC, is where its state ends. */
static uint64_t calm_of(const struct rate_params *p, const struct rate_level *l)
{
    uint64_t wanted = l->state == RATE_LIMITED ? p->clear : p->alert;
    uint64_t there = (uint64_t)l->level * (p->window - 1);

    if (l->state == RATE_CLEAR)
        return DEADLINE_NEVER;
    return l->last + (wanted * p->window > there ? wanted * p->window - there : 0);
}

static void find_calm(struct rates *r)
{
    r->calm_at = DEADLINE_NEVER;
    for (size_t i = 0; i < RATE_CLASSES; i++) {
        uint64_t at = calm_of(params_of(r, classes[i].id), &r->of[i]);

        r->calm_at = at < r->calm_at ? at : r->calm_at;
    }
}

static uint32_t closer(uint32_t threshold, uint32_t top, uint16_t warning)
{
    return threshold + (top - threshold) * warning / 1000;
}

void rate_warn(struct rates *r, uint16_t warning)
{
    const struct rate_params *p = rate_params(RATE_CLASS_MESSAGES);
    uint32_t top = p->max - RATE_WARNED_ROOM;

    r->messages.clear = closer(p->clear, top, warning);
    r->messages.alert = closer(p->alert, top, warning);
    r->messages.limit = closer(p->limit, top, warning);
    find_calm(r);
}

uint32_t rate_step(const struct rate_params *p, uint32_t level, uint64_t ms)
{
    uint64_t next;

    if (ms > (uint64_t)p->max * p->window)
        return p->max;
    next = ((uint64_t)level * (p->window - 1) + ms) / p->window;
    return next < p->max ? (uint32_t)next : p->max;
}

enum rate_verdict rate_judge(const struct rate_params *p, uint32_t level, uint8_t *state)
{
    enum rate_state was = *state;

    if (level < p->disconnect)
        return RATE_DISCONNECT;
    if (was == RATE_LIMITED && level < p->clear)
        return RATE_DROP;
    if (level < p->limit) {
        *state = RATE_LIMITED;
        return RATE_DROP_LIMITED;
    }
    if (level < p->alert) {
        *state = RATE_ALERT;
        return was == RATE_ALERT ? RATE_PASS : RATE_PASS_ALERTED;
    }
    *state = RATE_CLEAR;
    return was == RATE_CLEAR ? RATE_PASS : RATE_PASS_CLEARED;
}

enum rate_verdict rate_count(struct rates *r, uint16_t id, uint64_t now)
{
    const struct rate_params *p = params_of(r, id);
    struct rate_level *l = &r->of[p->id - 1];
    enum rate_verdict v;

    l->level = rate_step(p, l->level, now > l->last ? now - l->last : 0);
    l->last = now;
    v = rate_judge(p, l->level, &l->state);
    if (v != RATE_PASS || l->state != RATE_CLEAR)
        find_calm(r);
    return v;
}

uint16_t rate_calm(struct rates *r, uint64_t now)
{
    for (size_t i = 0; i < RATE_CLASSES; i++) {
        const struct rate_params *p = params_of(r, classes[i].id);
        struct rate_level *l = &r->of[i];

        if (now < calm_of(p, l))
            continue;
        l->level = rate_step(p, l->level, now - l->last);
        l->last = now;
        l->state = RATE_CLEAR;
        find_calm(r);
        return p->id;
    }
    return 0;
}

void rate_write_record(struct buf *b, const struct rate_params *p, const struct rate_level *l,
                       uint16_t oservice_version, uint64_t now)
{
    uint64_t ms = now > l->last ? now - l->last : 0;

    buf_u16(b, p->id);
    buf_u32(b, p->window);
    buf_u32(b, p->clear);
    buf_u32(b, p->alert);
    buf_u32(b, p->limit);
    buf_u32(b, p->disconnect);
    buf_u32(b, l->level);
    buf_u32(b, p->max);
    if (oservice_version < OSERVICE_LONG_RECORDS)
        return;
    buf_u32(b, ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX);
    buf_u8(b, l->state == RATE_LIMITED); /* libpurple stops sending at anything but 0 */
}

void rate_write_class(struct buf *b, const struct rates *r, uint16_t id, uint16_t oservice_version,
                      uint64_t now)
{
    const struct rate_params *p = params_of(r, id);

    rate_write_record(b, p, &r->of[p->id - 1], oservice_version, now);
}

static const struct member {
    uint16_t foodgroup, subtype, rate;
} members[] = {
#define SUBTYPE(group, name, number, rate, what) {FOODGROUP_##group, number, rate},
#include "oscar/subtypes.def"
#undef SUBTYPE
};

static bool is_among(uint16_t foodgroup, const uint16_t *foodgroups, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (foodgroups[i] == foodgroup)
            return true;
    return false;
}

static void group_write(struct buf *b, uint16_t id, const uint16_t *foodgroups, size_t n)
{
    size_t count_at = b->n + 2;
    uint16_t count = 0;

    buf_u16(b, id);
    buf_u16(b, 0);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (members[i].rate != id || !is_among(members[i].foodgroup, foodgroups, n))
            continue;
        buf_u16(b, members[i].foodgroup);
        buf_u16(b, members[i].subtype);
        count++;
    }
    buf_set_u16(b, count_at, count);
}

void rate_write_all(struct buf *b, const struct rates *r, const uint16_t *foodgroups, size_t n,
                    uint16_t oservice_version, uint64_t now)
{
    buf_u16(b, RATE_CLASSES);
    for (size_t i = 0; i < RATE_CLASSES; i++)
        rate_write_class(b, r, classes[i].id, oservice_version, now);
    for (size_t i = 0; i < RATE_CLASSES; i++)
        group_write(b, classes[i].id, foodgroups, n);
}
