#include "mapping/privacy.h"

#include "mapping/name.h"

static bool listed(const struct privacy *p, enum privacy_list list, struct span name)
{
    return p->has && p->has(p->lists, list, name);
}

enum privacy_mode privacy_mode_of(const struct privacy *p)
{
    if (p->mode != PRIVACY_UNSET)
        return p->mode;
    return p->any_denied ? PRIVACY_DENY_LISTED : PRIVACY_PERMIT_ALL;
}

/* What the mode alone says. */
static bool mode_allows(const struct privacy *p, struct span name)
{
    switch (privacy_mode_of(p)) {
    case PRIVACY_DENY_ALL: return false;
    case PRIVACY_PERMIT_LISTED: return listed(p, PRIVACY_PERMITTED, name);
    case PRIVACY_DENY_LISTED: return !listed(p, PRIVACY_DENIED, name);
    case PRIVACY_PERMIT_BUDDIES: return listed(p, PRIVACY_BUDDIES, name);
    case PRIVACY_UNSET:
    case PRIVACY_PERMIT_ALL: break;
    }
    return true; /* deny items do not count when all are permitted */
}

enum privacy_verdict privacy_presence(const struct privacy *p, const struct privacy_other *who)
{
    if (who->domain_denied)
        return PRIVACY_REFUSE_DOMAIN;
    if (who->anonymous || who->blocked || !mode_allows(p, who->name))
        return PRIVACY_BLOCK;
    if (p->icq && listed(p, PRIVACY_DENIED, who->name))
        return PRIVACY_BLOCK; /* on the invisible list, in whichever mode */
    if (p->invisible && !(p->icq && listed(p, PRIVACY_PERMITTED, who->name)))
        return PRIVACY_BLOCK;
    return p->confirm && !who->authorised ? PRIVACY_CONFIRM : PRIVACY_ALLOW;
}

enum privacy_verdict privacy_message(const struct privacy *p, const struct privacy_other *who)
{
    if (who->domain_denied)
        return PRIVACY_REFUSE_DOMAIN;
    if (who->anonymous)
        return PRIVACY_REFUSE_ANONYMOUS;
    if (who->blocked || privacy_ignores(p, who->name) || !mode_allows(p, who->name))
        return PRIVACY_BLOCK;
    return PRIVACY_ALLOW;
}

bool privacy_ignores(const struct privacy *p, struct span name)
{
    return listed(p, PRIVACY_IGNORED, name);
}

enum privacy_mode privacy_mode_after_add(bool permit, struct span own, struct span first,
                                         size_t names)
{
    if (names == 1 && name_same(own, first))
        return permit ? PRIVACY_DENY_ALL : PRIVACY_PERMIT_ALL;
    return permit ? PRIVACY_PERMIT_LISTED : PRIVACY_DENY_LISTED;
}
