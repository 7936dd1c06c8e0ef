#include "gateway/cmd/client_aim_signon.h"

#include "gateway/conf/address.h"
#include "oscar/caps.h"
#include "oscar/foodgroup/bucp.h"
#include "oscar/foodgroup/icbm.h"
#include "oscar/foodgroup/locate.h"
#include "oscar/foodgroup/oservice.h"
#include "oscar/roast.h"
#include "oscar/tlv.h"

enum { TLV_COOKIE = 0x0006, TEXT_MAX = 8000, CLIENT_ID_AIM = 0x0109 };

/* What is used of BOS, all in the versions that the gateway answers. */
static const uint16_t foodgroups[] = {FOODGROUP_OSERVICE, FOODGROUP_LOCATE, FOODGROUP_BUDDY,
                                      FOODGROUP_ICBM,     FOODGROUP_PERMIT, FOODGROUP_FEEDBAG};
enum { FOODGROUPS = sizeof foodgroups / sizeof foodgroups[0] };

static const uint16_t rate_classes[] = {1, 2, 3, 4, 5};

static void send_version(struct aim *a, struct span cookie)
{
    buf_u32(&a->body, FLAP_VERSION);
    if (cookie.n)
        tlv_write(&a->body, TLV_COOKIE, cookie);
    aim_send_frame(a, FLAP_SIGNON, buf_span(&a->body));
    buf_reset(&a->body);
}

void aim_signon_start(struct aim *a)
{
    send_version(a, (struct span){0});
    bucp_key_request_write(&a->body, span_str(a->t->name));
    (void)aim_send(a, FOODGROUP_BUCP, SNAC_BUCP_KEY_REQUEST);
    a->step = AIM_KEY;
}

/* ---- the authorizer ---- */

static void refused(struct aim *a, uint16_t code)
{
    const char *name = a->t->name;

    switch (code) {
    case LOGIN_ERR_BAD_NAME_OR_PASSWORD:
    case LOGIN_ERR_RE_ENTER:
    case LOGIN_ERR_WRONG_PASSWORD:
        client_refused(a->t,
                       "unknown name or wrong password for %s; `aimgate user list` shows the "
                       "names, `aimgate user passwd %s` gives a new password",
                       name, name);
        break;
    case LOGIN_ERR_TOO_OFTEN:
    case LOGIN_ERR_RATE_FROM_HERE:
    case LOGIN_ERR_TOO_MANY_FROM_HERE:
        client_refused(a->t, "too many sign-ons of %s; wait a minute, then try again", name);
        break;
    default:
        client_refused(a->t, "the gateway refuses %s: %s; look at its log", name,
                       login_error_text(code));
    }
}

static void take_key(struct aim *a, const struct snac *s)
{
    static const char client[] = "aimgate aim " AIMGATE_VERSION;
    uint8_t digest[ROAST_MD5];
    struct span key;
    struct oscar_login login = {.name = span_str(a->t->name),
                                .scheme = LOGIN_MD5,
                                .proof = span_of(digest, sizeof digest),
                                .client = span_str(client),
                                .client_id = CLIENT_ID_AIM,
                                .language = SPAN("en"),
                                .country = SPAN("us"),
                                .has_multi = true,
                                .multi = MULTI_WELCOME};

    if (!bucp_key_read(s->body, &key) || !roast_md5_new(key, buf_span(&a->t->password), digest)) {
        client_refused(a->t,
                       "there is no MD5 in this machine's libcrypto, which AIM signs on "
                       "with; sign on with `aimgate sip %s`",
                       a->t->name);
        return;
    }
    bucp_login_write(&a->body, &login);
    (void)aim_send(a, FOODGROUP_BUCP, SNAC_BUCP_LOGIN);
    a->step = AIM_LOGIN;
}

/* BOS may be on another listener; a name instead of an address is meant for others. */
static struct conf_address bos_of(const struct aim *a, struct span told)
{
    struct conf_address bos;

    return conf_address_parse(told, UINT16_MAX, &bos) ? a->t->socket.remote : bos;
}

static void take_reply(struct aim *a, const struct snac *s)
{
    struct bucp_reply reply;
    struct conf_address bos;
    struct span cookie;
    const char *why;

    if (!bucp_reply_read(s->body, &reply)) {
        client_refused(a->t, "the gateway's answer is not understood; is it an aimgate?");
        return;
    }
    if (reply.error) {
        refused(a, reply.error);
        return;
    }
    bos = bos_of(a, reply.address);
    cookie = arena_copy(&a->arena, reply.cookie);
    client_socket_close(&a->t->socket);
    a->moved = true;
    why = client_socket_open(&a->t->socket, &bos, false);
    if (why) {
        client_refused(a->t,
                       "the second connection, to where the gateway said, failed: %s; look "
                       "at oscar.advertise in its configuration",
                       why);
        return;
    }
    send_version(a, cookie);
    a->step = AIM_COOKIE;
}

/* ---- BOS ---- */

static void ask_versions(struct aim *a)
{
    for (size_t i = 0; i < FOODGROUPS; i++)
        oservice_version_write(&a->body, foodgroups[i], foodgroup_version(foodgroups[i]));
    (void)aim_send(a, FOODGROUP_OSERVICE, SNAC_OSERVICE_VERSIONS);
    a->step = AIM_VERSIONS;
}

static void set_up(struct aim *a)
{
    for (size_t i = 0; i < sizeof rate_classes / sizeof rate_classes[0]; i++)
        buf_u16(&a->body, rate_classes[i]);
    (void)aim_send(a, FOODGROUP_OSERVICE, SNAC_OSERVICE_RATE_ADD);
    (void)aim_send(a, FOODGROUP_LOCATE, SNAC_LOCATE_RIGHTS_REQUEST);
    (void)aim_send(a, FOODGROUP_BUDDY, SNAC_BUDDY_RIGHTS_REQUEST);
    (void)aim_send(a, FOODGROUP_ICBM, SNAC_ICBM_PARAMS_REQUEST);
    (void)aim_send(a, FOODGROUP_PERMIT, SNAC_PERMIT_RIGHTS_REQUEST);
    (void)aim_send(a, FOODGROUP_FEEDBAG, SNAC_FEEDBAG_RIGHTS_REQUEST);
    (void)aim_send(a, FOODGROUP_FEEDBAG, SNAC_FEEDBAG_GET);
    a->step = AIM_LIST;
}

void aim_signon_finish(struct aim *a)
{
    struct icbm_params params = {.flags = ICBM_ALLOWED | ICBM_MISSED_CALLS,
                                 .max_length = TEXT_MAX,
                                 .max_sender_warning = ICBM_WARNING_MAX,
                                 .max_receiver_warning = ICBM_WARNING_MAX};
    struct locate_set set = {.has_caps = true, .caps = caps_gateway()};

    (void)aim_send(a, FOODGROUP_FEEDBAG, SNAC_FEEDBAG_USE);
    locate_set_write(&a->body, &set);
    (void)aim_send(a, FOODGROUP_LOCATE, SNAC_LOCATE_SET_INFO);
    icbm_params_write(&a->body, &params);
    (void)aim_send(a, FOODGROUP_ICBM, SNAC_ICBM_SET_PARAMS);
    for (size_t i = 0; i < FOODGROUPS; i++)
        oservice_online_write(&a->body, foodgroups[i], foodgroup_version(foodgroups[i]));
    (void)aim_send(a, FOODGROUP_OSERVICE, SNAC_OSERVICE_CLIENT_ONLINE);
    (void)aim_send(a, FOODGROUP_ICBM, SNAC_ICBM_OFFLINE_RETRIEVE);
    a->step = AIM_ON;
    client_on(a->t, span_str(a->t->name));
}

static void ask_rates(struct aim *a)
{
    (void)aim_send(a, FOODGROUP_OSERVICE, SNAC_OSERVICE_RATE_REQUEST);
    a->step = AIM_RATES;
}

void aim_signon_take(struct aim *a, const struct snac *s)
{
    bool bucp = s->foodgroup == FOODGROUP_BUCP, oservice = s->foodgroup == FOODGROUP_OSERVICE;

    switch (a->step) {
    case AIM_KEY:
        if (bucp && s->subtype == SNAC_BUCP_KEY)
            take_key(a, s);
        else if (bucp && s->subtype == SNAC_BUCP_LOGIN_REPLY)
            take_reply(a, s); /* an unknown name may be refused before its key is given */
        break;
    case AIM_LOGIN:
        if (bucp && s->subtype == SNAC_BUCP_LOGIN_REPLY)
            take_reply(a, s);
        break;
    case AIM_COOKIE:
        if (oservice && s->subtype == SNAC_OSERVICE_FAMILIES)
            ask_versions(a);
        break;
    case AIM_VERSIONS:
        if (oservice && s->subtype == SNAC_OSERVICE_HOST_VERSIONS)
            ask_rates(a);
        break;
    case AIM_RATES:
        if (oservice && s->subtype == SNAC_OSERVICE_RATES)
            set_up(a);
        break;
    case AIM_LIST:
    case AIM_ON: break;
    }
}
