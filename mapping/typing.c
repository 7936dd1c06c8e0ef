/* Who is typing: when a status leaves for SIP, and when an AIM client is told. */
#include "mapping/typing.h"

static uint64_t seconds(uint64_t n)
{
    return n * 1000;
}

/* The first status follows a content message of the last day, and none comes where one was refused.
 */
static bool may_send(const struct typing_to_sip *t, bool allowed, uint64_t now)
{
    return allowed && t->content > 0 && now - t->content < seconds(TYPING_DAY_S) &&
           now >= t->quiet_until;
}

static enum typing_send say_active(struct typing_to_sip *t, bool allowed, uint64_t now)
{
    if (!may_send(t, allowed, now))
        return TYPING_SEND_NOTHING;
    t->active = true;
    t->again = now + seconds(TYPING_REFRESH_S);
    return TYPING_SEND_ACTIVE;
}

enum typing_send typing_event(struct typing_to_sip *t, uint16_t event, bool allowed, uint64_t now)
{
    bool was = t->active;

    if (event == AIM_TYPING_BEGUN)
        return was && now < t->again ? TYPING_SEND_NOTHING : say_active(t, allowed, now);
    t->active = false;
    t->again = 0;
    return was && may_send(t, allowed, now) ? TYPING_SEND_IDLE : TYPING_SEND_NOTHING;
}

void typing_dropped(struct typing_to_sip *t)
{
    t->active = false;
    t->again = 0;
}

enum typing_send typing_tick(struct typing_to_sip *t, bool allowed, uint64_t now)
{
    if (!t->active || now < t->again)
        return TYPING_SEND_NOTHING;
    t->again = now + seconds(TYPING_REFRESH_S); /* dropped ones are not made up for */
    return say_active(t, allowed, now);
}

uint64_t typing_deadline(const struct typing_to_sip *t)
{
    return t->active ? t->again : UINT64_MAX;
}

void typing_heard(struct typing_to_sip *t, uint64_t now)
{
    t->content = now > 0 ? now : 1;
}

void typing_content(struct typing_to_sip *t, uint64_t now)
{
    typing_heard(t, now);
    t->active = false;
    t->again = 0;
}

void typing_refused(struct typing_to_sip *t, uint64_t now)
{
    t->active = false;
    t->again = 0;
    t->quiet_until = now + seconds(TYPING_DAY_S);
}

bool typing_state(struct typing_from_sip *t, bool active, unsigned refresh_s, uint64_t now,
                  enum aim_typing *event)
{
    unsigned lasts = refresh_s ? refresh_s : TYPING_REFRESH_DEFAULT_S;

    if (!active)
        return typing_over(t, event);
    if (lasts > TYPING_DAY_S)
        lasts = TYPING_DAY_S;
    *event = AIM_TYPING_BEGUN;
    t->until = now + seconds(lasts);
    return true;
}

bool typing_over(struct typing_from_sip *t, enum aim_typing *event)
{
    bool was = t->until != 0;

    *event = AIM_TYPING_NONE;
    t->until = 0;
    return was;
}

bool typing_due(const struct typing_from_sip *t, uint64_t now)
{
    return t->until != 0 && now >= t->until;
}
