#include "simple/wire/msg.h"

#include "simple/wire/hdr_priv.h"
#include "simple/wire/line_priv.h"
#include "simple/wire/scan.h"

static const struct {
    uint16_t status;
    const char *text;
} bads[] = {
    {0, ""},
#define BAD(id, status, text) {status, text},
#include "simple/wire/bad.def"
#undef BAD
};

int sip_bad_status(enum sip_bad b)
{
    return b < SIP_BAD__COUNT ? bads[b].status : 0;
}

const char *sip_bad_text(enum sip_bad b)
{
    return b < SIP_BAD__COUNT ? bads[b].text : "";
}

static const bool once[] = {
    false,
#define HDR(id, name, compact, once) once,
#include "simple/wire/headers.def"
#undef HDR
};

/* The first reason stays. */
static void blame(struct sip_msg *m, enum sip_bad why)
{
    if (m->bad == SIP_GOOD)
        m->bad = why;
}

/* ---- start line ---- */

/* "SIP/2.0", or a blame: another version is something else than no version at all. */
static bool check_version(struct sip_msg *m, struct span s)
{
    uint64_t major, minor;

    if (s.n == 7 && memcmp(s.p, "SIP/2.0", 7) == 0)
        return true;
    if (s.n < 4 || !span_case_eq(span_first(s, 4), SPAN("SIP/"))) {
        blame(m, SIP_BAD_START_LINE);
        return false;
    }
    scan_drop(&s, 4);
    if (!scan_number(&s, 99999, &major) || !scan_char(&s, '.') || !scan_number(&s, 99999, &minor) ||
        s.n > 0) {
        blame(m, SIP_BAD_START_LINE);
        return false;
    }
    if (major == 2 && minor == 0)
        return true;
    blame(m, SIP_BAD_VERSION);
    return false;
}

/* Method SP Request-URI SP SIP-Version, RFC 3261 7.1: single spaces, and none at the end. */
static void read_request_line(struct sip_msg *m, struct span line)
{
    size_t space = span_find(line, ' '), version = line.n;

    m->is_request = true;
    m->method_name = span_first(line, space);
    m->method = sip_method_find(m->method_name);
    for (size_t i = 0; m->method == SIP_METHOD_OTHER && i < space; i++)
        if (!scan_is(line.p[i], SCAN_TOKEN))
            blame(m, SIP_BAD_START_LINE);
    while (version > 0 && line.p[version - 1] != ' ')
        version--;
    if (space == 0 || version <= space + 1) {
        blame(m, SIP_BAD_START_LINE);
        return;
    }
    check_version(m, span_skip(line, version));
    m->uri = (struct span){line.p + space + 1, version - space - 2};
    if (!sip_uri_parse(m->uri, &m->target))
        blame(m, SIP_BAD_URI);
    else if (m->target.has_headers && m->target.scheme <= SIP_SCHEME_SIPS)
        blame(m, SIP_BAD_URI_HEADERS); /* RFC 3261 19.1.1: not in a Request-URI */
}

/* SIP-Version SP 3DIGIT SP [Reason-Phrase], RFC 3261 7.2. */
static void read_status_line(struct sip_msg *m, struct span line)
{
    size_t space = span_find(line, ' ');
    struct span rest = span_skip(line, space + 1), digits = rest;
    uint64_t status;

    check_version(m, span_first(line, space));
    if (!scan_number(&digits, 699, &status) || rest.n - digits.n != 3 || status < 100 ||
        (digits.n > 0 && digits.p[0] != ' '))
        blame(m, SIP_BAD_STATUS);
    else
        m->status = (uint16_t)status;
    m->reason = span_skip(digits, 1);
}

static void read_start_line(struct sip_msg *m, struct span line)
{
    if (line.n >= 4 && (line.p[3] == '/') && span_case_eq(span_first(line, 4), SPAN("SIP/")))
        read_status_line(m, line);
    else
        read_request_line(m, line);
}

/* ---- the fields every message has ---- */

static void read_vias(struct sip_msg *m, struct span value, bool first)
{
    struct sip_via other;

    if (first) {
        m->has_via = sip_via_read(&value, &m->via);
        if (!m->has_via) {
            blame(m, SIP_BAD_VIA);
            return;
        }
    }
    while (value.n > 0) {
        if (!sip_via_read(&value, &other)) {
            blame(m, SIP_BAD_VIA);
            return;
        }
    }
}

/* callid = word [ "@" word ] */
static bool is_call_id(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!scan_is(s.p[i], SCAN_WORD) && s.p[i] != '@')
            return false;
    return s.n > 0;
}

/* One number and nothing else. */
static bool read_number(struct span value, uint64_t max, uint64_t *out)
{
    return scan_number(&value, max, out) && scan_end(&value);
}

static void read_field(struct sip_msg *m, enum sip_hdr_id id, struct span value)
{
    uint64_t number = 0;

    switch (id) {
    case SIP_HDR_FROM:
        m->has_from = sip_name_addr_parse(value, &m->from);
        if (!m->has_from)
            blame(m, SIP_BAD_FROM);
        break;
    case SIP_HDR_TO:
        m->has_to = sip_name_addr_parse(value, &m->to);
        if (!m->has_to)
            blame(m, SIP_BAD_TO);
        break;
    case SIP_HDR_CALL_ID:
        m->call_id = value;
        m->has_call_id = is_call_id(value);
        if (!m->has_call_id)
            blame(m, SIP_BAD_CALL_ID);
        break;
    case SIP_HDR_CSEQ:
        m->has_cseq = sip_cseq_parse(value, &m->cseq);
        if (!m->has_cseq)
            blame(m, SIP_BAD_CSEQ);
        break;
    case SIP_HDR_MAX_FORWARDS:
        m->has_max_forwards = read_number(value, 255, &number);
        m->max_forwards = (uint8_t)number;
        if (!m->has_max_forwards)
            blame(m, SIP_BAD_MAX_FORWARDS);
        break;
    case SIP_HDR_CONTENT_LENGTH:
        m->has_content_length = read_number(value, UINT32_MAX, &number);
        m->content_length = (uint32_t)number;
        if (!m->has_content_length)
            blame(m, SIP_BAD_CONTENT_LENGTH);
        break;
    default: break;
    }
}

/* ---- header lines ---- */

/* Enters the line into the index, and reads it if it is one of the fields above. */
static void index_header(struct sip_msg *m, struct span name, struct span value, bool broken)
{
    enum sip_hdr_id id = sip_hdr_find(name);
    uint16_t number = (uint16_t)(m->n_hdrs + 1);
    bool first;

    m->hdrs[m->n_hdrs++] =
        (struct sip_hdr){.name = name, .value = value, .id = (uint16_t)id, .broken = broken};
    if (id == SIP_HDR_OTHER)
        return;
    first = m->first[id] == 0;
    if (first)
        m->first[id] = number;
    else
        m->hdrs[m->last[id] - 1].next = number;
    m->last[id] = number;
    if (id == SIP_HDR_VIA)
        read_vias(m, value, first);
    else if (first)
        read_field(m, id, value);
    else if (once[id])
        blame(m, SIP_BAD_REPEATED);
}

/* name HCOLON value. The line is without its CRLF; folds are still in it. */
static void read_header(struct sip_msg *m, const uint8_t *p, const uint8_t *end, bool broken)
{
    const uint8_t *name = p, *name_end;

    while (p < end && scan_is(*p, SCAN_TOKEN))
        p++;
    name_end = p;
    while (p < end && scan_is(*p, SCAN_LWS))
        p++;
    if (name == name_end || p == end || *p != ':') {
        blame(m, SIP_BAD_LINE);
        return;
    }
    p++;
    while (p < end && scan_is(*p, SCAN_LWS))
        p++;
    while (end > p && scan_is(end[-1], SCAN_LWS))
        end--;
    index_header(m, (struct span){name, (size_t)(name_end - name)},
                 (struct span){p, (size_t)(end - p)}, broken);
}

/* The end of the line that starts at p: its CRLF, or the end of everything. A CR or LF alone is no
 * line end and is blamed (RFC 3261 7). With `folds`, a CRLF before white space is none either.
 * *broken: there are such in the line. */
static const uint8_t *end_of_line(struct sip_msg *m, const uint8_t *p, const uint8_t *end,
                                  bool folds, bool *broken)
{
    for (*broken = false;; *broken = true) {
        p = line_break(p, end);
        if (p == end)
            return end;
        if (!line_is_crlf(p, end)) {
            blame(m, SIP_BAD_LINE_END);
            p++;
        } else if (folds && end - p > 2 && (p[2] == ' ' || p[2] == '\t')) {
            p += 3;
        } else {
            return p;
        }
    }
}

/* All header lines and the empty one. Gives where the body starts. */
static const uint8_t *read_headers(struct sip_msg *m, const uint8_t *p, const uint8_t *end)
{
    while (!line_is_crlf(p, end)) {
        const uint8_t *line_end;
        bool broken;

        if (p == end) {
            blame(m, SIP_BAD_NO_END);
            return end;
        }
        if (m->n_hdrs == SIP_HEADERS_MAX) {
            blame(m, SIP_BAD_TOO_MANY);
            return end;
        }
        line_end = end_of_line(m, p, end, true, &broken);
        read_header(m, p, line_end, broken);
        p = line_end == end ? end : line_end + 2;
    }
    return p + 2;
}

static void read_body(struct sip_msg *m, struct span rest)
{
    m->body = rest;
    if (m->has_content_length && m->content_length <= rest.n)
        m->body.n = m->content_length;
    else if (m->has_content_length)
        blame(m, SIP_BAD_SHORT_BODY);
}

static void check_fields(struct sip_msg *m)
{
    static const struct {
        enum sip_hdr_id id;
        enum sip_bad bad;
    } needed[] = {
        {SIP_HDR_VIA, SIP_BAD_NO_VIA},   {SIP_HDR_FROM, SIP_BAD_NO_FROM},
        {SIP_HDR_TO, SIP_BAD_NO_TO},     {SIP_HDR_CALL_ID, SIP_BAD_NO_CALL_ID},
        {SIP_HDR_CSEQ, SIP_BAD_NO_CSEQ},
    };

    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!m->first[needed[i].id])
            blame(m, needed[i].bad);
    if (!m->is_request) {
        m->method = m->cseq.method;
        m->method_name = m->cseq.method_name;
    } else if (m->has_cseq && m->method != SIP_METHOD_OTHER && m->method != m->cseq.method) {
        blame(m, SIP_BAD_CSEQ_METHOD); /* an unknown method is told so by 501 instead */
    }
}

enum sip_bad sip_msg_parse(struct sip_msg *m, struct span in)
{
    const uint8_t *end = in.p + in.n, *p = in.p, *line_end;
    bool broken;

    scan_clear(m, offsetof(struct sip_msg, hdrs));
    if (in.n > SIP_MESSAGE_MAX)
        blame(m, SIP_BAD_TOO_LARGE);
    line_end = end_of_line(m, p, end, false, &broken);
    read_start_line(m, (struct span){p, (size_t)(line_end - p)});
    p = read_headers(m, line_end == end ? end : line_end + 2, end);
    m->head = (struct span){in.p, (size_t)(p - in.p)};
    read_body(m, (struct span){p, (size_t)(end - p)});
    m->raw = (struct span){in.p, m->head.n + m->body.n};
    check_fields(m);
    return m->bad;
}

const struct sip_hdr *sip_msg_find_other(const struct sip_msg *m, const char *name)
{
    for (size_t i = 0; i < m->n_hdrs; i++)
        if (m->hdrs[i].id == SIP_HDR_OTHER && span_case_is(m->hdrs[i].name, name))
            return &m->hdrs[i];
    return NULL;
}

bool sip_msg_is_answerable(const struct sip_msg *m)
{
    return m->is_request && m->method != SIP_ACK && sip_msg_has(m, SIP_HDR_VIA);
}

bool sip_msg_has_branch(const struct sip_msg *m)
{
    size_t n = sizeof SIP_COOKIE - 1;

    return m->via.branch.n > n && memcmp(m->via.branch.p, SIP_COOKIE, n) == 0;
}
