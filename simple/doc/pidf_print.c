/* The other direction: presence as data to its document. Templates with escaped texts, ten times
 * quicker than a general writer; the tests hold what comes out against the schemas. */
#include <ctype.h>

#include "simple/doc/pidf.h"
#include "simple/doc/xml.h"
#include "simple/doc/xml_time.h"

enum { LANG_PART_MAX = 8 };

/* Which name spaces beyond PIDF's own a document needs. */
struct uses {
    bool dm, rpid, cipid, caps, aim;
};

/* ---- what may be written at all ---- */

/* xs:language: parts of one to eight letters (digits too behind the first), joined by hyphens. */
static bool is_lang(struct span s)
{
    size_t part = 0;
    bool first = true;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '-') {
            if (part == 0)
                return false;
            part = 0;
            first = false;
        } else if ((first ? !isalpha(s.p[i]) : !isalnum(s.p[i])) || ++part > LANG_PART_MAX) {
            return false;
        }
    }
    return part > 0;
}

static struct uses uses_of(const struct pidf *p)
{
    struct uses u = {.dm = p->persons_n > 0 || p->devices_n > 0};

    for (size_t i = 0; i < p->tuples_n; i++) {
        u.dm |= p->tuples[i].device.n > 0;
        u.rpid |= p->tuples[i].input.is != PIDF_INPUT_NONE;
        u.caps |= p->tuples[i].methods_message;
        u.aim |= p->tuples[i].has_session;
    }
    for (size_t i = 0; i < p->persons_n; i++) {
        u.rpid |= p->persons[i].activities_n > 0 || p->persons[i].input.is != PIDF_INPUT_NONE;
        u.cipid |= p->persons[i].display_name.n > 0 || p->persons[i].icon.n > 0;
    }
    for (size_t i = 0; i < p->devices_n; i++) {
        u.rpid |= p->devices[i].input.is != PIDF_INPUT_NONE;
        u.caps |= p->devices[i].mobile || p->devices[i].fixed;
    }
    return u;
}

/* ---- pieces ---- */

static void put_text(struct buf *b, const char *open, struct span text, const char *close)
{
    buf_str(b, open);
    xml_escape(b, text);
    buf_str(b, close);
}

static void put_time(struct buf *b, const char *open, int64_t t, const char *close)
{
    buf_str(b, open);
    xml_time_print(b, t);
    buf_str(b, close);
}

/* `<note xml:lang="en">text</note>` in the name space of `tag`. */
static void put_note(struct buf *b, const char *tag, const struct pidf_note *note)
{
    BUF_LIT(b, "<");
    buf_str(b, tag);
    if (is_lang(note->lang))
        put_text(b, " xml:lang=\"", note->lang, "\"");
    put_text(b, ">", note->text, "</");
    buf_str(b, tag);
    BUF_LIT(b, ">");
}

static void put_notes(struct buf *b, const char *indent, const char *tag,
                      const struct pidf_notes *notes)
{
    for (size_t i = 0; i < notes->n; i++) {
        buf_str(b, indent);
        put_note(b, tag, &notes->v[i]);
        BUF_LIT(b, "\n");
    }
}

static void put_input(struct buf *b, const struct pidf_user_input *in)
{
    if (in->is == PIDF_INPUT_NONE)
        return;
    BUF_LIT(b, "    <r:user-input");
    if (in->threshold > 0) {
        BUF_LIT(b, " idle-threshold=\"");
        buf_number(b, in->threshold);
        BUF_LIT(b, "\"");
    }
    if (in->last != 0)
        put_time(b, " last-input=\"", in->last, "\"");
    buf_str(b, in->is == PIDF_IDLE ? ">idle</r:user-input>\n" : ">active</r:user-input>\n");
}

/* 0.8, 0.375, 0, 1: as short as it goes. */
static void put_priority(struct buf *b, int thousandths)
{
    char text[] = "0.000";
    size_t n = 5;

    if (thousandths >= 1000) {
        BUF_LIT(b, "1");
        return;
    }
    text[2] = (char)('0' + thousandths / 100);
    text[3] = (char)('0' + thousandths / 10 % 10);
    text[4] = (char)('0' + thousandths % 10);
    while (n > 2 && text[n - 1] == '0')
        n--;
    buf_put(b, text, n == 2 ? 1 : n);
}

/* ---- elements, in the order that the schemas want ---- */

static void put_status(struct buf *b, const struct pidf_tuple *t)
{
    static const char *const shows[] = {[PIDF_SHOW_AWAY] = "away",
                                        [PIDF_SHOW_CHAT] = "chat",
                                        [PIDF_SHOW_DND] = "dnd",
                                        [PIDF_SHOW_XA] = "xa"};

    BUF_LIT(b, "    <status>");
    if (t->basic != PIDF_BASIC_NONE)
        buf_str(b, t->basic == PIDF_OPEN ? "<basic>open</basic>" : "<basic>closed</basic>");
    if (t->show != PIDF_SHOW_NONE) {
        BUF_LIT(b, "<show xmlns=\"jabber:client\">");
        buf_str(b, shows[t->show]);
        BUF_LIT(b, "</show>");
    }
    BUF_LIT(b, "</status>\n");
}

static void put_session(struct buf *b, const struct pidf_tuple *t)
{
    BUF_LIT(b, "    <aim:session");
    if (t->signon > 0)
        put_time(b, " signon=\"", t->signon, "\"");
    BUF_LIT(b, " warning=\"");
    buf_number(b, t->warning / 10);
    BUF_LIT(b, ".");
    buf_number(b, t->warning % 10);
    BUF_LIT(b, "\"/>\n");
}

static void put_tuple(struct buf *b, const struct pidf_tuple *t)
{
    put_text(b, "  <tuple id=\"", t->id, "\">\n");
    put_status(b, t);
    put_input(b, &t->input);
    if (xml_is_uri(t->device))
        put_text(b, "    <dm:deviceID>", t->device, "</dm:deviceID>\n");
    if (t->has_session)
        put_session(b, t);
    if (t->methods_message)
        BUF_LIT(b, "    <cap:servcaps><cap:methods><cap:supported><cap:MESSAGE/></cap:supported>"
                   "</cap:methods></cap:servcaps>\n");
    if (xml_is_uri(t->contact)) {
        BUF_LIT(b, "    <contact");
        if (t->priority >= 0) {
            BUF_LIT(b, " priority=\"");
            put_priority(b, t->priority);
            BUF_LIT(b, "\"");
        }
        put_text(b, ">", t->contact, "</contact>\n");
    }
    put_notes(b, "    ", "note", &t->notes);
    if (t->timestamp != 0)
        put_time(b, "    <timestamp>", t->timestamp, "</timestamp>\n");
    BUF_LIT(b, "  </tuple>\n");
}

static void put_activity(struct buf *b, const struct pidf_activities *in, enum pidf_activity is)
{
    if (is == PIDF_ACTIVITY_UNKNOWN && in->n > 1)
        return; /* stands alone, or not at all */
    if (is == PIDF_ACTIVITY_OTHER) {
        put_note(b, "r:other", &in->other);
        return;
    }
    if (is == PIDF_ACTIVITY_LUNCH)
        is = PIDF_ACTIVITY_MEAL; /* RFC 4480's text has lunch, its schema does not */
    BUF_LIT(b, "<r:");
    buf_str(b, pidf_activity_name(is));
    BUF_LIT(b, "/>");
}

static void put_activities(struct buf *b, const struct pidf_activities *in)
{
    BUF_LIT(b, "    <r:activities");
    if (in->from != 0)
        put_time(b, " from=\"", in->from, "\"");
    if (in->until != 0)
        put_time(b, " until=\"", in->until, "\"");
    BUF_LIT(b, ">");
    for (size_t i = 0; i < in->notes.n; i++)
        put_note(b, "r:note", &in->notes.v[i]);
    for (size_t i = 0; i < in->n; i++)
        put_activity(b, in, (enum pidf_activity)in->v[i]);
    BUF_LIT(b, "</r:activities>\n");
}

static void put_person(struct buf *b, const struct pidf_person *p)
{
    put_text(b, "  <dm:person id=\"", p->id, "\">\n");
    for (size_t i = 0; i < p->activities_n; i++)
        put_activities(b, &p->activities[i]);
    put_input(b, &p->input);
    if (p->display_name.n > 0)
        put_text(b, "    <ci:display-name>", p->display_name, "</ci:display-name>\n");
    if (xml_is_uri(p->icon))
        put_text(b, "    <ci:icon>", p->icon, "</ci:icon>\n");
    put_notes(b, "    ", "dm:note", &p->notes);
    if (p->timestamp != 0)
        put_time(b, "    <dm:timestamp>", p->timestamp, "</dm:timestamp>\n");
    BUF_LIT(b, "  </dm:person>\n");
}

static void put_device(struct buf *b, const struct pidf_device *d)
{
    if (!xml_is_uri(d->device))
        return; /* the schema wants its name */
    put_text(b, "  <dm:device id=\"", d->id, "\">\n");
    put_input(b, &d->input);
    if (d->mobile || d->fixed) {
        BUF_LIT(b, "    <cap:devcaps>\n      <cap:mobility><cap:supported>");
        if (d->fixed)
            BUF_LIT(b, "<cap:fixed/>");
        if (d->mobile)
            BUF_LIT(b, "<cap:mobile/>");
        BUF_LIT(b, "</cap:supported></cap:mobility>\n    </cap:devcaps>\n");
    }
    put_text(b, "    <dm:deviceID>", d->device, "</dm:deviceID>\n");
    put_notes(b, "    ", "dm:note", &d->notes);
    if (d->timestamp != 0)
        put_time(b, "    <dm:timestamp>", d->timestamp, "</dm:timestamp>\n");
    BUF_LIT(b, "  </dm:device>\n");
}

#define NEXT_LINE "\n          "

static void put_root(struct buf *b, const struct pidf *p)
{
    struct uses u = uses_of(p);
    bool any = u.dm || u.rpid || u.cipid || u.caps || u.aim;

    BUF_LIT(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"");
    if (u.dm)
        BUF_LIT(b, NEXT_LINE "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\"");
    if (u.rpid)
        BUF_LIT(b, NEXT_LINE "xmlns:r=\"urn:ietf:params:xml:ns:pidf:rpid\"");
    if (u.cipid)
        BUF_LIT(b, NEXT_LINE "xmlns:ci=\"urn:ietf:params:xml:ns:pidf:cipid\"");
    if (u.caps)
        BUF_LIT(b, NEXT_LINE "xmlns:cap=\"urn:ietf:params:xml:ns:pidf:caps\"");
    if (u.aim)
        BUF_LIT(b, NEXT_LINE "xmlns:aim=\"tag:aim-simple.invalid,2026:presence\"");
    put_text(b, any ? NEXT_LINE "entity=\"" : " entity=\"", p->entity, "\">\n");
}

void pidf_print(struct buf *b, const struct pidf *p)
{
    put_root(b, p);
    for (size_t i = 0; i < p->tuples_n; i++)
        put_tuple(b, &p->tuples[i]);
    put_notes(b, "  ", "note", &p->notes);
    for (size_t i = 0; i < p->persons_n; i++)
        put_person(b, &p->persons[i]);
    for (size_t i = 0; i < p->devices_n; i++)
        put_device(b, &p->devices[i]);
    BUF_LIT(b, "</presence>\n");
}
