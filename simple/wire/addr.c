#include "simple/wire/addr.h"

#include "base/hex.h"

/* Four numbers of at most three digits, 0..255; a leading zero is no octal and not taken. */
static bool parse_ip4(struct span s, uint8_t ip[4])
{
    size_t at = 0;

    for (int part = 0; part < 4; part++) {
        unsigned v = 0;
        size_t digits = 0;

        for (; at < s.n && digits < 4 && (uint8_t)(s.p[at] - '0') < 10; at++, digits++)
            v = v * 10 + (uint8_t)(s.p[at] - '0');
        if (digits == 0 || digits > 3 || v > 255 || (digits > 1 && s.p[at - digits] == '0'))
            return false;
        ip[part] = (uint8_t)v;
        if (part < 3 && (at >= s.n || s.p[at++] != '.'))
            return false;
    }
    return at == s.n;
}

struct groups {
    uint8_t ip[16];
    size_t n;    /* octets of ip that are set */
    size_t hole; /* where "::" stood; 16: nowhere */
};

/* One to four hexadecimal digits at *at, or dotted IPv4 up to the end. */
static bool parse_group(struct span s, size_t *at, struct groups *g)
{
    unsigned v = 0;
    size_t i = *at;

    for (; i < s.n && i - *at < 5 && hex_value(s.p[i]) >= 0; i++)
        v = v << 4 | (unsigned)hex_value(s.p[i]);
    if (i < s.n && s.p[i] == '.') {
        if (g->n > 12 || !parse_ip4(span_skip(s, *at), g->ip + g->n))
            return false;
        g->n += 4;
        *at = s.n;
        return true;
    }
    if (i == *at || i - *at > 4 || g->n > 14)
        return false;
    g->ip[g->n++] = (uint8_t)(v >> 8);
    g->ip[g->n++] = (uint8_t)v;
    *at = i;
    return true;
}

static bool parse_ip6(struct span s, uint8_t ip[16])
{
    struct groups g = {.hole = 16};
    size_t at = 0;

    if (s.n >= 2 && s.p[0] == ':' && s.p[1] == ':') {
        g.hole = 0;
        at = 2;
    }
    while (at < s.n) {
        if (!parse_group(s, &at, &g))
            return false;
        if (at == s.n)
            break;
        if (s.p[at++] != ':' || at == s.n)
            return false;
        if (s.p[at] == ':') {
            if (g.hole != 16)
                return false;
            g.hole = g.n;
            at++;
            /* "[2001:db8:::192.0.2.1]" follows from the grammar of RFC 3261; RFC 5118 4.10:
             * tolerate it */
            if (at < s.n && s.p[at] == ':' && span_find(s, '.') < s.n)
                at++;
        }
    }
    if (g.hole == 16 ? g.n != 16 : g.n > 14)
        return false;
    memset(ip, 0, 16);
    memcpy(ip, g.ip, g.hole < g.n ? g.hole : g.n);
    if (g.hole < g.n)
        memcpy(ip + 16 - (g.n - g.hole), g.ip + g.hole, g.n - g.hole);
    return true;
}

bool sip_addr_parse(struct span s, struct sip_addr *out)
{
    *out = (struct sip_addr){0};
    if (s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']') {
        s = (struct span){s.p + 1, s.n - 2};
        out->family = parse_ip6(s, out->ip) ? 6 : 0;
    } else if (span_find(s, ':') < s.n) {
        out->family = parse_ip6(s, out->ip) ? 6 : 0;
    } else {
        out->family = parse_ip4(s, out->ip) ? 4 : 0;
    }
    if (out->family == 0)
        memset(out->ip, 0, sizeof out->ip);
    return out->family != 0;
}

static bool is_mapped(const struct sip_addr *a)
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

    return a->family == 6 && memcmp(a->ip, prefix, sizeof prefix) == 0;
}

static unsigned group(const struct sip_addr *a, int i)
{
    return (unsigned)a->ip[2 * (size_t)i] << 8 | a->ip[2 * (size_t)i + 1];
}

/* The longest run of at least two zero groups, the first of equals (RFC 5952 4.2). */
static int longest_hole(const struct sip_addr *a, int *length)
{
    int best = -1;

    *length = 1;
    for (int i = 0; i < 8; i++) {
        int n = 0;

        while (i + n < 8 && group(a, i + n) == 0)
            n++;
        if (n > *length) {
            best = i;
            *length = n;
        }
        i += n;
    }
    return best;
}

static void print_ip4(struct buf *b, const uint8_t ip[4])
{
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            buf_u8(b, '.');
        buf_number(b, ip[i]);
    }
}

static void print_group(struct buf *b, unsigned v)
{
    static const char digits[] = "0123456789abcdef";

    for (int shift = v > 0xfff ? 12 : v > 0xff ? 8 : v > 0xf ? 4 : 0; shift >= 0; shift -= 4)
        buf_u8(b, (uint8_t)digits[v >> shift & 15]);
}

static void print_ip6(struct buf *b, const struct sip_addr *a)
{
    int length, hole = longest_hole(a, &length);

    if (is_mapped(a)) {
        BUF_LIT(b, "::ffff:");
        print_ip4(b, a->ip + 12);
        return;
    }
    for (int i = 0; i < 8; i++) {
        if (i == hole) {
            BUF_LIT(b, "::");
            i += length - 1;
            continue;
        }
        if (i > 0 && i != hole + length)
            buf_u8(b, ':');
        print_group(b, group(a, i));
    }
}

void sip_addr_print(struct buf *b, const struct sip_addr *a)
{
    if (a->family == 4)
        print_ip4(b, a->ip);
    else if (a->family == 6)
        print_ip6(b, a);
}

void sip_addr_print_hostport(struct buf *b, const struct sip_addr *a)
{
    if (a->family == 6)
        buf_u8(b, '[');
    sip_addr_print(b, a);
    if (a->family == 6)
        buf_u8(b, ']');
    if (a->port != 0) {
        buf_u8(b, ':');
        buf_number(b, a->port);
    }
}

bool sip_addr_same_host(const struct sip_addr *a, const struct sip_addr *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

bool sip_addr_eq(const struct sip_addr *a, const struct sip_addr *b)
{
    return a->port == b->port && sip_addr_same_host(a, b);
}

/* 0/8, 224/4 (multicast) and 240/4 (reserved, with the broadcast address). */
static bool is_unicast4(const uint8_t ip[4])
{
    return ip[0] != 0 && ip[0] < 224;
}

bool sip_addr_is_unicast(const struct sip_addr *a)
{
    static const uint8_t unspecified[16];

    if (a->family == 4)
        return is_unicast4(a->ip);
    if (is_mapped(a))
        return is_unicast4(a->ip + 12);
    return a->family == 6 && a->ip[0] != 0xff && memcmp(a->ip, unspecified, 16) != 0;
}

bool sip_addr_is_loopback(const struct sip_addr *a)
{
    static const uint8_t loopback[16] = {[15] = 1};

    if (a->family == 4)
        return a->ip[0] == 127;
    if (is_mapped(a))
        return a->ip[12] == 127;
    return a->family == 6 && memcmp(a->ip, loopback, 16) == 0;
}
