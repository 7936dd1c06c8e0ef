/* Rule documents: who may see what of a user (RFC 4745, RFC 5025), as plain data. What is not
 * understood grants nothing: a condition makes its rule one that never applies, a permission is not
 * given. Stays out: who somebody is (mapping/policy.h). */
#ifndef SIMPLE_DOC_AUTH_POLICY_H
#define SIMPLE_DOC_AUTH_POLICY_H

#include "base/arena.h"
#include "base/err.h"

#define AUTH_POLICY_TYPE "application/auth-policy+xml"

enum {
    AUTH_RULES_MAX = 256,    /* rules of a document */
    AUTH_PEOPLE_MAX = 1000,  /* <one>, <many> and <except> of all of them */
    AUTH_PERIODS_MAX = 256,  /* <from> with its <until> of all of them */
};

/* RFC 5025 3.2.1: a larger one grants more. */
enum auth_handling { AUTH_BLOCK, AUTH_CONFIRM, AUTH_POLITE_BLOCK, AUTH_ALLOW };

/* Somebody, or all of a domain. */
struct auth_whom {
    struct span id;     /* a URI; empty: a domain */
    struct span domain; /* as it was written */
};

/* RFC 4745 7.1: <one>, or <many> but some. */
struct auth_identity {
    bool many;
    struct auth_whom whom; /* of `many`: a domain, or, both empty, everybody */
    const struct auth_whom *except;
    size_t except_n;
};

struct auth_period { /* Unix seconds, RFC 4745 7.3: from <= now < until */
    int64_t from, until;
};

enum auth_input { AUTH_INPUT_NO, AUTH_INPUT_BARE, AUTH_INPUT_THRESHOLDS, AUTH_INPUT_FULL };

/* RFC 5025 3.3: what is given. Parts that are given in part only (by class, by service) are not. */
struct auth_provide {
    bool services, persons, devices, activities, notes;
    enum auth_input input;
};

struct auth_rule {
    struct span id;
    bool never;    /* it has a condition that is not understood: a sphere, or one of others' */
    bool for_all;  /* it says nothing of who */
    const struct auth_identity *people;
    size_t people_n;
    bool always; /* it says nothing of when */
    const struct auth_period *periods;
    size_t periods_n;
    enum auth_handling handling; /* AUTH_BLOCK, too, where it says nothing */
    struct auth_provide provide;
};

struct auth_policy {
    const struct auth_rule *rules;
    size_t n;
};

/* Reads a document; all of it lies in the arena. ERR_SYNTAX: no well-formed XML, a DTD, a rule
 * without an id, a time or a sub-handling that is none; ERR_UNSUPPORTED: another root; ERR_FULL:
 * over a limit above, or of xml.h. */
enum err auth_policy_parse(struct span doc, struct arena *a, struct auth_policy *out);

#endif
