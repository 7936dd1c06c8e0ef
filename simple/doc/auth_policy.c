#include "simple/doc/auth_policy.h"

#include "simple/doc/xml.h"
#include "simple/doc/xml_time.h"

/* A document while it is read. */
struct reading {
    struct arena *a;
    size_t people, periods; /* so far */
    enum err e;             /* the first that is wrong */
};

static void wrong(struct reading *r, enum err e)
{
    if (r->e == OK)
        r->e = e;
}

static bool is_common(const struct xml_node *n, const char *name)
{
    return xml_is(n, XML_NS_COMMON_POLICY, name);
}

static size_t count_children(const struct xml_node *n)
{
    size_t count = 0;

    for (const struct xml_node *c = n->child; c; c = c->next)
        count++;
    return count;
}

/* Room for so many; NULL, and wrong: there is none. */
static void *room(struct reading *r, size_t n, size_t each)
{
    void *p = arena_alloc(r->a, (n + 1) * each);

    if (!p)
        wrong(r, ERR_NOMEM);
    return p;
}

/* ---- conditions (RFC 4745 7) ---- */

static struct auth_whom read_whom(const struct xml_node *n)
{
    return (struct auth_whom){.id = span_trim(xml_attr(n, "id")),
                              .domain = span_trim(xml_attr(n, "domain"))};
}

/* False: it takes somebody out in a way that is not understood: nobody is meant. */
static bool read_many(struct reading *r, const struct xml_node *n, struct auth_identity *out)
{
    struct auth_whom *v = room(r, count_children(n), sizeof *v);

    *out = (struct auth_identity){
        .many = true, .whom.domain = span_trim(xml_attr(n, "domain")), .except = v};
    for (const struct xml_node *c = n->child; v && c; c = c->next) {
        struct auth_whom *whom = &v[out->except_n++];

        if (!is_common(c, "except"))
            return false;
        r->people++;
        *whom = read_whom(c);
        if (!whom->id.n == !whom->domain.n)
            wrong(r, ERR_SYNTAX);
    }
    return true;
}

/* RFC 4745 7.1: any of its children. */
static void read_identity(struct reading *r, const struct xml_node *n, struct auth_rule *rule)
{
    struct auth_identity *v = room(r, count_children(n), sizeof *v);

    rule->for_all = false;
    rule->people = v;
    for (const struct xml_node *c = n->child; v && c; c = c->next) {
        r->people++;
        if (is_common(c, "one"))
            v[rule->people_n++] = (struct auth_identity){.whom.id = span_trim(xml_attr(c, "id"))};
        else if (is_common(c, "many") && read_many(r, c, &v[rule->people_n]))
            rule->people_n++;
    }
}

static int64_t read_time(struct reading *r, const struct xml_node *n)
{
    int64_t t = 0;

    if (!xml_time_parse(span_trim(n->text), &t))
        wrong(r, ERR_SYNTAX);
    return t;
}

/* RFC 4745 7.3: pairs of <from> and <until>; any of them. */
static void read_validity(struct reading *r, const struct xml_node *n, struct auth_rule *rule)
{
    struct auth_period *v = room(r, count_children(n) / 2, sizeof *v);

    rule->always = false;
    rule->periods = v;
    for (const struct xml_node *c = n->child; v && c; c = c->next->next) {
        if (!is_common(c, "from") || !c->next || !is_common(c->next, "until")) {
            wrong(r, ERR_SYNTAX);
            return;
        }
        r->periods++;
        v[rule->periods_n++] = (struct auth_period){read_time(r, c), read_time(r, c->next)};
    }
}

/* All must hold (RFC 4745 7); one that is not known does not. */
static void read_conditions(struct reading *r, const struct xml_node *n, struct auth_rule *rule)
{
    for (const struct xml_node *c = n ? n->child : NULL; c; c = c->next) {
        if (is_common(c, "identity") && rule->for_all)
            read_identity(r, c, rule);
        else if (is_common(c, "validity") && rule->always)
            read_validity(r, c, rule);
        else
            rule->never = true;
    }
}

/* ---- what is granted ---- */

static const struct xml_node *presence(const struct xml_node *n, const char *name)
{
    return n ? xml_child(n, XML_NS_PRES_RULES, name) : NULL;
}

/* RFC 5025 3.2.1. */
static void read_actions(struct reading *r, const struct xml_node *n, struct auth_rule *rule)
{
    static const char *const words[] = {[AUTH_BLOCK] = "block",
                                        [AUTH_CONFIRM] = "confirm",
                                        [AUTH_POLITE_BLOCK] = "polite-block",
                                        [AUTH_ALLOW] = "allow"};
    const struct xml_node *is = presence(n, "sub-handling");

    if (!is)
        return;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (span_is(span_trim(is->text), words[i])) {
            rule->handling = (enum auth_handling)i;
            return;
        }
    wrong(r, ERR_SYNTAX);
}

static bool is_true(const struct xml_node *n)
{
    struct span text = n ? span_trim(n->text) : (struct span){0};

    return span_is(text, "true") || span_is(text, "1");
}

/* All of that kind of part, not some of them. */
static bool is_whole(const struct xml_node *n, const char *kind, const char *all)
{
    const struct xml_node *part = presence(n, kind);

    return part && presence(part, all);
}

static enum auth_input read_input(const struct xml_node *n)
{
    static const char *const words[] = {[AUTH_INPUT_NO] = "false",
                                        [AUTH_INPUT_BARE] = "bare",
                                        [AUTH_INPUT_THRESHOLDS] = "thresholds",
                                        [AUTH_INPUT_FULL] = "full"};

    for (size_t i = 0; n && i < sizeof words / sizeof *words; i++)
        if (span_is(span_trim(n->text), words[i]))
            return (enum auth_input)i;
    return AUTH_INPUT_NO;
}

/* RFC 5025 3.3. */
static void read_transformations(const struct xml_node *n, struct auth_provide *out)
{
    bool all = presence(n, "provide-all-attributes");

    *out = (struct auth_provide){.services = is_whole(n, "provide-services", "all-services"),
                                 .persons = is_whole(n, "provide-persons", "all-persons"),
                                 .devices = is_whole(n, "provide-devices", "all-devices"),
                                 .activities = all || is_true(presence(n, "provide-activities")),
                                 .notes = all || is_true(presence(n, "provide-note")),
                                 .input = all ? AUTH_INPUT_FULL
                                              : read_input(presence(n, "provide-user-input"))};
}

/* ---- the document ---- */

static void read_rule(struct reading *r, const struct xml_node *n, struct auth_rule *out)
{
    *out = (struct auth_rule){.id = xml_attr(n, "id"), .for_all = true, .always = true};
    if (out->id.n == 0)
        wrong(r, ERR_SYNTAX);
    read_conditions(r, xml_child(n, XML_NS_COMMON_POLICY, "conditions"), out);
    read_actions(r, xml_child(n, XML_NS_COMMON_POLICY, "actions"), out);
    read_transformations(xml_child(n, XML_NS_COMMON_POLICY, "transformations"), &out->provide);
    if (r->people > AUTH_PEOPLE_MAX || r->periods > AUTH_PERIODS_MAX)
        wrong(r, ERR_FULL);
}

enum err auth_policy_parse(struct span doc, struct arena *a, struct auth_policy *out)
{
    struct reading r = {.a = a};
    const struct xml_node *root;
    struct auth_rule *v;

    *out = (struct auth_policy){0};
    r.e = xml_parse(doc, a, &root);
    if (r.e)
        return r.e;
    if (!is_common(root, "ruleset"))
        return ERR_UNSUPPORTED;
    if (count_children(root) > AUTH_RULES_MAX)
        return ERR_FULL;
    v = room(&r, count_children(root), sizeof *v);
    for (const struct xml_node *n = root->child; v && n && !r.e; n = n->next)
        if (is_common(n, "rule"))
            read_rule(&r, n, &v[out->n++]);
    out->rules = v;
    return r.e;
}
