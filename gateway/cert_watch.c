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

static void on_day(struct timer *t, struct worker *w)
{
    look(w);
    timer_set(w, t, w->now + DAY * 1000ULL);
}

void cert_watch_start(struct worker *w)
{
    w->cert_watch.due = on_day;
    on_day(&w->cert_watch, w);
}
