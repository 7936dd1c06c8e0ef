#include "simple/event/publish.h"

#include "simple/wire/print.h"
#include "simple/wire/scan.h"

static enum publish_action refuse(struct publish_result *out, int status, const char *text)
{
    out->action = PUBLISH_REFUSE;
    out->status = status;
    out->text = text ? text : sip_reason(status);
    return PUBLISH_REFUSE;
}

static bool is_presence(const struct sip_msg *m)
{
    struct sip_event e;

    return sip_event_parse(sip_msg_value(m, SIP_HDR_EVENT), &e) && span_is(e.package, "presence");
}

static bool is_pidf(const struct sip_msg *m)
{
    struct sip_type t;

    return sip_type_parse(sip_msg_value(m, SIP_HDR_CONTENT_TYPE), &t) &&
           sip_type_is(&t, "application", "pidf+xml");
}

/* entity-tag = token, and only one (RFC 3903 6 step 3). */
static bool read_if_match(const struct sip_msg *m, struct span *out)
{
    const struct sip_hdr *h = sip_msg_hdr(m, SIP_HDR_SIP_IF_MATCH);
    struct span s = h->value;

    *out = scan_token(&s);
    return out->n > 0 && s.n == 0 && !h->next;
}

static size_t count_live(const struct publication *have, size_t n, uint64_t now)
{
    size_t live = 0;

    for (size_t i = 0; i < n; i++)
        live += have[i].expires_at > now;
    return live;
}

static bool find_live(const struct publication *have, size_t n, struct span etag, uint64_t now,
                      size_t *index)
{
    for (*index = 0; *index < n; ++*index)
        if (have[*index].expires_at > now && span_eq(have[*index].etag, etag))
            return true;
    return false;
}

/* Expires as granted, or a refusal (RFC 3903 6 step 4). */
static bool grant(const struct publish_conf *conf, const struct sip_msg *m,
                  struct publish_result *out)
{
    uint32_t min = conf->expires_min ? conf->expires_min : PUBLISH_EXPIRES_MIN;
    uint32_t max = conf->expires_max ? conf->expires_max : PUBLISH_EXPIRES_MAX;

    out->expires = conf->expires ? conf->expires : PUBLISH_EXPIRES;
    if (sip_msg_has(m, SIP_HDR_EXPIRES) &&
        !sip_seconds_parse(sip_msg_value(m, SIP_HDR_EXPIRES), &out->expires)) {
        refuse(out, 400, "Malformed Expires");
        return false;
    }
    if (out->expires > 0 && out->expires < min) {
        out->min_expires = min;
        refuse(out, 423, NULL);
        return false;
    }
    if (out->expires > max)
        out->expires = max;
    return true;
}

/* What is to be done, now that all but the body has been found good. */
static enum publish_action decide(const struct sip_msg *m, bool known, struct publish_result *out)
{
    bool body = m->body.n > 0;

    if (known && out->expires == 0)
        return PUBLISH_REMOVE;
    if (known && !body)
        return PUBLISH_REFRESH;
    if (!body)
        return refuse(out, 400, "Missing Body");
    if (!is_pidf(m))
        return refuse(out, 415, NULL);
    if (known)
        return PUBLISH_MODIFY;
    return out->expires == 0 ? PUBLISH_NOTHING : PUBLISH_CREATE;
}

enum publish_action publish_check(const struct publish_conf *conf, const struct publication *have,
                                  size_t n, const struct sip_msg *request, uint64_t now,
                                  struct publish_result *out)
{
    struct span etag;
    bool known = sip_msg_has(request, SIP_HDR_SIP_IF_MATCH);

    *out = (struct publish_result){.status = 200, .text = sip_reason(200)};
    if (!is_presence(request))
        return refuse(out, 489, NULL);
    if (known) {
        if (!read_if_match(request, &etag))
            return refuse(out, 400, "Malformed SIP-If-Match");
        if (!find_live(have, n, etag, now, &out->index))
            return refuse(out, 412, NULL);
    }
    if (!grant(conf, request, out))
        return PUBLISH_REFUSE;
    out->action = decide(request, known, out);
    if (out->action == PUBLISH_CREATE && count_live(have, n, now) >= PUBLISH_LIVE_MAX)
        return refuse(out, 480, "Too Many Publications");
    return out->action;
}
