/* A client that is signed on and speaks every foodgroup: SNACs built of choices, mostly as their
 * foodgroup wants them, some cut short, too long or with one octet changed. What comes back is read
 * here, apart from the product's readers: whole frames in order, whole SNACs, and every answer to a
 * request that was made. */
#include <stdlib.h>

#include "oscar/flap.h"
#include "oscar/snac.h"
#include "tests/fuzz/oscar_react.h"
#include "tests/fuzz/pick.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SNACS_MAX = 24, DEPTH_MAX = 3, LIST_MAX = 12, OUT_MAX = 1 << 17, FIRST_ID = 0x100 };

static const struct {
    uint16_t foodgroup, subtype;
} kinds[] = {
#define SUBTYPE(group, name, number, rate, what) {FOODGROUP_##group, number},
#include "oscar/subtypes.def"
#undef SUBTYPE
};

static const char *const names[] = {"bob",
                                    "Chatty Chuck",
                                    "12345678",
                                    "bob@sip.example.org",
                                    "bob=27s@[x]",
                                    "",
                                    "a name that is far too long to be one of ours"};

struct client {
    struct rd *r;
    struct oscar_conn *conn;
    uint64_t now;
    uint16_t seq;     /* of the next frame */
    uint16_t out_seq; /* of the next that comes */
    bool out_begun;
    uint32_t id; /* of the next request */
    size_t out;  /* octets that came */
};

/* ---- what bodies are made of ---- */

static void put_str8(struct rd *r, struct buf *b)
{
    const char *s = PICK_WORD(r, names);

    buf_u8(b, (uint8_t)strlen(s));
    buf_str(b, s);
}

static void put_str16(struct rd *r, struct buf *b)
{
    const char *s = PICK_WORD(r, names);

    buf_u16(b, (uint16_t)strlen(s));
    buf_str(b, s);
}

static void put_tlvs(struct rd *r, struct buf *b, unsigned depth);

static void put_value(struct rd *r, struct buf *b, unsigned depth)
{
    switch (pick(r, 6)) {
    case 0: buf_u16(b, (uint16_t)(pick(r, 256) << 8 | pick(r, 256))); break;
    case 1: buf_u32(b, pick(r, 256) * 0x01010101U); break;
    case 2: buf_str(b, PICK_WORD(r, names)); break;
    case 3: put_tlvs(r, b, depth + 1); break;
    case 4: break;
    default: buf_add(b, pick_octets(r)); break;
    }
}

/* The types that mean something somewhere, and some that do not. */
static void put_tlvs(struct rd *r, struct buf *b, unsigned depth)
{
    static const uint16_t types[] = {
        1,    2,    3,    4,    5,      6,      7,      8,      9,      0x0A,   0x0B,  0x0C,
        0xD,  0xE,  0x0F, 0x10, 0x13,   0x16,   0x1D,   0x1E,   0x21,   0x4A,   0x66,  0xC8,
        0xC9, 0xCA, 0xCB, 0xD5, 0x0131, 0x013E, 0x0154, 0x0160, 0x2711, 0x2712, 0x2713};

    for (unsigned n = depth < DEPTH_MAX ? pick(r, LIST_MAX) : 0; n > 0; n--) {
        size_t at;

        buf_u16(b, types[pick(r, sizeof types / sizeof *types)]);
        at = b->n;
        buf_u16(b, 0);
        put_value(r, b, depth);
        if (buf_ok(b))
            buf_set_u16(b, at, (uint16_t)(b->n - at - 2));
    }
}

/* The text fragments of a message (TLV 0x0002). */
static void put_text(struct rd *r, struct buf *b)
{
    static const uint16_t charsets[] = {0, 2, 3, 0xFFFF};
    struct span text = pick_octets(r);

    buf_u16(b, 2);
    buf_u16(b, (uint16_t)(5 + 4 + 4 + text.n));
    buf_add(b, SPAN("\5\1\0\1\1\1\1"));
    buf_u16(b, (uint16_t)(text.n + 4));
    buf_u16(b, PICK_WORD(r, charsets));
    buf_u16(b, 0);
    buf_add(b, text);
}

static void put_icbm(struct rd *r, struct buf *b)
{
    static const uint16_t channels[] = {1, 2, 4, 3, 0};

    buf_u32(b, pick(r, 256));
    buf_u32(b, pick(r, 256));
    buf_u16(b, PICK_WORD(r, channels));
    put_str8(r, b);
    if (pick(r, 2) == 0)
        put_text(r, b);
    put_tlvs(r, b, 0);
}

static void put_items(struct rd *r, struct buf *b)
{
    static const uint16_t classes[] = {0, 1, 2, 3, 4, 5, 0x0E, 0x14, 0x19, 0x20, 0xFFFF};

    for (unsigned n = pick(r, LIST_MAX); n > 0; n--) {
        size_t at;

        put_str16(r, b);
        buf_u16(b, (uint16_t)pick(r, 4));
        buf_u16(b, (uint16_t)pick(r, 16));
        buf_u16(b, PICK_WORD(r, classes));
        at = b->n;
        buf_u16(b, 0);
        put_tlvs(r, b, 1);
        if (buf_ok(b))
            buf_set_u16(b, at, (uint16_t)(b->n - at - 2));
    }
}

/* ICQ's requests count in the other order (SNAC 0x0015/0x0002, TLV 0x0001). */
static void put_icq(struct rd *r, struct buf *b)
{
    static const uint16_t kinds_of[] = {0x003C, 0x003E, 0x07D0, 0x0041};
    static const uint16_t asked[] = {0x04B2, 0x04D0, 0x051F, 0x0569, 0x055F,
                                     0x0C3A, 0x03EA, 0x0424, 0x0FA0, 0x0FD2};
    struct span rest = pick_octets(r);
    uint16_t kind = PICK_WORD(r, kinds_of), what = PICK_WORD(r, asked);
    uint16_t n = (uint16_t)(10 + rest.n);

    buf_u16(b, 1);
    buf_u16(b, (uint16_t)(n + 2));
    for (unsigned i = 0; i < 2; i++)
        buf_u8(b, (uint8_t)(n >> 8 * i));
    buf_add(b, SPAN("\x4E\x61\xBC\0"));
    for (unsigned i = 0; i < 2; i++)
        buf_u8(b, (uint8_t)(kind >> 8 * i));
    buf_add(b, SPAN("\2\0"));
    for (unsigned i = 0; i < 2; i++)
        buf_u8(b, (uint8_t)(what >> 8 * i));
    buf_add(b, rest);
}

static void put_bart(struct rd *r, struct buf *b)
{
    struct span hash = pick_octets(r);

    put_str8(r, b);
    buf_u8(b, (uint8_t)pick(r, 4));
    buf_u16(b, (uint16_t)pick(r, 16));
    buf_u8(b, (uint8_t)pick(r, 2));
    buf_u8(b, (uint8_t)hash.n);
    buf_add(b, hash);
}

/* As that foodgroup has its bodies most of the time. */
static void put_body(struct rd *r, struct buf *b, uint16_t foodgroup)
{
    switch (pick(r, 8) == 7 ? 0 : foodgroup) {
    case FOODGROUP_ICBM: put_icbm(r, b); break;
    case FOODGROUP_FEEDBAG: put_items(r, b); break;
    case FOODGROUP_ICQ: put_icq(r, b); break;
    case FOODGROUP_BART: put_bart(r, b); break;
    case FOODGROUP_BUDDY:
    case FOODGROUP_PERMIT:
        for (unsigned n = pick(r, LIST_MAX); n > 0; n--)
            put_str8(r, b);
        break;
    case FOODGROUP_OSERVICE:
        for (unsigned n = pick(r, LIST_MAX); n > 0; n--)
            buf_u16(b, (uint16_t)pick(r, 32));
        break;
    default: break;
    }
    if (pick(r, 4) != 3)
        put_tlvs(r, b, 0);
}

/* Mostly left as it is. */
static struct span spoilt(struct rd *r, struct buf *b)
{
    unsigned how = pick(r, 8);

    if (how == 6 && b->n)
        return span_first(buf_span(b), pick(r, 256) * b->n / 256);
    if (how == 7 && b->n)
        b->p[pick(r, 256) * b->n / 256] ^= (uint8_t)(1 + pick(r, 255));
    return buf_span(b);
}

/* ---- what is said, and what comes ---- */

static void say(struct client *k, uint16_t foodgroup, uint16_t subtype, struct span body)
{
    struct buf b = {0};
    size_t at = flap_begin(&b, FLAP_DATA);

    snac_write(&b, foodgroup, subtype, 0, k->id++);
    buf_add(&b, body);
    flap_end(&b, at, &k->seq);
    if (buf_ok(&b))
        (void)oscar_conn_feed(k->conn, buf_span(&b), k->now);
    buf_fini(&b);
}

static void check_snac(const struct client *k, struct span data)
{
    struct rd r = rd_over(data);
    uint32_t id;

    (void)rd_u32(&r);
    (void)rd_u16(&r);
    id = rd_u32(&r);
    if (!rd_ok(&r) || !(id >> 31 || (id >= FIRST_ID && id < k->id)))
        abort(); /* an answer to nothing */
}

static void listen(struct client *k)
{
    struct span out = oscar_conn_output(k->conn);
    struct rd r = rd_over(out);

    k->out += out.n;
    while (rd_left(&r)) {
        bool marked = rd_u8(&r) == '*';
        uint8_t channel = rd_u8(&r);
        uint16_t seq = rd_u16(&r);
        struct span data = rd_str16(&r);

        if (!marked || !rd_ok(&r) || channel < 1 || channel > 5 ||
            (k->out_begun && seq != k->out_seq))
            abort();
        k->out_begun = true;
        k->out_seq = seq == 0xFFFF ? 0 : (uint16_t)(seq + 1);
        if (channel == 2)
            check_snac(k, data);
        else
            fuzz_touch(data);
    }
    oscar_conn_sent(k->conn, SIZE_MAX);
}

static void turn(struct client *k)
{
    struct oscar_event e;

    while (oscar_conn_next(k->conn, &e))
        oscar_react(k->conn, &e);
    listen(k);
}

/* The first octets choose BOS or another service; then the setup that each client goes through. */
static void sign_on(struct client *k)
{
    static const char *const hello[] = {
        "*\1\0\0\0\x0C\0\0\0\1\0\6\0\4BBBB", "*\1\0\0\0\x0C\0\0\0\1\0\6\0\4NNNN",
        "*\1\0\0\0\x0C\0\0\0\1\0\6\0\4AAAA", "*\1\0\0\0\x0C\0\0\0\1\0\6\0\4FFFF"};

    (void)oscar_conn_feed(k->conn, span_of(PICK_WORD(k->r, hello), 18), k->now);
    turn(k);
    k->seq = 1;
    say(k, FOODGROUP_OSERVICE, SNAC_OSERVICE_VERSIONS,
        SPAN("\0\1\0\4\0\x13\0\4\0\2\0\1\0\3\0\1\0\4\0\1"));
    if (pick(k->r, 4))
        say(k, FOODGROUP_OSERVICE, SNAC_OSERVICE_CLIENT_ONLINE, (struct span){0});
    turn(k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rng rng;
    struct rd r = rd_over(span_of(data, size));
    unsigned first = pick(&r, 4);
    struct oscar_conn_conf conf = {.rate_limits = first & 1, .rng = &rng, .output_max = 1 << 16};
    struct client k = {.r = &r, .now = 1000, .id = FIRST_ID};
    struct buf body = {.max = FLAP_OUT_MAX};

    rng_init_fixed(&rng, first);
    k.conn = oscar_conn_new(&conf, k.now);
    if (!k.conn)
        abort();
    sign_on(&k);
    for (unsigned n = 0; n < SNACS_MAX && rd_left(&r) && !oscar_conn_is_over(k.conn); n++) {
        unsigned i = (pick(&r, 2) * 256 + pick(&r, 256)) % (sizeof kinds / sizeof *kinds);

        buf_reset(&body);
        put_body(&r, &body, kinds[i].foodgroup);
        if (buf_ok(&body))
            say(&k, kinds[i].foodgroup, kinds[i].subtype, spoilt(&r, &body));
        turn(&k);
        oscar_conn_tick(k.conn, k.now += pick(&r, 4) * 1000);
    }
    turn(&k);
    if (k.out > SNACS_MAX * (size_t)OUT_MAX)
        abort();
    oscar_conn_free(k.conn);
    buf_fini(&body);
    return 0;
}
