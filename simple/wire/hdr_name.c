/* Names of header fields, methods and transports as numbers. */
#include "simple/wire/hdr.h"
#include "simple/wire/scan.h"

/* In rows of one size, so that a name is found without following a pointer. */
static const struct {
    uint8_t n;
    char name[31];
} hdrs[] = {
    {0, ""},
#define HDR(id, name, compact, once) {sizeof(name) - 1, name},
#include "simple/wire/headers.def"
#undef HDR
};

/* A perfect hash over the long names: each has a slot of its own, so a name is compared with one
 * other at most. The factors were found by trying; a new header field may need new ones, and new
 * slots. The test of this file looks every name up. */
static inline unsigned slot_of(struct span name)
{
    unsigned first = name.p[0] | 0x20U, middle = name.p[name.n / 2] | 0x20U,
             last = name.p[name.n - 1] | 0x20U;

    return ((unsigned)name.n * 58 + first * 62 + middle * 54 + last) & 255;
}

static const uint8_t slots[256] = {
    [0] = SIP_HDR_ACCEPT_CONTACT,
    [3] = SIP_HDR_WARNING,
    [4] = SIP_HDR_AUTHORIZATION,
    [10] = SIP_HDR_RETRY_AFTER,
    [12] = SIP_HDR_CONTENT_LENGTH,
    [17] = SIP_HDR_ACCEPT_LANGUAGE,
    [19] = SIP_HDR_PRIVACY,
    [30] = SIP_HDR_REJECT_CONTACT,
    [37] = SIP_HDR_WWW_AUTHENTICATE,
    [47] = SIP_HDR_IDENTITY,
    [49] = SIP_HDR_SESSION_EXPIRES,
    [55] = SIP_HDR_RECORD_ROUTE,
    [57] = SIP_HDR_P_PREFERRED_IDENTITY,
    [64] = SIP_HDR_SUBJECT,
    [69] = SIP_HDR_REQUIRE,
    [79] = SIP_HDR_CONTENT_ENCODING,
    [90] = SIP_HDR_EVENT,
    [95] = SIP_HDR_SIP_ETAG,
    [97] = SIP_HDR_REPLY_TO,
    [101] = SIP_HDR_TO,
    [115] = SIP_HDR_FROM,
    [117] = SIP_HDR_PRIORITY,
    [120] = SIP_HDR_SIP_IF_MATCH,
    [121] = SIP_HDR_SUBSCRIPTION_STATE,
    [124] = SIP_HDR_CONTACT,
    [126] = SIP_HDR_REQUEST_DISPOSITION,
    [127] = SIP_HDR_SERVICE_ROUTE,
    [131] = SIP_HDR_PROXY_REQUIRE,
    [132] = SIP_HDR_USER_AGENT,
    [137] = SIP_HDR_PROXY_AUTHENTICATE,
    [140] = SIP_HDR_SERVER,
    [143] = SIP_HDR_CONTENT_TYPE,
    [153] = SIP_HDR_ACCEPT_ENCODING,
    [154] = SIP_HDR_SUPPRESS_IF_MATCH,
    [156] = SIP_HDR_ACCEPT,
    [157] = SIP_HDR_MAX_FORWARDS,
    [159] = SIP_HDR_REFERRED_BY,
    [161] = SIP_HDR_CSEQ,
    [165] = SIP_HDR_EXPIRES,
    [167] = SIP_HDR_MIN_EXPIRES,
    [168] = SIP_HDR_REASON,
    [177] = SIP_HDR_AUTHENTICATION_INFO,
    [178] = SIP_HDR_SUPPORTED,
    [186] = SIP_HDR_AUTO_SUBMITTED,
    [188] = SIP_HDR_CALL_ID,
    [196] = SIP_HDR_ORGANIZATION,
    [199] = SIP_HDR_CONTENT_LANGUAGE,
    [201] = SIP_HDR_VIA,
    [204] = SIP_HDR_PROXY_AUTHORIZATION,
    [209] = SIP_HDR_ROUTE,
    [212] = SIP_HDR_TIMESTAMP,
    [214] = SIP_HDR_CONTENT_ID,
    [216] = SIP_HDR_UNSUPPORTED,
    [218] = SIP_HDR_MIME_VERSION,
    [220] = SIP_HDR_CONTENT_DISPOSITION,
    [223] = SIP_HDR_ALLOW,
    [226] = SIP_HDR_FLOW_TIMER,
    [231] = SIP_HDR_REFER_TO,
    [232] = SIP_HDR_PATH,
    [247] = SIP_HDR_ALLOW_EVENTS,
    [251] = SIP_HDR_IN_REPLY_TO,
    [253] = SIP_HDR_DATE,
    [255] = SIP_HDR_P_ASSERTED_IDENTITY,
};

static const uint8_t compact_forms[26] = {
    ['a' - 'a'] = SIP_HDR_ACCEPT_CONTACT,
    ['b' - 'a'] = SIP_HDR_REFERRED_BY,
    ['c' - 'a'] = SIP_HDR_CONTENT_TYPE,
    ['d' - 'a'] = SIP_HDR_REQUEST_DISPOSITION,
    ['e' - 'a'] = SIP_HDR_CONTENT_ENCODING,
    ['f' - 'a'] = SIP_HDR_FROM,
    ['i' - 'a'] = SIP_HDR_CALL_ID,
    ['j' - 'a'] = SIP_HDR_REJECT_CONTACT,
    ['k' - 'a'] = SIP_HDR_SUPPORTED,
    ['l' - 'a'] = SIP_HDR_CONTENT_LENGTH,
    ['m' - 'a'] = SIP_HDR_CONTACT,
    ['o' - 'a'] = SIP_HDR_EVENT,
    ['r' - 'a'] = SIP_HDR_REFER_TO,
    ['s' - 'a'] = SIP_HDR_SUBJECT,
    ['t' - 'a'] = SIP_HDR_TO,
    ['u' - 'a'] = SIP_HDR_ALLOW_EVENTS,
    ['v' - 'a'] = SIP_HDR_VIA,
    ['x' - 'a'] = SIP_HDR_SESSION_EXPIRES,
    ['y' - 'a'] = SIP_HDR_IDENTITY,
};

static inline uint64_t load8(const void *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return v | 0x2020202020202020U;
}

static inline uint32_t load4(const void *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof v);
    return v | 0x20202020U;
}

/* Case folded by setting one bit. Among the octets of a token only a letter becomes a letter that
 * way, and only '-' becomes '-', so nothing else is taken for a name. */
static bool same_name(const uint8_t *a, const char *b, size_t n)
{
    if (n >= 8) {
        for (size_t i = 0; i + 8 < n; i += 8)
            if (load8(a + i) != load8(b + i))
                return false;
        return load8(a + n - 8) == load8(b + n - 8);
    }
    if (n >= 4)
        return load4(a) == load4(b) && load4(a + n - 4) == load4(b + n - 4);
    for (size_t i = 0; i < n; i++)
        if ((a[i] | 0x20) != ((uint8_t)b[i] | 0x20))
            return false;
    return true;
}

enum sip_hdr_id sip_hdr_find(struct span name)
{
    unsigned id;

    if (name.n == 0)
        return SIP_HDR_OTHER;
    if (name.n == 1) {
        unsigned letter = (unsigned)ascii_lower(name.p[0]) - 'a';

        return letter < 26 ? (enum sip_hdr_id)compact_forms[letter] : SIP_HDR_OTHER;
    }
    id = slots[slot_of(name)];
    if (hdrs[id].n != name.n || !same_name(name.p, hdrs[id].name, name.n))
        return SIP_HDR_OTHER;
    return (enum sip_hdr_id)id;
}

const char *sip_hdr_name(enum sip_hdr_id id)
{
    return id < SIP_HDR__COUNT ? hdrs[id].name : "";
}

static const char *const method_names[] = {
    "",
#define METHOD(id, name) name,
#include "simple/wire/methods.def"
#undef METHOD
};

/* The only method that starts so and is so long. */
static enum sip_method guess_method(struct span name)
{
    switch (name.p[0]) {
    case 'A': return SIP_ACK;
    case 'B': return SIP_BYE;
    case 'C': return SIP_CANCEL;
    case 'I': return name.n == 4 ? SIP_INFO : SIP_INVITE;
    case 'M': return SIP_MESSAGE;
    case 'N': return SIP_NOTIFY;
    case 'O': return SIP_OPTIONS;
    case 'P': return name.n == 5 ? SIP_PRACK : SIP_PUBLISH;
    case 'R': return name.n == 5 ? SIP_REFER : SIP_REGISTER;
    case 'S': return SIP_SUBSCRIBE;
    case 'U': return SIP_UPDATE;
    default: return SIP_METHOD_OTHER;
    }
}

enum sip_method sip_method_find(struct span name)
{
    enum sip_method m = name.n > 0 ? guess_method(name) : SIP_METHOD_OTHER;

    return span_is(name, method_names[m]) ? m : SIP_METHOD_OTHER;
}

const char *sip_method_name(enum sip_method m)
{
    return m < SIP_METHOD__COUNT ? method_names[m] : "";
}

static const struct {
    const char *name;
    uint16_t port;
} transports[] = {
    [SIP_TRANSPORT_OTHER] = {"", 5060},    [SIP_TRANSPORT_UDP] = {"UDP", 5060},
    [SIP_TRANSPORT_TCP] = {"TCP", 5060},   [SIP_TRANSPORT_TLS] = {"TLS", 5061},
    [SIP_TRANSPORT_SCTP] = {"SCTP", 5060}, [SIP_TRANSPORT_TLS_SCTP] = {"TLS-SCTP", 5061},
    [SIP_TRANSPORT_WS] = {"WS", 80},       [SIP_TRANSPORT_WSS] = {"WSS", 443},
};

enum sip_transport sip_transport_find(struct span name)
{
    uint8_t first = name.n > 0 ? name.p[0] | 0x20 : 0;

    for (size_t t = 1; t < sizeof transports / sizeof *transports; t++)
        if ((transports[t].name[0] | 0x20) == first && span_case_is(name, transports[t].name))
            return (enum sip_transport)t;
    return SIP_TRANSPORT_OTHER;
}

const char *sip_transport_name(enum sip_transport t)
{
    return t <= SIP_TRANSPORT_WSS ? transports[t].name : "";
}

uint16_t sip_transport_port(enum sip_transport t)
{
    return t <= SIP_TRANSPORT_WSS ? transports[t].port : 5060;
}
