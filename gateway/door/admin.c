#include "gateway/door/admin.h"

#include <stdlib.h>

#include "gateway/conf/address.h"
#include "gateway/door/admin_metrics.h"
#include "gateway/door/admin_page.h"
#include "gateway/net/addr.h"
#include "gateway/net/http.h"

#define TYPE_TEXT    "text/plain; charset=utf-8"
#define TYPE_METRICS "text/plain; version=0.0.4; charset=utf-8"
#define TYPE_JSON    "application/json"
#define TYPE_HTML    "text/html; charset=utf-8"

struct admin_door {
    struct worker *w;
    control_handler command;
    struct http *http;
    struct admin_page page;
};

/* ---- what is served ---- */

static void metrics(struct admin_door *d, struct http_reply *out)
{
    out->type = TYPE_METRICS;
    admin_metrics_print(d->w, &out->body);
}

static void health(struct admin_door *d, struct http_reply *out)
{
    bool stores = storer_health(d->w->storer).ok;

    out->type = TYPE_TEXT;
    out->status = d->w->draining || !stores ? 503 : 200;
    buf_str(&out->body, d->w->draining ? "draining\n" : stores ? "ok\n" : "store\n");
}

static void page(struct admin_door *d, struct http_reply *out)
{
    out->type = TYPE_HTML;
    out->policy = d->page.policy;
    admin_page_print(&out->body);
}

static void listing(struct admin_door *d, const char *command, struct http_reply *out)
{
    out->type = TYPE_JSON;
    worker_begin(d->w);
    d->command(d->w, span_str(command), &out->body);
}

static const struct {
    const char *path;
    void (*print)(struct admin_door *d, struct http_reply *out);
    const char *command; /* of the control socket, where there is no `print` */
} paths[] = {
    {"/", page, NULL},
    {"/health", health, NULL},
    {"/metrics", metrics, NULL},
    {"/peers.json", NULL, "peer list"},
    {"/queues.json", NULL, "queue list"},
    {"/sessions.json", NULL, "session list"},
    {"/status.json", NULL, "status"},
};

/* Is it us whom the caller's Host names? A page from elsewhere whose name was made to point here
 * (DNS rebinding) comes with that name. HTTP/1.0 may name nobody; no browser does so. */
static bool is_our_name(const struct admin_door *d, struct span host)
{
    const struct conf_addresses *at = &d->w->conf->admin.listen;
    struct conf_address named = {0};
    struct span name;
    uint16_t port;

    if (host.n == 0)
        return true;
    if (conf_hostport_split(host, &name, &port))
        return false;
    if (span_case_is(name, "localhost"))
        return true;
    if (conf_address_parse(host, 1, &named))
        return false;
    for (size_t i = 0; i < at->n; i++)
        if (conf_same_host(&at->at[i].at.sa, &named.at.sa))
            return true;
    return conf_is_loopback(&named.at.sa);
}

static void refuse(struct http_reply *out, int status, const char *words)
{
    out->status = status;
    out->type = TYPE_TEXT;
    buf_str(&out->body, words);
}

static void on_request(void *ctx, const struct http_request *q, struct http_reply *out)
{
    struct admin_door *d = ctx;

    if (!is_our_name(d, q->host)) {
        refuse(out, 403, "Ask for localhost, or for the address of admin.listen.\n");
        return;
    }
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (span_is(q->path, paths[i].path)) {
            out->status = 200;
            if (paths[i].print)
                paths[i].print(d, out);
            else
                listing(d, paths[i].command, out);
            return;
        }
    refuse(out, 404,
           "There are /, /health, /metrics, /status.json, /peers.json, /sessions.json and "
           "/queues.json.\n");
}

/* ---- life ---- */

enum err admin_door_new(struct worker *w, control_handler command, struct admin_door **out)
{
    struct admin_door *d = calloc(1, sizeof *d);

    *out = d;
    if (!d)
        return ERR_NOMEM;
    d->w = w;
    d->command = command;
    return admin_page_init(&d->page) ? OK : ERR_NOMEM;
}

enum err admin_door_open(struct admin_door *d, struct buf *why)
{
    const struct conf_addresses *at = &d->w->conf->admin.listen;
    enum err e = at->n ? http_new(d->w->net, &d->w->log, on_request, d, &d->http) : OK;

    if (e)
        buf_str(why, "admin.listen: the web server could not be started; is libwebsockets-evlib-uv "
                     "installed?");
    for (size_t i = 0; !e && i < at->n; i++) {
        struct sip_addr addr;
        const char *words = "";

        net_from_sockaddr(&at->at[i].at.sa, &addr);
        e = http_listen(d->http, &addr, &words);
        if (e)
            buf_fmt(why,
                    "admin.listen: cannot listen on %s: %s; stop what uses it, or choose another",
                    at->at[i].text, words);
    }
    return e;
}

void admin_door_free(struct admin_door *d)
{
    if (!d)
        return;
    http_close(&d->http);
    free(d);
}
