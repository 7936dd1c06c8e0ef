/* The AIM clients of the load generator: FLAP, SNAC, a sign-on, and what they say. */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "tests/bench/load.h"

enum { FLAP_HEAD = 6, SNAC_HEAD = 10, NAMES_MAX = 255, MD5_SIZE = 16 };

struct packet {
    uint8_t p[8192];
    size_t n;
};

static void put(struct packet *k, const void *p, size_t n)
{
    if (k->n + n > sizeof k->p)
        fail("a packet is too long");
    memcpy(k->p + k->n, p, n);
    k->n += n;
}

static void put_u8(struct packet *k, unsigned v)
{
    uint8_t c = (uint8_t)v;

    put(k, &c, 1);
}

static void put_u16(struct packet *k, unsigned v)
{
    put_u8(k, v >> 8);
    put_u8(k, v & 255);
}

static void put_u32(struct packet *k, uint32_t v)
{
    put_u16(k, v >> 16);
    put_u16(k, v & 65535);
}

static void put_tlv(struct packet *k, unsigned type, const void *p, size_t n)
{
    put_u16(k, type);
    put_u16(k, (unsigned)n);
    if (n > 0)
        put(k, p, n);
}

static void put_name(struct packet *k, const char *name)
{
    put_u8(k, (unsigned)strlen(name));
    put(k, name, strlen(name));
}

/* ---- frames */

static unsigned u16_at(const uint8_t *p)
{
    return (unsigned)(p[0] << 8 | p[1]);
}

static size_t frame_at(const struct inbox *b, size_t at)
{
    const uint8_t *p = b->p + at;

    if (b->n - at < FLAP_HEAD || b->n - at - FLAP_HEAD < u16_at(p + 4))
        return 0;
    if (p[0] != '*')
        fail("not a FLAP frame");
    return FLAP_HEAD + u16_at(p + 4);
}

static void send_frame(struct aim *a, unsigned channel, const struct packet *data)
{
    struct packet k = {0};

    put_u8(&k, '*');
    put_u8(&k, channel);
    put_u16(&k, a->seq++);
    put_u16(&k, (unsigned)data->n);
    put(&k, data->p, data->n);
    if (a->gathers) {
        memcpy(outbox_room(&a->out, k.n), k.p, k.n);
        a->out.n += k.n;
    } else {
        send_all(a->fd, k.p, k.n);
    }
}

void aim_flush(struct aim *a)
{
    outbox_flush(&a->out, a->fd);
}

bool aim_next(const struct aim *a, size_t at, struct snac *out)
{
    size_t skipped = at;

    for (;;) {
        size_t size = frame_at(&a->in, at);
        const uint8_t *p = a->in.p + at;

        if (!size)
            return false;
        at += size;
        if (p[1] == 4)
            fail("session %d was signed off", a->number);
        if (p[1] != 2 || size < FLAP_HEAD + SNAC_HEAD)
            continue;
        *out = (struct snac){.family = (uint16_t)u16_at(p + 6),
                             .subtype = (uint16_t)u16_at(p + 8),
                             .body = p + FLAP_HEAD + SNAC_HEAD,
                             .n = size - FLAP_HEAD - SNAC_HEAD,
                             .used = at - skipped};
        return true;
    }
}

void aim_send(struct aim *a, uint16_t family, uint16_t subtype, const uint8_t *body, size_t n)
{
    struct packet k = {0};

    put_u16(&k, family);
    put_u16(&k, subtype);
    put_u16(&k, 0);
    put_u32(&k, ++a->request);
    if (n > 0)
        put(&k, body, n);
    send_frame(a, 2, &k);
}

/* ---- the sign-on: one step after the other */

static void read_some(struct aim *a)
{
    if (a->awake)
        watch_for(a->fd);
    else
        wait_for(a->fd, false);
    (void)inbox_read(&a->in, a->fd, "AIM");
}

/* Waits for a frame of that channel, and leaves it in front. */
static size_t await_frame(struct aim *a, unsigned channel)
{
    for (;;) {
        size_t size = frame_at(&a->in, 0);

        if (!size)
            read_some(a);
        else if (a->in.p[1] == channel)
            return size;
        else
            inbox_drop(&a->in, size);
    }
}

void aim_await(struct aim *a, uint16_t family, uint16_t subtype)
{
    struct snac s;

    for (;;) {
        bool found;

        while (!aim_next(a, 0, &s))
            read_some(a);
        found = s.family == family && s.subtype == subtype;
        if (!found && s.subtype == 1)
            fail("session %d: SNAC error %04x/0001", a->number, s.family);
        inbox_drop(&a->in, s.used);
        if (found)
            return;
    }
}

static void connect_to(struct aim *a, int port)
{
    a->fd = tcp_connect(port);
    a->in.n = 0;
    a->seq = 0x1000;
    inbox_drop(&a->in, await_frame(a, 1));
}

static bool find_tlv(const uint8_t *p, size_t n, unsigned type, const uint8_t **value, size_t *size)
{
    while (n >= 4 && n - 4 >= u16_at(p + 2)) {
        *value = p + 4;
        *size = u16_at(p + 2);
        if (u16_at(p) == type)
            return true;
        n -= 4 + *size;
        p += 4 + *size;
    }
    return false;
}

/* The password by XOR, as the oldest clients send it. */
static void ask_authorizer(struct aim *a, const char *name, const char *password)
{
    static const uint8_t table[] = {0xF3, 0x26, 0x81, 0xC4, 0x39, 0x86, 0xDB, 0x92,
                                    0x71, 0xA3, 0xB9, 0xE6, 0x53, 0x7A, 0x95, 0x7C};
    static const char client[] = "AOL Instant Messenger, version 5.5.3595/WIN32";
    struct packet k = {0};
    uint8_t roasted[sizeof table];
    size_t n = strlen(password);

    for (size_t i = 0; i < n; i++)
        roasted[i] = (uint8_t)password[i] ^ table[i];
    put_u32(&k, 1);
    put_tlv(&k, 1, name, strlen(name));
    put_tlv(&k, 2, roasted, n);
    put_tlv(&k, 3, client, sizeof client - 1);
    send_frame(a, 1, &k);
}

static size_t sign_on_cookie(struct aim *a, uint8_t cookie[256])
{
    size_t size = await_frame(a, 4), n;
    const uint8_t *value;

    if (!find_tlv(a->in.p + FLAP_HEAD, size - FLAP_HEAD, 6, &value, &n) || n > 256)
        fail("session %d: the sign-on was refused", a->number);
    memcpy(cookie, value, n);
    return n;
}

static void say_versions(struct aim *a)
{
    static const uint8_t versions[] = {0, 1, 0, 3, 0, 0x13, 0, 3, 0, 2, 0, 1,    0, 3,
                                       0, 1, 0, 4, 0, 1,    0, 9, 0, 1, 0, 0x0B, 0, 1};
    static const uint8_t params[] = {0, 1, 0, 0, 0, 0x0B, 0x1F, 0x40, 3, 0xE7, 3, 0xE7, 0, 0, 0, 0};

    aim_send(a, 1, 0x17, versions, sizeof versions);
    aim_await(a, 1, 0x18);
    aim_send(a, 1, 6, NULL, 0);
    aim_await(a, 1, 7);
    aim_send(a, 1, 8, (const uint8_t[]){0, 1, 0, 2, 0, 3, 0, 4, 0, 5}, 10);
    aim_send(a, 4, 2, params, sizeof params);
}

static void say_list(struct aim *a, const struct load *l)
{
    struct packet k = {0};

    for (int i = 1; i <= l->buddies && i <= NAMES_MAX; i++) {
        char name[16];

        aim_name(name, (a->number + i) % l->sessions);
        put_name(&k, name);
    }
    if (k.n > 0)
        aim_send(a, 3, 4, k.p, k.n);
    else
        aim_send(a, 0x13, 7, NULL, 0);
}

void aim_name(char to[16], int number)
{
    (void)snprintf(to, 16, "bench%04d", number % 10000);
}

bool aim_try_password(const struct load *l, int number, const char *password)
{
    struct aim a = {.number = number};
    const uint8_t *value;
    char name[16];
    size_t size, n;
    bool good;

    aim_name(name, number);
    connect_to(&a, l->oscar);
    ask_authorizer(&a, name, password);
    size = await_frame(&a, 4);
    good = find_tlv(a.in.p + FLAP_HEAD, size - FLAP_HEAD, 6, &value, &n);
    aim_leave(&a);
    return good;
}

/* On the second connection. */
static void show_cookie(struct aim *a, const struct load *l, const uint8_t *cookie, size_t n)
{
    struct packet k = {0};

    connect_to(a, l->oscar);
    put_u32(&k, 1);
    put_tlv(&k, 6, cookie, n);
    send_frame(a, 1, &k);
    aim_await(a, 1, 3);
}

static void say_ready(struct aim *a)
{
    aim_send(a, 1, 2, NULL, 0);
    aim_send(a, 1, 0x0E, NULL, 0);
    aim_await(a, 1, 0x0F);
}

void aim_sign_on(struct aim *a, const struct load *l, int number)
{
    uint8_t cookie[256];
    char name[16];
    size_t n;

    *a = (struct aim){.number = number};
    aim_name(name, number);
    connect_to(a, l->oscar);
    ask_authorizer(a, name, name); /* every user's password */
    n = sign_on_cookie(a, cookie);
    (void)close(a->fd);
    show_cookie(a, l, cookie, n);
    say_versions(a);
    say_list(a, l);
    say_ready(a);
}

struct aim *aim_sign_on_all(const struct load *l, int ep)
{
    struct aim *all = calloc((size_t)l->sessions, sizeof *all);

    if (!all)
        fail("out of memory");
    for (int i = 0; i < l->sessions; i++) {
        aim_sign_on(&all[i], l, l->first + i);
        poll_add(ep, all[i].fd, (uint64_t)i);
    }
    return all;
}

/* ---- by BUCP, with a list that the server keeps */

static void digest(const struct snac *key, const char *password, uint8_t out[MD5_SIZE])
{
    static const char aim[] = "AOL Instant Messenger (SM)";
    uint8_t inner[MD5_SIZE], text[512];
    size_t n = key->n >= 2 ? u16_at(key->body) : 0;
    unsigned size;

    if (n == 0 || n > key->n - 2 || n > 256)
        fail("no key for the digest");
    (void)EVP_Digest(password, strlen(password), inner, &size, EVP_md5(), NULL);
    memcpy(text, key->body + 2, n);
    memcpy(text + n, inner, MD5_SIZE);
    memcpy(text + n + MD5_SIZE, aim, sizeof aim - 1);
    (void)EVP_Digest(text, n + MD5_SIZE + sizeof aim - 1, out, &size, EVP_md5(), NULL);
}

static void say_name(struct aim *a, const char *name)
{
    struct packet hello = {0}, k = {0};

    put_u32(&hello, 1);
    send_frame(a, 1, &hello);
    put_tlv(&k, 1, name, strlen(name));
    put_tlv(&k, 0x4B, NULL, 0);
    put_tlv(&k, 0x5A, NULL, 0);
    aim_send(a, 0x17, 6, k.p, k.n);
}

static void say_digest(struct aim *a, const char *name, const struct snac *key)
{
    static const char client[] = "AOL Instant Messenger, version 5.9.6089/WIN32";
    struct packet k = {0};
    uint8_t md5[MD5_SIZE];

    digest(key, name, md5);
    put_tlv(&k, 1, name, strlen(name));
    put_tlv(&k, 0x25, md5, sizeof md5);
    put_tlv(&k, 0x4C, NULL, 0);
    put_tlv(&k, 3, client, sizeof client - 1);
    put_tlv(&k, 0x16, "\1\11", 2);
    aim_send(a, 0x17, 2, k.p, k.n);
}

/* Leaves the SNAC in front. */
static struct snac await_first(struct aim *a, uint16_t family, uint16_t subtype)
{
    struct snac s;

    while (!aim_next(a, 0, &s))
        read_some(a);
    if (s.family != family || s.subtype != subtype)
        fail("session %d: SNAC %04x/%04x where %04x/%04x is due", a->number, s.family, s.subtype,
             family, subtype);
    return s;
}

static size_t sign_on_by_digest(struct aim *a, const char *name, uint8_t cookie[256])
{
    const uint8_t *value;
    struct snac s;
    size_t n;

    say_name(a, name);
    s = await_first(a, 0x17, 7);
    say_digest(a, name, &s);
    inbox_drop(&a->in, s.used);
    s = await_first(a, 0x17, 3);
    if (!find_tlv(s.body, s.n, 6, &value, &n) || n > 256)
        fail("session %d: the sign-on was refused", a->number);
    memcpy(cookie, value, n);
    return n;
}

/* What clients ask for before their list. */
static void ask_rights(struct aim *a)
{
    static const uint16_t families[][2] = {{2, 2}, {3, 2}, {4, 4}, {9, 2}, {0x13, 2}};

    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        aim_send(a, families[i][0], families[i][1], NULL, 0);
}

void aim_sign_on_newer(struct aim *a, const struct load *l, int number)
{
    uint8_t cookie[256];
    char name[16];
    size_t n;

    *a = (struct aim){.number = number, .awake = true};
    aim_name(name, number);
    connect_to(a, l->oscar);
    n = sign_on_by_digest(a, name, cookie);
    (void)close(a->fd);
    show_cookie(a, l, cookie, n);
    say_versions(a);
    /* as they come from a client: what need not wait for an answer goes together */
    a->gathers = true;
    ask_rights(a);
    aim_send(a, 0x13, 4, NULL, 0);
    aim_flush(a);
    aim_await(a, 0x13, 6);
    aim_send(a, 0x13, 7, NULL, 0);
    aim_send(a, 1, 2, NULL, 0);
    aim_send(a, 1, 0x0E, NULL, 0);
    aim_flush(a);
    a->gathers = false;
    aim_await(a, 1, 0x0F);
}

static void put_item(struct packet *k, const char *name, unsigned group, unsigned item,
                     unsigned class)
{
    put_u16(k, (unsigned)strlen(name));
    put(k, name, strlen(name));
    put_u16(k, group);
    put_u16(k, item);
    put_u16(k, class);
    put_u16(k, 0);
}

void aim_store_list(struct aim *a, const struct load *l)
{
    struct packet k = {0};

    put_item(&k, "", 0, 0, 1);
    put_item(&k, "Buddies", 1, 0, 1);
    for (int i = 1; i <= l->buddies && i <= NAMES_MAX; i++) {
        char name[16];

        aim_name(name, (a->number + i) % l->sessions);
        put_item(&k, name, 1, (unsigned)i, 0);
    }
    aim_send(a, 0x13, 8, k.p, k.n);
    aim_await(a, 0x13, 0x0E);
}

void aim_leave(struct aim *a)
{
    (void)close(a->fd);
    free(a->in.p);
    free(a->out.p);
    *a = (struct aim){.fd = -1};
}

/* ---- what they say */

void aim_add_buddy(struct aim *a, const char *name)
{
    struct packet k = {0};

    put_name(&k, name);
    aim_send(a, 3, 4, k.p, k.n);
}

void aim_away(struct aim *a, const char *text)
{
    static const char mime[] = "text/aolrtf; charset=\"us-ascii\"";
    struct packet k = {0};

    if (text)
        put_tlv(&k, 3, mime, sizeof mime - 1);
    put_tlv(&k, 4, text, text ? strlen(text) : 0);
    aim_send(a, 2, 4, k.p, k.n);
}

static size_t print_html(char *to, size_t room, uint32_t seq)
{
    return (size_t)snprintf(
        to, room,
        "<HTML><BODY BGCOLOR=\"#ffffff\"><FONT LANG=\"0\">#%08x# Shall we meet at "
        "the station at half past seven, or is that too early for the others? I "
        "can bring the maps &amp; something to eat.</FONT></BODY></HTML>",
        seq);
}

void aim_message(struct aim *a, const char *to, uint32_t seq)
{
    static const uint8_t caps[] = {5, 1, 0, 3, 1, 1, 2};
    struct packet k = {0}, fragments = {0};
    char html[512];
    size_t n = print_html(html, sizeof html, seq);

    put_u32(&k, 0x62656E63);
    put_u32(&k, seq);
    put_u16(&k, 1);
    put_name(&k, to);
    put(&fragments, caps, sizeof caps);
    put_u8(&fragments, 1);
    put_u8(&fragments, 1);
    put_u16(&fragments, (unsigned)n + 4);
    put_u32(&fragments, 0);
    put(&fragments, html, n);
    put_tlv(&k, 2, fragments.p, fragments.n);
    put_tlv(&k, 3, NULL, 0);
    aim_send(a, 4, 6, k.p, k.n);
}
