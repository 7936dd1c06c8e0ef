/* PUBLISH and REGISTER with digest, as phones send them: the first of each user is challenged (401)
 * and said once more with the answer; the later ones use the nonce again. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "tests/bench/load.h"

enum { VALUE_MAX = 160, STUCK_NS = 2000000000, MD5_HEX = 33 };

enum {
    REGISTER,
    REGISTER_REFRESH,
    PUBLISH,
    PUBLISH_REFRESH,
    PUBLISH_MODIFY,
    PUBLISH_END,
    REGISTER_END
};

static const struct phase {
    const char *name, *method;
    int expires;
    bool body, tagged; /* it says a state; it names the one published before */
} phases[] = {
    [REGISTER] = {"register", "REGISTER", 3600, false, false},
    [REGISTER_REFRESH] = {"register_refresh", "REGISTER", 3600, false, false},
    [PUBLISH] = {"publish", "PUBLISH", 3600, true, false},
    [PUBLISH_REFRESH] = {"publish_refresh", "PUBLISH", 3600, false, true},
    [PUBLISH_MODIFY] = {"publish_modify", "PUBLISH", 3600, true, true},
    [PUBLISH_END] = {"publish_end", "PUBLISH", 0, false, true},
    [REGISTER_END] = {"register_end", "REGISTER", 0, false, false},
};

struct user {
    char nonce[VALUE_MAX], etag[VALUE_MAX];
    unsigned nc, cseq;
};

struct publisher {
    struct agent a;
    struct user *users;
    uint32_t first, count, sent, done; /* users `first` and on; `sent` is the next one's number */
    const struct phase *phase;
    unsigned turn; /* which of two states */
};

/* ---- digest, RFC 7616 3.4.1 with MD5 and qop=auth */

static void md5_hex(const char *text, char to[MD5_HEX])
{
    uint8_t md[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    if (EVP_Digest(text, strlen(text), md, &n, EVP_md5(), NULL) != 1)
        fail("no MD5");
    for (unsigned i = 0; i < n; i++)
        (void)snprintf(to + 2 * i, 3, "%02x", md[i]);
}

static void put_credentials(char *to, size_t room, struct user *u, uint32_t i, const struct load *l,
                            const char *method, const char *uri)
{
    char text[512], ha1[MD5_HEX], ha2[MD5_HEX], response[MD5_HEX];

    to[0] = 0;
    if (!u->nonce[0])
        return;
    u->nc++;
    (void)snprintf(text, sizeof text, "bench%04u:%s:bench%04u", i, l->domain, i);
    md5_hex(text, ha1);
    (void)snprintf(text, sizeof text, "%s:%s", method, uri);
    md5_hex(text, ha2);
    (void)snprintf(text, sizeof text, "%s:%s:%08x:0a4f113b:auth:%s", ha1, u->nonce, u->nc, ha2);
    md5_hex(text, response);
    (void)snprintf(
        to, room,
        "Authorization: Digest username=\"bench%04u\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", "
        "algorithm=MD5, qop=auth, nc=%08x, cnonce=\"0a4f113b\", response=\"%s\"\r\n",
        i, l->domain, u->nonce, uri, u->nc, response);
}

/* ---- requests */

static void put_body(const struct publisher *p, uint32_t i, char *to, size_t room)
{
    to[0] = 0;
    if (p->phase->body)
        (void)snprintf(
            to, room,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
            "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
            "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"pres:bench%04u@%s\">"
            "<tuple id=\"t1\"><status><basic>open</basic></status>"
            "<contact priority=\"0.8\">sip:bench%04u@%s</contact><note>%s</note></tuple>"
            "<dm:person "
            "id=\"p1\"><rpid:activities><rpid:%s/></rpid:activities></dm:person></presence>\n",
            i, p->a.l->domain, i, p->a.l->domain,
            p->turn % 2 ? "Out for lunch, back at two" : "At my desk",
            p->turn % 2 ? "away" : "unknown");
}

static void put_own_headers(const struct publisher *p, uint32_t i, char *to, size_t room)
{
    const struct user *u = &p->users[i];

    if (strcmp(p->phase->method, "REGISTER") == 0)
        (void)snprintf(to, room, "Contact: <sip:bench%04u@127.0.0.1:%d;transport=%s>\r\n", i,
                       p->a.port, p->a.transport);
    else
        (void)snprintf(to, room, "Event: presence\r\n%s%s%s%s",
                       p->phase->tagged ? "SIP-If-Match: " : "", p->phase->tagged ? u->etag : "",
                       p->phase->tagged ? "\r\n" : "",
                       p->phase->body ? "Content-Type: application/pidf+xml\r\n" : "");
}

static void say(struct publisher *p, uint32_t i)
{
    const struct load *l = p->a.l;
    struct user *u = &p->users[i];
    char text[DATAGRAM_MAX], body[1024], uri[96], own[512], credentials[640];
    int n;

    if (strcmp(p->phase->method, "REGISTER") == 0)
        (void)snprintf(uri, sizeof uri, "sip:%s", l->domain);
    else
        (void)snprintf(uri, sizeof uri, "sip:bench%04u@%s", i, l->domain);
    put_body(p, i, body, sizeof body);
    put_own_headers(p, i, own, sizeof own);
    put_credentials(credentials, sizeof credentials, u, i, l, p->phase->method, uri);
    u->cseq++;
    n = snprintf(text, sizeof text,
                 "%s %s SIP/2.0\r\n"
                 "Via: SIP/2.0/%s 127.0.0.1:%d;branch=z9hG4bK%08x-%u-%08x\r\n"
                 "Max-Forwards: 70\r\n"
                 "From: <sip:bench%04u@%s>;tag=%08x\r\nTo: <sip:bench%04u@%s>\r\n"
                 "Call-ID: %08x-%s-%08x@127.0.0.1\r\nCSeq: %u %s\r\n"
                 "User-Agent: bench/1.0\r\nExpires: %d\r\n%s%s"
                 "Content-Length: %zu\r\n\r\n%s",
                 p->phase->method, uri, p->a.via, p->a.port, i, u->cseq, l->run, i, l->domain, i, i,
                 l->domain, i, p->phase->method, l->run, u->cseq, p->phase->method,
                 p->phase->expires, own, credentials, strlen(body), body);
    agent_say(&p->a, text, (size_t)n);
}

/* ---- answers */

static void keep(char to[VALUE_MAX], const uint8_t *value, size_t n)
{
    if (n >= VALUE_MAX)
        fail("a value of %zu octets", n);
    memcpy(to, value, n);
    to[n] = 0;
}

static bool take_nonce(struct user *u, const uint8_t *p, size_t n)
{
    const uint8_t *line, *nonce, *end;
    size_t size = sip_value(p, n, "WWW-Authenticate", &line);

    nonce = size ? memmem(line, size, "nonce=\"", 7) : NULL;
    end = nonce ? memchr(nonce + 7, '"', (size_t)(line + size - nonce - 7)) : NULL;
    if (!end)
        return false;
    keep(u->nonce, nonce + 7, (size_t)(end - nonce - 7));
    u->nc = 0;
    return true;
}

static void take(struct agent *a, const uint8_t *m, size_t n)
{
    struct publisher *p = a->owner;
    int status = sip_status(m, n);
    const uint8_t *etag;
    uint32_t i;
    size_t size;

    if (status < 200 || !sip_seq(m, n, &i) || i - p->first >= p->count)
        return;
    if (status == 401 && p->users[i].nc == 0 && take_nonce(&p->users[i], m, n)) {
        say(p, i);
        return;
    }
    if (status >= 300)
        fail("%s was refused: %d", p->phase->name, status);
    size = sip_value(m, n, "SIP-ETag", &etag);
    if (size)
        keep(p->users[i].etag, etag, size);
    p->done++;
}

static void run(struct publisher *p, const struct phase *phase)
{
    uint64_t moved = now_ns();
    uint32_t last = 0;

    p->phase = phase;
    p->sent = p->first;
    p->done = 0;
    p->turn++;
    while (p->done < p->count) {
        while (p->sent - p->first < p->count &&
               p->sent - p->first - p->done < (uint32_t)p->a.l->window)
            say(p, p->sent++);
        agent_turn(&p->a);
        if (p->done != last) {
            last = p->done;
            moved = now_ns();
        } else if (now_ns() - moved > STUCK_NS) {
            fail("%s: nothing moved for two seconds, after %u", phase->name, last);
        }
    }
}

static void measure(struct publisher *p, const struct phase *phase)
{
    uint64_t from = now_ns();
    struct usage before = usage_now(p->a.l);

    run(p, phase);
    usage_print(phase->name, &before, from, p->a.l, p->count);
}

static void publisher_open(struct publisher *p, const struct load *l, uint32_t first,
                           uint32_t count)
{
    *p = (struct publisher){.first = first, .count = count};
    agent_open(&p->a, l, take);
    p->users = calloc(first + count, sizeof *p->users);
    if (!p->users)
        fail("out of memory");
}

struct publisher *publisher_new(const struct load *l, uint32_t first, uint32_t count)
{
    struct publisher *p = malloc(sizeof *p);

    if (!p)
        fail("out of memory");
    publisher_open(p, l, first, count);
    p->a.owner = p;
    run(p, &phases[PUBLISH]);
    return p;
}

void publisher_change(struct publisher *p)
{
    run(p, &phases[PUBLISH_MODIFY]);
}

int load_publish(const struct load *l)
{
    struct publisher p;

    publisher_open(&p, l, 0, (uint32_t)l->sessions);
    p.a.owner = &p;
    printf("{");
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
        measure(&p, &phases[i]);
    printf("\"users\":%u}\n", p.count);
    free(p.users);
    return 0;
}
