#include "gateway/cert_watch.h"

#include "gateway/conf/cert.h"
#include "gateway/net/tls.h"

enum { DAY = 86400 };

int64_t cert_watch_days(const struct worker *w, int64_t expires)
{
    int64_t left = expires - w->unix_now;

    return left < 0 ? -((-left + DAY - 1) / DAY) : left / DAY;
}

static void look(struct worker *w)
{
    struct tls_state s;
    struct buf when = {0}, days = {0};

    tls_state(w->tls, &s);
    cert_print_time(&when, s.expires);
    buf_fmt(&days, "%lld", (long long)cert_watch_days(w, s.expires));
    if (s.expires && s.expires <= w->unix_now)
        LOG_ERROR(&w->log, "tls", "our certificate has expired; nobody believes it any more",
                  "expired", buf_cstr(&when), "do",
                  "renew it, put it into tls.certificate, then SIGHUP");
    else if (s.expires && s.expires - w->unix_now < (int64_t)CERT_WARN_DAYS * DAY)
        LOG_WARNING(&w->log, "tls", "our certificate expires soon", "expires", buf_cstr(&when),
                    "days", buf_cstr(&days), "do",
                    "renew it, put it into tls.certificate, then SIGHUP");
    buf_fini(&when);
    buf_fini(&days);
}

/* Seconds until the next look: a day, or when the list ends. */
static int64_t look_at_list(struct worker *w)
{
    struct tls_state s;
    struct buf when = {0};

    tls_state(w->tls, &s);
    if (s.crl_ends == 0 || s.crl_ends - w->unix_now > DAY)
        return DAY;
    if (s.crl_ends > w->unix_now)
        return s.crl_ends - w->unix_now + 1;
    cert_print_time(&when, s.crl_ends);
    LOG_ERROR(
        &w->log, "tls",
        "a list of revoked certificates is out of date; the certificates of its issuer are refused",
        "expired", buf_cstr(&when), "do", "fetch the issuer's new list into tls.crl, then SIGHUP");
    buf_fini(&when);
    return DAY;
}

static void on_day(struct timer *t, struct worker *w)
{
    look(w);
    timer_set(w, t, w->now + (uint64_t)look_at_list(w) * 1000);
}

void cert_watch_start(struct worker *w)
{
    w->cert_watch.due = on_day;
    on_day(&w->cert_watch, w);
}
