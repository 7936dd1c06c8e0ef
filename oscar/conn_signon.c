/* How a connection signs on: the client's first frame, key requests and the login; a cookie. */
#include "base/deadlines.h"
#include "oscar/conn_priv.h"
#include "oscar/screenname.h"
#include "oscar/tlv.h"

/* TLVs of the client's channel 1 frame. */
enum { TLV_NAME = 0x0001, TLV_COOKIE = 0x0006 };

static bool login_event(struct oscar_conn *c, struct span tlvs, enum login_scheme scheme,
                        uint32_t id, struct oscar_event *out)
{
    bool sane = bucp_login_read(tlvs, scheme, &out->login) &&
                out->login.name.n <= SCREENNAME_FEEDBAG_MAX &&
                (scheme == LOGIN_ROASTED || c->keys_given > 0);

    c->scheme = scheme;
    c->login_id = id;
    c->state = SIGNON_AUTH_WAIT;
    if (!conn_keep_self(c, &(struct oscar_userinfo){
                               .name = span_first(out->login.name, SCREENNAME_FEEDBAG_MAX)})) {
        conn_end(c, "out of memory", false);
        return false;
    }
    if (!sane) {
        oscar_conn_refuse_login(c, LOGIN_ERR_BAD_INPUT, (struct span){0});
        return false;
    }
    out->login.key = scheme == LOGIN_MD5 ? span_of(c->key, sizeof c->key) : (struct span){0};
    out->kind = OSCAR_LOGIN;
    out->id = id;
    return true;
}

static bool cookie_event(struct oscar_conn *c, struct span tlvs, struct oscar_event *out)
{
    (void)tlv_find(tlvs, TLV_COOKIE, &out->cookie.cookie);
    bucp_client_read(tlvs, &out->cookie.said);
    out->kind = OSCAR_COOKIE;
    c->state = SIGNON_COOKIE_WAIT;
    return true;
}

bool signon_hello(struct oscar_conn *c, struct span data, struct oscar_event *out)
{
    struct rd r = rd_over(data);
    uint32_t version = rd_u32(&r);
    struct span tlvs = rd_rest(&r);

    if (!rd_ok(&r) || version != FLAP_VERSION) {
        conn_end(c, "a sign-on frame of another version", false);
        return false;
    }
    if (tlv_has(tlvs, TLV_COOKIE))
        return cookie_event(c, tlvs, out);
    if (tlv_has(tlvs,
                TLV_NAME)) /* and not by the password: ICQ leaves it out where none is saved */
        return login_event(c, tlvs, LOGIN_ROASTED, 0, out);
    c->state = SIGNON_AUTH;
    return false;
}

/* A fresh key for whoever asks, known name or not: the answer must not tell which names exist. */
static void give_key(struct oscar_conn *c, const struct snac *s)
{
    struct span name;
    size_t begun;

    if (!bucp_key_request_read(s->body, &name)) {
        conn_refuse(c, s, SNAC_ERR_BAD_PAYLOAD);
        return;
    }
    if (c->keys_given == CONN_KEYS_MAX) {
        conn_end(c, "too many key requests", false);
        return;
    }
    c->keys_given++;
    for (size_t i = 0; i < sizeof c->key; i++)
        c->key[i] = (uint8_t)('0' + rng_u32(c->conf.rng) % 10);
    begun = conn_snac_open(c, FOODGROUP_BUCP, SNAC_BUCP_KEY, 0, s->id);
    bucp_key_write(&c->out, span_of(c->key, sizeof c->key));
    conn_snac_close(c, begun);
}

bool signon_auth(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    if (s->foodgroup != FOODGROUP_BUCP) {
        conn_refuse(c, s, SNAC_ERR_INVALID_SNAC);
        return false;
    }
    switch (s->subtype) {
    case SNAC_BUCP_KEY_REQUEST: give_key(c, s); return false;
    case SNAC_BUCP_LOGIN: return login_event(c, s->body, LOGIN_MD5, s->id, out);
    default: conn_refuse(c, s, SNAC_ERR_NOT_BY_HOST); return false;
    }
}

/* The answer of the authorizer: for BUCP a SNAC and then a channel 4 frame without data, which
 * Miranda waits for; for a roasted login the channel 4 frame is the answer. */
static void answer_login(struct oscar_conn *c, const struct bucp_reply *reply)
{
    if (c->state != SIGNON_AUTH_WAIT)
        return;
    if (c->scheme == LOGIN_MD5) {
        size_t begun = conn_snac_open(c, FOODGROUP_BUCP, SNAC_BUCP_LOGIN_REPLY, 0, c->login_id);

        bucp_reply_write(&c->out, reply);
        conn_snac_close(c, begun);
        conn_frame(c, FLAP_SIGNOFF, (struct span){0});
    } else {
        struct buf tlvs = {0};

        bucp_reply_write(&tlvs, reply);
        if (buf_ok(&tlvs))
            conn_frame(c, FLAP_SIGNOFF, buf_span(&tlvs));
        else
            conn_end(c, "out of memory", false);
        buf_fini(&tlvs);
    }
    if (c->state == SIGNON_OVER)
        return;
    c->state = SIGNON_LEAVING;
    c->by = c->now + OSCAR_LINGER_MS;
}

void oscar_conn_accept_login(struct oscar_conn *c, const struct oscar_accept *a)
{
    answer_login(
        c, &(struct bucp_reply){
               .name = a->name, .address = a->address, .cookie = a->cookie, .email = a->email});
}

void oscar_conn_refuse_login(struct oscar_conn *c, enum login_error code, struct span url)
{
    answer_login(c,
                 &(struct bucp_reply){.name = c->self.name, .error = (uint16_t)code, .url = url});
}

void oscar_conn_welcome(struct oscar_conn *c, uint16_t foodgroup, const struct oscar_self *self)
{
    uint16_t served[CONN_SERVED_MAX];
    size_t begun;

    if (c->state != SIGNON_COOKIE_WAIT)
        return;
    if (self) {
        if (!conn_keep_self(c, &self->user)) {
            conn_end(c, "out of memory", false);
            return;
        }
        c->ipv4 = self->ipv4;
        c->modern = self->modern;
        c->ancient = self->ancient;
    }
    c->service = foodgroup;
    c->state = SIGNON_SETUP;
    rate_init(&c->rates, c->now);
    conn_warn_rates(c, false);
    begun = conn_snac_open(c, FOODGROUP_OSERVICE, SNAC_OSERVICE_FAMILIES, 0, conn_server_id(c));
    oservice_families_write(&c->out, served, conn_served(c, served));
    conn_snac_close(c, begun);
}

void oscar_conn_refuse_cookie(struct oscar_conn *c)
{
    if (c->state != SIGNON_COOKIE_WAIT)
        return;
    conn_frame(c, FLAP_SIGNOFF, (struct span){0});
    conn_end(c, "a cookie that is not known", true);
}
