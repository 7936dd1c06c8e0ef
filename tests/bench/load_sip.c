/* The SIP of the load generator: MESSAGEs out of a template, answers out of what came. */
#include <stdlib.h>
#include <string.h>

#include "tests/bench/load.h"

static const char words[] =
    "Shall we meet at the station at half past seven, or is that too early for the others? I can "
    "bring the maps and something to eat; you would only have to think of the tickets this time. "
    "And "
    "please tell me by noon, so that I can call the others and let them know in time.";

static const char marker_call[] = "Call-ID: ";

static void put_digits(char *to, unsigned v, int n)
{
    for (int i = n; i-- > 0; v /= 10)
        to[i] = (char)('0' + v % 10);
}

static void put_hex(char *to, uint32_t v)
{
    for (int i = 8; i-- > 0; v >>= 4)
        to[i] = "0123456789abcdef"[v & 15];
}

static bool read_hex(const uint8_t *p, uint32_t *out)
{
    uint32_t v = 0;

    for (int i = 0; i < 8; i++) {
        uint8_t c = p[i];

        if (c >= '0' && c <= '9')
            v = v << 4 | (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            v = v << 4 | (uint32_t)(c - 'a' + 10);
        else
            return false;
    }
    *out = v;
    return true;
}

static size_t print_head(char *to, size_t room, const struct load *l, int body)
{
    char date[64];
    time_t t = time(NULL);
    struct tm tm;
    int n;

    (void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&t, &tm));
    n = snprintf(to, room,
                 "MESSAGE sip:bench0000@%s SIP/2.0\r\n"
                 "Via: SIP/2.0/%s 127.0.0.1:%d;branch=z9hG4bK776a-SSSSSSSS%s\r\n"
                 "Max-Forwards: 70\r\n"
                 "From: <sip:sender0000@%s>;tag=SSSSSSSS\r\n"
                 "To: <sip:bench0000@%s>\r\n"
                 "Call-ID: SSSSSSSS-a84b4c-%08x@127.0.0.1\r\n"
                 "CSeq: 1 MESSAGE\r\n"
                 "Date: %s\r\n"
                 "User-Agent: bench/1.0\r\n"
                 "Content-Type: text/plain;charset=UTF-8\r\n"
                 "Content-Length: %d\r\n\r\n"
                 "#SSSSSSSS# ",
                 l->domain,
                 l->tls   ? "TLS"
                 : l->tcp ? "TCP"
                          : "UDP",
                 l->peer, l->tcp ? "" : ";rport", l->peer_domain, l->domain, l->run, date, body);
    return (size_t)n;
}

static void find_all(const char *text, const char *what, size_t skip, size_t *out, size_t n)
{
    const char *at = text;

    for (size_t i = 0; i < n; i++) {
        at = strstr(at, what);
        if (!at)
            fail("the template is wrong");
        out[i] = (size_t)(at - text) + skip;
        at++;
    }
}

void sip_template(struct sip_template *t, const struct load *l)
{
    char text[MESSAGE_OCTETS + 256];
    size_t head = print_head(text, sizeof text, l, 100), marker = sizeof "#SSSSSSSS# " - 1;
    size_t fill = MESSAGE_OCTETS - head;

    if (head + 32 > MESSAGE_OCTETS || fill + marker < 100 || fill >= sizeof words)
        fail("the head of a MESSAGE has %zu octets: choose other domains", head);
    (void)print_head(text, sizeof text, l, (int)(fill + marker));
    memcpy(text + head, words, fill);
    text[MESSAGE_OCTETS] = 0;
    find_all(text, "bench0000", 5, t->user, 2);
    find_all(text, "sender0000", 6, t->sender, 1);
    find_all(text, "SSSSSSSS", 0, t->seq, 4);
    memcpy(t->text, text, MESSAGE_OCTETS);
}

void sip_message(const struct sip_template *t, char *to, uint32_t seq, int user)
{
    memcpy(to, t->text, MESSAGE_OCTETS);
    put_digits(to + t->user[0], (unsigned)user, 4);
    put_digits(to + t->user[1], (unsigned)user, 4);
    put_digits(to + t->sender[0], seq % SENDERS, 4);
    for (int i = 0; i < 4; i++)
        put_hex(to + t->seq[i], seq);
}

bool sip_seq(const uint8_t *p, size_t n, uint32_t *seq)
{
    const uint8_t *at = memmem(p, n, marker_call, sizeof marker_call - 1);

    if (!at || (size_t)(p + n - at) < sizeof marker_call + 8)
        return false;
    return read_hex(at + sizeof marker_call - 1, seq);
}

bool text_seq(const uint8_t *p, size_t n, uint32_t *seq)
{
    const uint8_t *end = p + n;

    while (p < end && (p = memchr(p, '#', (size_t)(end - p)))) {
        if (end - p >= 10 && p[9] == '#' && read_hex(p + 1, seq))
            return true;
        p++;
    }
    return false;
}

size_t sip_frame(const uint8_t *p, size_t n)
{
    const uint8_t *end = memmem(p, n, "\r\n\r\n", 4);
    const uint8_t *length = end ? memmem(p, (size_t)(end - p), "\r\nContent-Length: ", 18) : NULL;
    size_t size = end ? (size_t)(end - p) + 4 : 0;

    if (!end)
        return 0;
    if (length)
        size += strtoul((const char *)length + 18, NULL, 10);
    return size <= n ? size : 0;
}

int sip_status(const uint8_t *p, size_t n)
{
    if (n < 12 || memcmp(p, "SIP/2.0 ", 8) != 0)
        return 0;
    return (p[8] - '0') * 100 + (p[9] - '0') * 10 + p[10] - '0';
}

size_t sip_value(const uint8_t *p, size_t n, const char *name, const uint8_t **value)
{
    char line[64];
    size_t size = (size_t)snprintf(line, sizeof line, "\r\n%s: ", name);
    const uint8_t *at = memmem(p, n, line, size), *end;

    if (!at)
        return 0;
    *value = at + size;
    end = memchr(*value, '\r', (size_t)(p + n - *value));
    return end ? (size_t)(end - *value) : 0;
}

/* Via, From, To, Call-ID, CSeq come back as they are. */
static bool is_repeated(const uint8_t *line)
{
    switch (line[0]) {
    case 'V':
    case 'F':
    case 'T': return line[1] == 'i' || line[1] == 'r' || line[1] == 'o';
    case 'C': return line[1] == 'S' || line[1] == 'a';
    default: return false;
    }
}

static uint8_t *put(uint8_t *to, const void *p, size_t n)
{
    memcpy(to, p, n);
    return to + n;
}

#define PUT(to, literal) put((to), ("" literal), sizeof(literal) - 1)

size_t sip_answer(const uint8_t *request, size_t n, uint8_t *to)
{
    const uint8_t *line = request, *end = request + n;
    uint8_t *out = PUT(to, "SIP/2.0 200 OK\r\n");

    while (line < end) {
        const uint8_t *next = memchr(line, '\n', (size_t)(end - line));
        size_t size = next ? (size_t)(next + 1 - line) : 0;

        if (size <= 2)
            break;
        if (is_repeated(line)) {
            out = put(out, line, size);
            if (line[0] == 'T' && !memmem(line, size, ";tag=", 5))
                out = PUT(out - 2, ";tag=b\r\n");
        }
        line = next + 1;
    }
    return (size_t)(PUT(out, "Content-Length: 0\r\n\r\n") - to);
}
