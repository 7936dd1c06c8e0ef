#include "gateway/conf/address.h"

#include <arpa/inet.h>
#include <idn2.h>

enum { PORT_SIP = 5060, PORT_SIPS = 5061, HOST_MAX = 253, LABEL_MAX = 63 };
#define BAD_PORT "the port must be a number from 1 to 65535"

const char *conf_hostport_split(struct span text, struct span *host, uint16_t *port)
{
    struct span rest;
    uint64_t number = 0;
    size_t colon;

    *port = 0;
    if (text.n && text.p[0] == '[') {
        size_t end = span_find(text, ']');

        if (end == text.n)
            return "the ] is missing";
        *host = span_of(text.p + 1, end - 1);
        rest = span_skip(text, end + 1);
        if (rest.n && rest.p[0] != ':')
            return "only :PORT may follow the ]";
    } else {
        colon = span_find(text, ':');
        if (span_find(span_skip(text, colon + 1), ':') < span_skip(text, colon + 1).n)
            colon = text.n; /* two colons: an IPv6 address without brackets, without a port */
        *host = span_first(text, colon);
        rest = span_skip(text, colon);
    }
    if (host->n == 0)
        return "the host is missing";
    if (rest.n == 0)
        return NULL;
    if (!span_number(span_skip(rest, 1), UINT16_MAX, &number) || number == 0)
        return BAD_PORT;
    *port = (uint16_t)number;
    return NULL;
}

static bool read_numeric(struct span host, uint16_t port, struct conf_address *out)
{
    char text[INET6_ADDRSTRLEN];

    out->port = port;
    memset(&out->at, 0, sizeof out->at);
    if (!span_copy(host, text, sizeof text))
        return false;
    if (inet_pton(AF_INET, text, &out->at.in4.sin_addr) == 1) {
        out->at.in4.sin_family = AF_INET;
        out->at.in4.sin_port = htons(port);
        return true;
    }
    if (inet_pton(AF_INET6, text, &out->at.in6.sin6_addr) == 1) {
        out->at.in6.sin6_family = AF_INET6;
        out->at.in6.sin6_port = htons(port);
        return true;
    }
    return false;
}

const char *conf_address_parse(struct span text, unsigned port, struct conf_address *out)
{
    struct span host;
    uint16_t given;
    const char *wrong = conf_hostport_split(text, &host, &given);

    if (wrong)
        return wrong;
    if (!given && port == UINT16_MAX)
        return "the port is missing";
    if (!read_numeric(host, given ? given : (uint16_t)port, out))
        return "the host must be an IPv4 address or an IPv6 address in [ ]";
    return NULL;
}

static bool is_host_name(struct span s)
{
    size_t label = 0;

    if (s.n == 0 || s.n > HOST_MAX)
        return false;
    for (size_t i = 0; i <= s.n; i++) {
        uint8_t c = i < s.n ? s.p[i] : '.';

        if (c == '.') {
            if (label == 0 || label > LABEL_MAX || s.p[i - 1] == '-')
                return false;
            label = 0;
            continue;
        }
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && label > 0)))
            return false;
        label++;
    }
    return true;
}

const char *conf_host_name(struct arena *a, struct span text)
{
    struct span kept = arena_copy(a, text);
    uint8_t *lower = arena_alloc(a, text.n + 1);
    char *ascii = NULL;
    bool plain = true;

    if (!kept.p || !lower)
        return NULL;
    for (size_t i = 0; i < text.n; i++) {
        lower[i] = ascii_lower(text.p[i]);
        plain = plain && text.p[i] < 0x80;
    }
    if (plain)
        return is_host_name(span_of(lower, text.n)) ? (const char *)lower : NULL;
    if (text.n > HOST_MAX || idn2_to_ascii_8z((const char *)lower, &ascii,
                                              IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
        return NULL;
    kept = arena_copy(a, span_str(ascii));
    idn2_free(ascii);
    return is_host_name(kept) ? (const char *)kept.p : NULL;
}

static const char *read_transport(struct span params, struct conf_route *out)
{
    static const char *const names[] = {"udp", "tcp", "tls"};
    struct span name = SPAN(";transport=");

    out->transport = CONF_UDP;
    out->has_transport = params.n > 0;
    if (params.n == 0)
        return NULL;
    if (!span_case_starts(params, name))
        return "only ;transport=udp, tcp or tls may follow the host";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (span_case_is(span_skip(params, name.n), names[i])) {
            out->transport = (enum conf_transport)i;
            return NULL;
        }
    return "the transport must be udp, tcp or tls";
}

const char *conf_route_parse(struct arena *a, struct span text, struct conf_route *out)
{
    bool secure = span_case_starts(text, SPAN("sips:"));
    struct span rest = span_skip(text, secure ? 5 : 4), host;
    size_t semicolon = span_find(rest, ';');
    const char *wrong;

    if (!secure && !span_case_starts(text, SPAN("sip:")))
        return "it must begin with sip:";
    wrong = read_transport(span_skip(rest, semicolon), out);
    if (!wrong && secure && out->transport == CONF_UDP && semicolon < rest.n)
        return "sips: is TLS, and over udp there is none";
    if (secure) /* RFC 3261 19.1.2: tcp says what is below TLS */
        out->transport = CONF_TLS;
    if (!wrong)
        wrong = conf_hostport_split(span_first(rest, semicolon), &host, &out->port);
    if (wrong)
        return wrong;
    out->has_port = out->port != 0;
    if (!out->port)
        out->port = out->transport == CONF_TLS ? PORT_SIPS : PORT_SIP;
    out->text = (const char *)arena_copy(a, text).p;
    out->host = (const char *)arena_copy(a, host).p;
    out->address.text = out->host;
    if (!out->text || !out->host)
        return "there is no memory for it";
    out->numeric = read_numeric(span_case_is(host, "localhost") ? SPAN("127.0.0.1") : host,
                                out->port, &out->address);
    if (!out->numeric)
        out->host = conf_host_name(a, host);
    return out->host ? NULL : "the host is no address and no name";
}

/* Both families as 16 octets. */
static struct in6_addr plain_address(const struct sockaddr *a)
{
    struct in6_addr out = {0};

    if (a->sa_family == AF_INET6)
        return ((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
    out.s6_addr[10] = out.s6_addr[11] = 0xFF;
    memcpy(out.s6_addr + 12, &((const struct sockaddr_in *)(const void *)a)->sin_addr, 4);
    return out;
}

bool conf_same_host(const struct sockaddr *a, const struct sockaddr *b)
{
    struct in6_addr x = plain_address(a), y = plain_address(b);

    return memcmp(&x, &y, sizeof x) == 0;
}

uint16_t conf_port(const struct sockaddr *a)
{
    return ntohs(a->sa_family == AF_INET6
                     ? ((const struct sockaddr_in6 *)(const void *)a)->sin6_port
                     : ((const struct sockaddr_in *)(const void *)a)->sin_port);
}

bool conf_is_loopback(const struct sockaddr *a)
{
    struct in6_addr x = plain_address(a);

    return IN6_IS_ADDR_LOOPBACK(&x) || (IN6_IS_ADDR_V4MAPPED(&x) && x.s6_addr[12] == 127);
}

bool conf_is_unicast(const struct sockaddr *a)
{
    struct in6_addr x = plain_address(a);

    if (IN6_IS_ADDR_V4MAPPED(&x))
        return x.s6_addr[12] > 0 && x.s6_addr[12] < 224;
    return !IN6_IS_ADDR_UNSPECIFIED(&x) && !IN6_IS_ADDR_MULTICAST(&x);
}
