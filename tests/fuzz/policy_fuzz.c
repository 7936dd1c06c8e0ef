/* Any octets as a rule document: read, compiled, and asked about two watchers. Who is not named by
 * a rule, and with whom none is for all, sees nothing. */
#include <stdlib.h>

#include "mapping/policy.h"
#include "simple/doc/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const struct span own = {(const uint8_t *)"aim.example", 11};
static const struct name_rules rules = {.own = &own, .own_count = 1};

static bool grants(const struct auth_policy *doc)
{
    for (size_t i = 0; i < doc->n; i++)
        if (!doc->rules[i].never && doc->rules[i].handling != AUTH_BLOCK)
            return true;
    return false;
}

static void ask(const struct policy *p, const struct auth_policy *doc, struct span name, bool local)
{
    int64_t now = 0;

    for (unsigned i = 0; i < 8 && now < INT64_MAX; i++, now = policy_turns(p, now))
        if (policy_judge(p, &(struct policy_watcher){name, local}, now).handling != AUTH_BLOCK &&
            !grants(doc))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena a = {0};
    struct auth_policy doc;
    struct policy *policy;

    xml_init();
    if (auth_policy_parse(span_of(p, n), &a, &doc) == OK) {
        if (doc.n > AUTH_RULES_MAX)
            abort();
        policy = policy_new(&doc, &rules);
        if (!policy)
            abort();
        ask(policy, &doc, SPAN("bob@example.com"), false);
        ask(policy, &doc, SPAN("dave"), true);
        policy_free(policy);
    }
    arena_fini(&a);
    return 0;
}
