#include "simple/core_priv.h"

int64_t core_unix(const struct sip_core *c, uint64_t now)
{
    return ((int64_t)now + c->unix_ms_less_now) / 1000;
}

bool core_can_reach(const struct sip_core *c, const struct sip_hop *hop, struct span uri)
{
    bool safe = hop->transport == SIP_TRANSPORT_TLS || hop->transport == SIP_TRANSPORT_WSS;

    if (core_is_secure(uri) && !safe)
        return false;
    if (hop->transport <= SIP_TRANSPORT_OTHER || (int)hop->transport >= SIP_TRANSPORTS ||
        !c->names[hop->transport].sent_by.n)
        return false;
    return hop->addr.family ? sip_addr_is_unicast(&hop->addr) : hop->flow != 0;
}

/* What we are called by who is reached over that hop. */
static const struct core_name *name_for(const struct sip_core *c, const struct sip_hop *hop)
{
    bool v6 = hop->addr.family == 6 && c->names_v6[hop->transport].sent_by.n;

    return v6 ? &c->names_v6[hop->transport] : &c->names[hop->transport];
}

void core_put_via(const struct sip_core *c, struct buf *b, const struct client_txn *t)
{
    buf_add(b, name_for(c, &t->hop)->via);
    buf_put(b, t->branch, CLIENT_BRANCH);
    if (t->hop.transport == SIP_TRANSPORT_UDP)
        BUF_LIT(b, ";rport"); /* S-159, RFC 3581 3 */
    else if (t->hop.transport == SIP_TRANSPORT_TLS && t->hop.domain)
        BUF_LIT(b, ";alias"); /* RFC 5923 8.1: their requests may come back over this connection */
    BUF_LIT(b, "\r\n");
}

void core_put_contact(const struct sip_core *c, struct buf *b, const struct sip_hop *hop,
                      bool secure)
{
    static const char *const words[SIP_TRANSPORTS] = {
        [SIP_TRANSPORT_TCP] = ";transport=tcp",
        [SIP_TRANSPORT_TLS] = ";transport=tls",
        [SIP_TRANSPORT_WS] = ";transport=ws",
        [SIP_TRANSPORT_WSS] = ";transport=ws", /* RFC 7118 5.2.2: one name for both */
    };

    if (secure)
        BUF_LIT(b, "Contact: <sips:");
    else
        BUF_LIT(b, "Contact: <sip:");
    buf_add(b, name_for(c, hop)->sent_by);
    if (words[hop->transport] && !(secure && hop->transport == SIP_TRANSPORT_TLS))
        buf_str(b, words[hop->transport]);
    BUF_LIT(b, ">\r\n");
}

bool core_is_secure(struct span uri)
{
    return span_case_starts(uri, SPAN("sips:"));
}

struct buf *core_scratch(struct sip_core *c)
{
    buf_reset(&c->scratch);
    return &c->scratch;
}

void core_tell(struct sip_core *c, const struct sip_core_event *ev)
{
    c->current = *ev;
    c->has_current = true;
}

struct dialog *core_dialog(const struct sip_core *c, const struct sip_msg *m, enum dialog_role role)
{
    struct dialog *d = m->to.tag.n ? table_find(&c->dialogs, m->to.tag) : NULL;

    return d && d->role == role && dialog_is(d, m) ? d : NULL;
}

uint32_t core_retry_after(const struct sip_msg *m)
{
    uint32_t seconds;

    if (!m || !sip_retry_after_parse(sip_msg_value(m, SIP_HDR_RETRY_AFTER), &seconds))
        return 0;
    return seconds < CORE_EXPIRES_MAX ? seconds : CORE_EXPIRES_MAX;
}

bool core_ends_subscription(int status)
{
    static const short ends[] = {404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (ends[i] == status)
            return true;
    }
    return false;
}

void core_refuse(struct sip_core *c, const struct sip_hop *from, const struct txn_key *key,
                 int status, struct span reason, struct span headers)
{
    server_refuse(&c->server, &c->msg, from, key,
                  &(struct sip_answer){.status = status, .reason = reason, .headers = headers});
}
