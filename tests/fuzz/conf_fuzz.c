/* Any octets as a configuration file: read, checked, compared with the defaults. */
#include <stdlib.h>

#include "gateway/conf/conf.h"
#include "gateway/conf/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct conf *begin(struct conf_errors *errs)
{
    struct conf *c = calloc(1, sizeof *c);

    if (!c)
        abort();
    c->name = "fuzz.yaml";
    c->folder = "/nonexistent";
    conf_read_standards(c, errs);
    return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct conf_errors errs = {0};
    struct conf *standards = begin(&errs), *c = begin(&errs);
    const char *keys[32];
    struct sockaddr_in6 from = {.sin6_family = AF_INET6};

    if (errs.errors)
        abort(); /* the defaults are good */
    conf_read_text(c, span_of(p, n), &errs);
    (void)conf_check(c, &errs);
    (void)conf_diff(standards, c, keys, 32);
    for (size_t i = 0; i < c->peer_count; i++)
        (void)conf_peer_sends_from(&c->peers[i], CONF_UDP, (struct sockaddr *)&from);
    for (size_t i = 0; i < errs.n; i++)
        if (!errs.at[i].text || strchr(errs.at[i].text, '\n'))
            abort(); /* one line each */
    conf_free(standards);
    conf_free(c);
    conf_errors_fini(&errs);
    return 0;
}
