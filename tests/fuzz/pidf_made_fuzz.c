/* A presence document, built of choices: the elements of PIDF and its extensions (RFC 3863, 4479,
 * 4480, 4482, 5196) where they belong and where they do not, their attributes, values and texts. */
#include "tests/fuzz/pick.h"
#include "tests/fuzz/pidf_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ELEMENTS_MAX = 400, DEPTH_MAX = 12, TEXT_MAX = 60000 };

#define ROOT                                                                                   \
    "<presence xmlns='urn:ietf:params:xml:ns:pidf' "                                           \
    "xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' "                                       \
    "xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' xmlns:ci='urn:ietf:params:xml:ns:pidf:cipid' " \
    "xmlns:cap='urn:ietf:params:xml:ns:pidf:caps' xmlns:j='jabber:client' "                    \
    "xmlns:aim='tag:aim-simple.invalid,2026:presence' entity='"

static const char *const times[] = {"2001-07-23T14:00:05Z",
                                    "2001-07-23T13:59:60.123+02:00",
                                    "2030-01-01T00:00:00Z",
                                    "yesterday",
                                    "",
                                    "9999-99-99T99:99:99Z"};
static const char *const ids[] = {"t1", "im", "person", "a&amp;b", "", "t1 t2", "\xc3\xa9"};
static const char *const languages[] = {"en", "fr-CA", "", "not a language", "x"};
static const char *const words[] = {
    "open",   "closed",       "idle",   "active",    "away",      "dnd",      "xa", "Out to lunch",
    "&lt;b>", "\xe2\x98\xba", "&#x41;", "im:al@aim", "sip:b@c:5", "urn:x:y:", "1",  ""};
static const char *const priorities[] = {"0.5", "1", "1.001", "-1", "0.1234567", "x"};

/* Elements that have children, in the order of the words. */
static const char *const nodes[] = {"tuple",        "status",      "dm:person",    "r:activities",
                                    "dm:device",    "cap:devcaps", "cap:mobility", "cap:supported",
                                    "cap:servcaps", "cap:methods"};
/* Elements that have a text. */
static const char *const leaves[] = {
    "basic",        "contact",   "note",    "timestamp",       "r:user-input", "dm:deviceID",
    "dm:timestamp", "dm:note",   "r:note",  "ci:display-name", "ci:icon",      "j:show",
    "r:other",      "r:unheard", "unheard", "r:time-offset",   "cap:method"};
/* Elements that are empty. */
static const char *const marks[] = {
    "r:away",      "r:busy",    "r:on-the-phone", "r:meeting",  "r:other",    "r:unknown",
    "cap:mobile",  "cap:fixed", "aim:session",    "r:vacation", "r:sleeping", "r:permanent-absence",
    "r:in-transit"};

static void put_attribute(struct buf *b, const char *name, const char *value)
{
    buf_fmt(b, " %s='%s'", name, value);
}

static void put_attributes(struct rd *r, struct buf *b)
{
    static const char *const counts[] = {"600", "0", "-1", "99999999999", "x"};
    unsigned which = pick(r, 64);

    if (which & 1)
        put_attribute(b, "id", PICK_WORD(r, ids));
    if (which & 2)
        put_attribute(b, "xml:lang", PICK_WORD(r, languages));
    if (which & 4)
        put_attribute(b, "priority", PICK_WORD(r, priorities));
    if (which & 8)
        put_attribute(b, "from", PICK_WORD(r, times));
    if (which & 16)
        put_attribute(b, "until", PICK_WORD(r, times));
    if (which & 32) {
        put_attribute(b, "last-input", PICK_WORD(r, times));
        put_attribute(b, "idle-threshold", PICK_WORD(r, counts));
        put_attribute(b, "signon", PICK_WORD(r, times));
        put_attribute(b, "warning", PICK_WORD(r, priorities));
    }
}

static void put_text(struct rd *r, struct buf *b)
{
    switch (pick(r, 8)) {
    case 0: buf_add(b, pick_octets(r)); break;
    case 1: buf_str(b, PICK_WORD(r, times)); break;
    case 2: BUF_LIT(b, "<![CDATA[<not> & read]]><!-- a comment --><?pi?>"); break;
    default: buf_str(b, PICK_WORD(r, words)); break;
    }
}

static void put_leaf(struct rd *r, struct buf *b)
{
    const char *name = PICK_WORD(r, leaves);

    buf_fmt(b, "<%s", name);
    put_attributes(r, b);
    BUF_LIT(b, ">");
    put_text(r, b);
    buf_fmt(b, "</%s>", name);
}

static void put_mark(struct rd *r, struct buf *b)
{
    buf_fmt(b, "<%s", PICK_WORD(r, marks));
    put_attributes(r, b);
    BUF_LIT(b, "/>");
}

/* One element, or the end of the one that is open: `open` is its path, `depth` its length. */
static unsigned put_next(struct rd *r, struct buf *b, const char *open[DEPTH_MAX], unsigned depth)
{
    switch (pick(r, 8)) {
    case 0:
    case 1:
        if (depth < DEPTH_MAX) {
            open[depth] = PICK_WORD(r, nodes);
            buf_fmt(b, "<%s", open[depth++]);
            put_attributes(r, b);
            BUF_LIT(b, ">");
        }
        return depth;
    case 2:
    case 3:
        if (depth)
            buf_fmt(b, "</%s>\n", open[--depth]);
        return depth;
    case 4: put_mark(r, b); return depth;
    default: put_leaf(r, b); return depth;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const entities[] = {"pres:bob@example.com", "sip:bob@example.com",
                                           "pres:eve@example.com", "", "&#0;"};
    struct rd r = rd_over(span_of(data, size));
    const char *open[DEPTH_MAX];
    struct buf b = {.max = TEXT_MAX};
    unsigned depth = 0;

    buf_fmt(&b, ROOT "%s'>", PICK_WORD(&r, entities));
    for (int i = 0; i < ELEMENTS_MAX && rd_left(&r) > 0; i++)
        depth = put_next(&r, &b, open, depth);
    while (depth)
        buf_fmt(&b, "</%s>", open[--depth]);
    BUF_LIT(&b, "</presence>");
    if (buf_ok(&b))
        pidf_check(buf_span(&b));
    buf_fini(&b);
    return 0;
}
