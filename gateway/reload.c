#include "gateway/reload.h"

#include "gateway/cert_watch.h"
#include "gateway/flow/strangers.h"
#include "gateway/flow/presence.h"
#include "gateway/net/tls.h"
#include "gateway/peer/credentials.h"
#include "gateway/peer/locator.h"
#include "gateway/peer/names.h"
#include "gateway/peer/peers.h"

/* What may change while we run. What may not stays in w->conf as it was; `fresh` owns the rest from
 * here on. */
static void take_live(struct worker *w, struct conf *fresh)
{
    w->conf->oscar.advertise = fresh->oscar.advertise;
    w->conf->oscar.rate_limits = fresh->oscar.rate_limits;
    w->conf->sip.ws_origins = fresh->sip.ws_origins;
    w->conf->peers = fresh->peers;
    w->conf->peer_count = fresh->peer_count;
    w->conf->tls.certificate = fresh->tls.certificate;
    w->conf->tls.key = fresh->tls.key;
    w->conf->tls.ca = fresh->tls.ca;
    w->conf->tls.crl = fresh->tls.crl;
    w->conf->identity = fresh->identity;
    w->conf->dns = fresh->dns;
    w->conf->sip.probe = fresh->sip.probe;
    w->conf->sip.publish = fresh->sip.publish;
    w->conf->limits = fresh->limits;
    w->conf->users.hide_existence = fresh->users.hide_existence;
    w->conf->users.block_style = fresh->users.block_style;
    w->conf->users = fresh->users;
    w->log.level = fresh->log.level;
    w->log.json = fresh->log.format == CONF_LOG_JSON;
    conf_free(w->live);
    w->live = fresh;
}

/* What the operator wants of all accounts has changed. */
static void reload_rules(struct worker *w)
{
    size_t at = 0;

    for (struct person *p = NULL; (p = table_next(&w->people->by_key, &at));) {
        if (!p->account || account_load_rules(w, p->account))
            continue;
        strangers_review(w, p->account);
        presence_rules_changed(w, p->account);
    }
}

enum err reload_tls(struct worker *w, const struct conf *from, struct buf *why)
{
    const struct tls_files files = {from->tls.certificate, from->tls.key, from->tls.ca,
                                    from->tls.crl};

    return tls_load(w->tls, &files, why);
}

static void reload_credentials(struct worker *w, const struct conf *from)
{
    struct credentials *fresh = NULL;
    struct buf why = {0};

    if (credentials_load(from, &fresh, &why)) { /* they changed since they were checked */
        LOG_ERROR(&w->log, "conf", buf_cstr(&why), "do",
                  "what peers signed with before stays; mend identity_keys, then SIGHUP");
    } else {
        credentials_free(w->credentials);
        w->credentials = fresh;
    }
    buf_fini(&why);
}

void reload(struct worker *w)
{
    struct conf_errors errs = {0};
    struct conf *fresh = NULL, *old = w->conf;
    const char *keys[16];
    struct buf why = {0};
    size_t n;

    if (conf_load(old->path, &fresh, &errs) || conf_check(fresh, &errs)) {
        for (size_t i = 0; i < errs.n; i++)
            LOG_ERROR(&w->log, "conf", errs.at[i].text);
        LOG_ERROR(&w->log, "conf", "the configuration was not reloaded; the old one stays");
        conf_free(fresh);
        conf_errors_fini(&errs);
        return;
    }
    n = conf_diff(old, fresh, keys, sizeof keys / sizeof keys[0]);
    for (size_t i = 0; i < n; i++)
        LOG_WARNING(&w->log, "conf", "a change needs a restart and was not taken", "key", keys[i]);
    if (reload_tls(w, fresh, &why)) /* they changed since they were checked */
        LOG_ERROR(&w->log, "tls", buf_cstr(&why), "do",
                  "the old certificate stays; mend it, then SIGHUP");
    buf_fini(&why);
    if (locator_reload(w->locator, fresh))
        LOG_ERROR(&w->log, "conf", "dns.servers were not taken; those from before stay");
    if (peers_reload(w->peers, fresh) == OK) {
        bool differs = w->conf->users.knock_knock != fresh->users.knock_knock ||
                       w->conf->users.foreign_watchers != fresh->users.foreign_watchers;

        reload_credentials(w, fresh);
        take_live(w, fresh);
        if (differs)
            reload_rules(w);
        cert_watch_start(w);
        peer_names_follow(w->peer_names);
        LOG_INFO(&w->log, "conf", "the configuration was reloaded");
    } else {
        conf_free(fresh);
    }
    conf_errors_fini(&errs);
}
