#include "gateway/flow/weblogin.h"

#include <stdlib.h>

#include "base/table.h"
#include "gateway/door/aim.h"
#include "gateway/flow/authorizer.h"
#include "gateway/flow/cookie.h"
#include "gateway/flow/kerberos.h"
#include "oscar/clientlogin.h"

/* Somebody whose password was good, and who has not asked for a session yet, or may for another. */
struct token {
    struct list node; /* oldest first */
    char text[CLIENTLOGIN_TOKEN], secret[CLIENTLOGIN_SECRET];
    uint64_t until;
    uint64_t used_at; /* by the client's clock: what was signed up to then is a repeat */
    struct span name; /* behind the struct; normalised */
};

struct weblogins {
    struct table by_text;
    struct list list;
};

struct weblogins *weblogins_new(void)
{
    struct weblogins *all = calloc(1, sizeof *all);

    if (!all)
        return NULL;
    table_init(&all->by_text);
    list_init(&all->list);
    return all;
}

static struct span text_of(const struct token *t)
{
    return span_of(t->text, sizeof t->text);
}

static void token_free(struct weblogins *all, struct token *t)
{
    table_remove(&all->by_text, text_of(t));
    list_remove(&t->node);
    free(t);
}

void weblogins_free(struct weblogins *all)
{
    if (!all)
        return;
    LIST_EACH (struct token, t, &all->list, node)
        token_free(all, t);
    table_fini(&all->by_text);
    free(all);
}

/* NULL: no memory. */
static struct token *token_new(struct worker *w, struct span name)
{
    struct weblogins *all = w->weblogins;
    struct token *t;

    LIST_EACH (struct token, old, &all->list, node) {
        if (old->until > w->now && table_count(&all->by_text) < WEBLOGIN_TOKENS_MAX)
            break;
        token_free(all, old);
    }
    t = calloc(1, sizeof *t + name.n);
    if (!t)
        return NULL;
    rng_token(&w->rng, t->text, sizeof t->text);
    rng_token(&w->rng, t->secret, sizeof t->secret);
    t->name = span_behind(t + 1, name);
    t->until = w->now + WEBLOGIN_TOKEN_S * 1000ULL;
    if (table_add(&all->by_text, text_of(t), t)) {
        free(t);
        return NULL;
    }
    list_append(&all->list, &t->node);
    return t;
}

/* NULL: unknown, or its time is over. */
static struct token *token_find(struct worker *w, struct span text)
{
    struct token *t = table_find(&w->weblogins->by_text, text);

    return t && t->until > w->now ? t : NULL;
}

/* ---- clientLogin ---- */

static void answer(struct web_answer *out, enum clientlogin_form form)
{
    out->status = 200; /* also of refusals: clients look at the code in the body */
    out->type = clientlogin_type(form);
}

static void refuse(struct web_answer *out, enum clientlogin_form form, enum clientlogin_status why)
{
    answer(out, form);
    clientlogin_write_refusal(&out->body, form, why);
}

static enum clientlogin_status status_of(uint16_t login_error)
{
    switch (login_error) {
    case 0: return CLIENTLOGIN_OK;
    case LOGIN_ERR_TOO_OFTEN: return CLIENTLOGIN_TOO_OFTEN;
    case LOGIN_ERR_WRONG_PASSWORD: return CLIENTLOGIN_BAD_PASSWORD;
    default: return CLIENTLOGIN_UNAVAILABLE;
    }
}

static enum clientlogin_status log_in(struct worker *w, const struct web_call *call,
                                      const struct clientlogin_login *in, struct token **out)
{
    struct oscar_login l = {.name = in->name, .scheme = LOGIN_CLEAR, .proof = in->password};
    struct authorized who;
    enum clientlogin_status status = status_of(authorizer_judge(w, call->from, &l, &who));

    if (status != CLIENTLOGIN_OK)
        return status;
    *out = token_new(w, who.name);
    return *out ? CLIENTLOGIN_OK : CLIENTLOGIN_UNAVAILABLE;
}

static void client_login(struct worker *w, const struct web_call *call, struct web_answer *out)
{
    struct clientlogin_login in;
    struct buf texts = {0};
    struct token *t = NULL;
    enum clientlogin_status status = clientlogin_login_read(call->request->body, &texts, &in);

    if (status == CLIENTLOGIN_OK)
        status = log_in(w, call, &in, &t);
    seal_wipe(&texts);
    if (status != CLIENTLOGIN_OK) {
        refuse(out, in.form, status);
        return;
    }
    answer(out, in.form);
    clientlogin_write_token(
        &out->body, in.form,
        &(struct clientlogin_token){.token = text_of(t),
                                    .secret = span_of(t->secret, sizeof t->secret),
                                    .lives = WEBLOGIN_TOKEN_S,
                                    .now = (uint64_t)w->unix_now});
}

/* ---- startOSCARSession ---- */

/* By the password that the account has now. Behind a web server that does TLS a client has signed
 * another scheme than we see. */
static bool is_signed(struct worker *w, const struct token *t, const struct web_request *q,
                      const struct clientlogin_session *in)
{
    static const char *const schemes[] = {"https://", "http://"};
    struct buf password = {0};
    bool good = false;

    if (account_password(w, t->name, &password) == OK)
        for (size_t i = 0; i < 2 && !good; i++) {
            buf_reset(&w->scratch);
            buf_str(&w->scratch, schemes[i]);
            buf_add(&w->scratch, q->host);
            buf_add(&w->scratch, q->path);
            good =
                buf_ok(&w->scratch) && clientlogin_is_signed(buf_span(&w->scratch), q->query,
                                                             span_of(t->secret, sizeof t->secret),
                                                             buf_span(&password), in->signature);
        }
    seal_wipe(&password);
    return good;
}

static bool is_timely(const struct worker *w, const struct token *t, uint64_t at)
{
    uint64_t now = (uint64_t)w->unix_now;

    return at > t->used_at && at + WEBLOGIN_CLOCK_S >= now && at <= now + WEBLOGIN_CLOCK_S;
}

static const char *fault(struct worker *w, const struct token *t, const struct web_request *q,
                         const struct clientlogin_session *in)
{
    if (!t)
        return "an unknown or outdated token";
    if (!is_timely(w, t, in->at))
        return "signed at another time, or used again";
    return is_signed(w, t, q, in) ? NULL : "the signature is not good";
}

static enum clientlogin_status start_session(struct worker *w, const struct web_call *call,
                                             const struct clientlogin_session *in, struct buf *host,
                                             struct clientlogin_bos *out)
{
    struct token *t = token_find(w, in->token);
    const char *why = w->draining ? "the gateway is about to stop" : fault(w, t, call->request, in);
    bool secure = in->tls && aim_door_bos(w, call->at, true, host, &out->port);
    struct cookie *c;

    if (why) {
        authorizer_log_refused(w, call->from, t ? t->name : SPAN("?"), why);
        return w->draining ? CLIENTLOGIN_UNAVAILABLE : CLIENTLOGIN_NOT_SIGNED;
    }
    if (!secure && !aim_door_bos(w, call->at, false, host, &out->port))
        return CLIENTLOGIN_NEEDS_TLS;
    c = cookie_new(w, t->name, (struct span){0});
    if (!c || !buf_ok(host))
        return CLIENTLOGIN_UNAVAILABLE;
    c->web = true;
    c->secure = secure;
    t->used_at = in->at;
    out->host = buf_span(host);
    out->cookie = span_of(c->octets, sizeof c->octets);
    out->certificate = secure ? w->own_domain : (struct span){0};
    return CLIENTLOGIN_OK;
}

static void start_oscar_session(struct worker *w, const struct web_call *call,
                                struct web_answer *out)
{
    struct clientlogin_session in;
    struct clientlogin_bos bos = {0};
    struct buf host = {0};
    enum clientlogin_status status = clientlogin_session_read(call->request->query, &in);

    if (status == CLIENTLOGIN_OK)
        status = start_session(w, call, &in, &host, &bos);
    if (status == CLIENTLOGIN_OK) {
        answer(out, in.form);
        clientlogin_write_bos(&out->body, in.form, &bos);
    } else {
        refuse(out, in.form, status);
    }
    buf_fini(&host);
}

/* ---- what is served ---- */

static const struct {
    const char *path;
    bool post;
    void (*answer)(struct worker *w, const struct web_call *call, struct web_answer *out);
} paths[] = {
    {"/auth/clientLogin", true, client_login},
    {"/aim/startOSCARSession", false, start_oscar_session},
    {"/", true, kerberos_asked},
};

void weblogin_asked(struct worker *w, const struct web_call *call, struct web_answer *out)
{
    const struct web_request *q = call->request;

    out->status = 404;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (span_is(q->path, paths[i].path) && q->post == paths[i].post)
            paths[i].answer(w, call, out);
}
