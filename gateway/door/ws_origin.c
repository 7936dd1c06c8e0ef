#include "gateway/door/ws_origin.h"

#include "gateway/conf/address.h"

static bool host_of(struct span hostport, struct span *host)
{
    uint16_t port;

    return conf_hostport_split(hostport, host, &port) == NULL && host->n > 0;
}

/* What nobody else can make lead to this machine. */
static bool is_ours(struct span host, struct span own_domain)
{
    struct conf_address numeric;

    return span_case_is(host, "localhost") || span_case_eq(host, own_domain) ||
           conf_address_parse(host, 0, &numeric) == NULL;
}

bool ws_origin_is_welcome(const struct conf_origins *allowed, struct span origin, struct span host,
                          struct span own_domain)
{
    static const char *const schemes[] = {"http://", "https://"};
    struct span page = origin, asked;

    if (!origin.n)
        return true;
    for (size_t i = 0; i < allowed->n; i++)
        if (span_case_is(origin, allowed->at[i]) || strcmp(allowed->at[i], "*") == 0)
            return true;
    if (allowed->n)
        return false;
    for (size_t i = 0; i < 2; i++)
        if (span_case_starts(origin, span_str(schemes[i])))
            page = span_skip(origin, strlen(schemes[i]));
    return page.n < origin.n && host_of(page, &page) && host_of(host, &asked) &&
           span_case_eq(page, asked) && is_ours(asked, own_domain);
}
