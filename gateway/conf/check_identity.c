#include "gateway/conf/check_identity.h"

#include <time.h>

#include "gateway/conf/cert.h"
#include "gateway/conf/cert_name.h"
#include "gateway/conf/check_file.h"

struct check {
    const struct conf *conf;
    struct conf_errors *errs;
    const struct conf_peer *peer;
    int64_t now;
};

enum { NAME_MAX_LEN = 48 };
static struct conf_place place(const struct check *k, int line, const char *key,
                               char name[NAME_MAX_LEN])
{
    (void)snprintf(name, NAME_MAX_LEN, "peers[%zu].%s", (size_t)(k->peer - k->conf->peers), key);
    return (struct conf_place){k->conf->name, line, name};
}

/* RFC 8224 6.2: the signer must be one who may speak for the domain. */
static void check_domain(const struct check *k, struct conf_place at, const char *path,
                         const X509 *cert)
{
    struct cert_names names = {0};

    cert_names_read(&names, cert);
    if (k->peer->domain && !cert_names_have(&names, span_str(k->peer->domain)))
        conf_errors_add(k->errs, at,
                        "%s names %s%.*s, not %s: nothing signed with it is good there; name the "
                        "certificate of that domain",
                        path, names.n ? "" : "no domain",
                        SPAN_ARG(span_trim(buf_span(&names.text))), k->peer->domain);
    cert_names_fini(&names);
}

static void check_key(const struct check *k, const struct conf_credential *key)
{
    char name[NAME_MAX_LEN];
    struct conf_place at = place(k, key->line, "identity_keys", name);
    X509 *cert = NULL;
    const char *wrong;

    for (const struct conf_credential *other = k->peer->identity_keys.at; other < key; other++)
        if (strcmp(other->info, key->info) == 0)
            conf_errors_add(k->errs, at, "%s stands there twice, first in line %d; keep one",
                            key->info, other->line);
    if (!conf_check_file(k->errs, at, key->path))
        return;
    wrong = cert_read_signer(key->path, &cert);
    if (wrong) {
        conf_errors_add(k->errs, at, "%s: %s", key->path, wrong);
        return;
    }
    check_domain(k, at, key->path, cert);
    conf_check_dates(k->errs, at, cert, k->now);
    X509_free(cert);
}

void conf_check_identity(const struct conf *c, struct conf_errors *errs)
{
    struct check k = {c, errs, NULL, (int64_t)time(NULL)};
    char name[NAME_MAX_LEN];

    for (size_t i = 0; i < c->peer_count; i++) {
        const struct conf_credentials *keys = &c->peers[i].identity_keys;

        k.peer = &c->peers[i];
        if (k.peer->identity == CONF_IDENTITY_REQUIRED && keys->n == 0)
            conf_errors_add(
                errs, place(&k, k.peer->line, "identity", name),
                "no certificate is named that a signature could be verified with, so all "
                "would be refused; name one in identity_keys");
        if (k.peer->identity == CONF_IDENTITY_OFF && keys->n > 0)
            conf_errors_warn(errs, place(&k, keys->at[0].line, "identity_keys", name),
                             "identity is off, so nobody looks at them; remove one of the two");
        for (size_t j = 0; j < keys->n; j++)
            check_key(&k, &keys->at[j]);
    }
}
