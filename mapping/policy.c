#include "mapping/policy.h"

#include <stdlib.h>

/* S-359: octets without escapes, hosts as A-labels; sip, sips, im and pres of one address are
 * one. */
struct whom {
    struct span name;   /* as policy_watcher has it; empty: a domain */
    bool local;         /* of `name` */
    struct span domain; /* empty, as `name`: everybody */
    bool nobody;        /* it names none that there can be */
};

struct identity {
    struct whom whom;
    const struct whom *except;
    size_t except_n;
};

struct rule {
    const struct auth_rule *says; /* when, and what; a copy */
    const struct identity *people;
    size_t n;
};

struct policy {
    struct arena arena;
    struct span own; /* our domain */
    struct rule *rules;
    size_t n;
};

/* ---- compiling ---- */

struct compiling {
    struct policy *p;
    const struct name_rules *rules;
    struct arena scratch;
};

static void take_id(struct compiling *c, struct span uri, struct whom *out)
{
    struct address a;
    struct buf key = {0};

    out->nobody = true;
    if (uri_to_address(uri, c->rules, &c->scratch, &a))
        return; /* a tel: URI, a host that is none */
    out->local = address_is_own(c->rules, &a);
    if (out->local)
        buf_add(&key, a.user);
    else
        address_key(&key, c->rules, &a);
    out->nobody = false;
    out->name = arena_copy(&c->p->arena, buf_span(&key));
    c->p->arena.bad |= !buf_ok(&key);
    buf_fini(&key);
}

static void take_domain(struct compiling *c, struct span domain, struct whom *out)
{
    struct span host;

    out->nobody = host_norm(&c->scratch, domain, c->rules, &host) != OK;
    if (!out->nobody)
        out->domain = host_is_own(c->rules, host) ? c->p->own : arena_copy(&c->p->arena, host);
}

static struct whom take_whom(struct compiling *c, const struct auth_whom *in)
{
    struct whom out = {0};

    if (in->id.n)
        take_id(c, in->id, &out);
    else if (in->domain.n)
        take_domain(c, in->domain, &out);
    else
        out.nobody = true;
    return out;
}

static void take_identity(struct compiling *c, const struct auth_identity *in, struct identity *out)
{
    struct whom *except = arena_alloc(&c->p->arena, (in->except_n + 1) * sizeof *except);

    *out = (struct identity){.except = except};
    if (!in->many || in->whom.domain.n)
        out->whom = take_whom(c, &in->whom);
    for (size_t i = 0; except && i < in->except_n; i++)
        except[out->except_n++] = take_whom(c, &in->except[i]);
}

static void take_rule(struct compiling *c, const struct auth_rule *in, struct rule *out)
{
    struct arena *a = &c->p->arena;
    struct auth_rule *says = arena_alloc(a, sizeof *says);
    struct auth_period *periods = arena_alloc(a, (in->periods_n + 1) * sizeof *periods);
    struct identity *people = arena_alloc(a, (in->people_n + 1) * sizeof *people);

    if (!says || !periods || !people)
        return;
    *says = *in;
    says->id = (struct span){0};
    says->people = NULL;
    if (in->periods_n)
        memcpy(periods, in->periods, in->periods_n * sizeof *periods);
    says->periods = periods;
    *out = (struct rule){.says = says, .people = people};
    for (size_t i = 0; i < in->people_n; i++)
        take_identity(c, &in->people[i], &people[out->n++]);
}

struct policy *policy_new(const struct auth_policy *doc, const struct name_rules *rules)
{
    struct policy *p = calloc(1, sizeof *p);
    struct compiling c = {.p = p, .rules = rules};

    if (!p)
        return NULL;
    if (rules->own_count)
        p->own = arena_copy(&p->arena, rules->own[0]);
    p->rules = arena_alloc(&p->arena, (doc->n + 1) * sizeof *p->rules);
    for (size_t i = 0; arena_ok(&p->arena) && i < doc->n; i++)
        take_rule(&c, &doc->rules[i], &p->rules[p->n++]);
    if (!arena_ok(&p->arena) || !arena_ok(&c.scratch)) {
        policy_free(p);
        p = NULL;
    }
    arena_fini(&c.scratch);
    return p;
}

void policy_free(struct policy *p)
{
    if (!p)
        return;
    arena_fini(&p->arena);
    free(p);
}

/* ---- asking ---- */

/* A watcher, and his domain. */
struct asked {
    const struct policy_watcher *who;
    struct span domain;
};

static bool is_meant(const struct whom *w, const struct asked *by)
{
    if (w->nobody)
        return false;
    if (w->name.n)
        return w->local == by->who->local && span_eq(w->name, by->who->name);
    return w->domain.n == 0 || span_eq(w->domain, by->domain);
}

static bool is_among(const struct identity *id, const struct asked *by)
{
    if (!is_meant(&id->whom, by))
        return false;
    for (size_t i = 0; i < id->except_n; i++)
        if (is_meant(&id->except[i], by))
            return false;
    return true;
}

static bool is_for(const struct rule *r, const struct asked *by)
{
    for (size_t i = 0; i < r->n; i++)
        if (is_among(&r->people[i], by))
            return true;
    return r->says->for_all;
}

static bool is_now(const struct auth_rule *says, int64_t now)
{
    for (size_t i = 0; i < says->periods_n; i++)
        if (says->periods[i].from <= now && now < says->periods[i].until)
            return true;
    return says->always;
}

static void add(struct policy_says *sum, const struct auth_rule *r)
{
    const struct auth_provide *p = &r->provide;

    if (r->handling > sum->handling)
        sum->handling = r->handling;
    sum->provide.services |= p->services;
    sum->provide.persons |= p->persons;
    sum->provide.devices |= p->devices;
    sum->provide.activities |= p->activities;
    sum->provide.notes |= p->notes;
    if ((enum presence_input)p->input > sum->provide.input)
        sum->provide.input = (enum presence_input)p->input;
}

struct policy_says policy_judge(const struct policy *p, const struct policy_watcher *who,
                                int64_t now)
{
    struct policy_says sum = {.handling = AUTH_BLOCK};
    struct asked by = {who,
                       who->local ? p->own : span_skip(who->name, span_find(who->name, '@') + 1)};

    for (size_t i = 0; i < p->n; i++)
        if (!p->rules[i].says->never && is_for(&p->rules[i], &by) && is_now(p->rules[i].says, now))
            add(&sum, p->rules[i].says);
    return sum;
}

static void sooner(int64_t *next, int64_t t, int64_t now)
{
    if (t > now && t < *next)
        *next = t;
}

int64_t policy_turns(const struct policy *p, int64_t now)
{
    int64_t next = INT64_MAX;

    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->rules[i].says->periods_n; k++) {
            sooner(&next, p->rules[i].says->periods[k].from, now);
            sooner(&next, p->rules[i].says->periods[k].until, now);
        }
    return next;
}
