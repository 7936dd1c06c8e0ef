/* A world of DNS on one page, for the tests of the locator: rows "NAME TYPE DATA". A name without a
 * row, and without one below it, does not exist. Further rows: "NAME TYPE !SERVFAIL", "NAME TYPE
 * !silence"   that question fails
 *   "+NAME TYPE DATA"                            goes along with every SRV answer (additional
 * section) "NAME CNAME DATA" is followed within the answer, "NAME ALIAS DATA" is not: the answer
 * ends there */
#ifndef TESTS_SIMPLE_LOCATE_ZONE_H
#define TESTS_SIMPLE_LOCATE_ZONE_H

#include "simple/txn/locate.h"
#include "tests/simple/wire.h"

enum { ZONE_ROWS = 40, ZONE_TTL = 300 };

struct zone_answer {
    struct rr rrs[RR_ANSWER_MAX];
    char names[RR_ANSWER_MAX][4][256];
    size_t n;
};

struct zone_row {
    char name[256], type[16], data[256];
};

static inline bool zone_read(const char *text, struct zone_row *r)
{
    return text && sscanf(text, "%255s %15s %255[^\n]", r->name, r->type, r->data) == 3;
}

static inline struct span zone_name(char *text)
{
    size_t n = strlen(text);

    return span_of(text, n && text[n - 1] == '.' ? n - 1 : n);
}

static inline void zone_add(struct zone_answer *a, const char *owner, enum rr_type type,
                            const char *data)
{
    char(*names)[256] = a->names[a->n];
    struct rr *r = &a->rrs[a->n++];

    memset(r, 0, sizeof *r);
    snprintf(names[0], 256, "%s", owner);
    r->name = zone_name(names[0]);
    r->type = type;
    r->ttl = ZONE_TTL;
    if (type == RR_A || type == RR_AAAA) {
        assert_true(sip_addr_parse(span_str(data), &r->addr));
    } else if (type == RR_CNAME) {
        snprintf(names[1], 256, "%s", data);
        r->alias = zone_name(names[1]);
    } else if (type == RR_SRV) {
        assert_int_equal(sscanf(data, "%hu %hu %hu %255s", &r->srv.priority, &r->srv.weight,
                                &r->srv.port, names[1]),
                         4);
        r->srv.target = zone_name(names[1]);
    } else {
        assert_int_equal(sscanf(data, "%hu %hu \"%255[^\"]\" \"%255[^\"]\" \"\" %255s",
                                &r->naptr.order, &r->naptr.preference, names[1], names[2],
                                names[3]),
                         5);
        r->naptr.flags = span_str(names[1]);
        r->naptr.service = span_str(names[2]);
        r->naptr.replacement = zone_name(names[3]);
    }
}

static inline bool zone_has(const char *const *rows, const char *name)
{
    struct zone_row r;
    size_t n = strlen(name);

    for (size_t i = 0; i < ZONE_ROWS && rows[i]; i++) {
        size_t m;

        if (!zone_read(rows[i], &r) || r.name[0] == '+')
            continue;
        m = strlen(r.name);
        if (strcmp(r.name, name) == 0 ||
            (m > n && r.name[m - n - 1] == '.' && strcmp(r.name + m - n, name) == 0))
            return true;
    }
    return false;
}

/* *a holds what the answer points to. */
static inline struct rr_answer zone_ask(const char *const *rows, const struct rr_question *q,
                                        struct zone_answer *a)
{
    const char *type = rr_type_name(q->type);
    struct rr_answer out = {.ttl = ZONE_TTL, .name = q->name, .rrs = a->rrs};
    struct rr aliases[RR_ALIASES_MAX];
    struct zone_row r;
    char name[256];
    size_t n_aliases = 0;

    a->n = 0;
    snprintf(name, sizeof name, "%.*s", SPAN_ARG(q->name));
    for (size_t i = 0; i < ZONE_ROWS && rows[i]; i++) {
        if (!zone_read(rows[i], &r) || strcmp(r.name, name) != 0)
            continue;
        if (strcmp(r.type, type) == 0 && r.data[0] == '!') {
            out.verdict = strcmp(r.data, "!silence") == 0 ? RR_SILENT : RR_FAILED;
            out.why = "SERVFAIL";
            return out;
        }
        if (strcmp(r.type, type) == 0) {
            zone_add(a, name, q->type, r.data);
            out.n++;
        } else if (n_aliases < RR_ALIASES_MAX &&
                   (strcmp(r.type, "CNAME") == 0 || strcmp(r.type, "ALIAS") == 0)) {
            struct zone_answer *one = calloc(1, sizeof *one);

            zone_add(one, name, RR_CNAME, r.data);
            aliases[n_aliases] = one->rrs[0];
            aliases[n_aliases].name = aliases[n_aliases].alias = (struct span){0};
            n_aliases++;
            free(one);
            snprintf(name, sizeof name, "%s", r.data);
            out.name = zone_name(strcpy(a->names[RR_ANSWER_MAX - 1][0], name));
            if (strcmp(r.type, "ALIAS") == 0)
                break;
            i = (size_t)-1; /* from the start, for the new name */
        }
    }
    for (size_t i = 0; i < n_aliases; i++, out.more++)
        a->rrs[a->n++] = aliases[i];
    for (size_t i = 0; q->type == RR_SRV && i < ZONE_ROWS && rows[i]; i++)
        if (zone_read(rows[i], &r) && r.name[0] == '+') {
            zone_add(a, r.name + 1, strcmp(r.type, "A") == 0 ? RR_A : RR_AAAA, r.data);
            out.more++;
        }
    if (out.n == 0 && !zone_has(rows, name) && n_aliases == 0)
        out.verdict = RR_NO_NAME;
    return out;
}

#endif
