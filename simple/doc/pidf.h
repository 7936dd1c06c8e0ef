/* PIDF with its extensions that matter here (RFC 3863, 4479, 4480, 4482, 5196): what a presence
 * document says, as plain data, read and written. Stays out: what it means for a buddy list
 * (mapping/presence_sip.h). */
#ifndef SIMPLE_DOC_PIDF_H
#define SIMPLE_DOC_PIDF_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum {
    PIDF_TUPLES_MAX = 32, /* further ones are not read */
    PIDF_PERSONS_MAX = 8,
    PIDF_DEVICES_MAX = 32,
    PIDF_NOTES_MAX = 16,      /* of one element */
    PIDF_ACTIVITIES_MAX = 16, /* activities in one element */
    PIDF_WINDOWS_MAX = 4,     /* such elements of one person */
    PIDF_THRESHOLD = 600,     /* idle-threshold where a document has none, seconds */
};

#define PIDF_TYPE "application/pidf+xml"

enum pidf_basic { PIDF_BASIC_NONE, PIDF_OPEN, PIDF_CLOSED };
enum pidf_input { PIDF_INPUT_NONE, PIDF_ACTIVE, PIDF_IDLE };
enum pidf_show { PIDF_SHOW_NONE, PIDF_SHOW_AWAY, PIDF_SHOW_CHAT, PIDF_SHOW_DND, PIDF_SHOW_XA };

enum pidf_activity {
#define ACTIVITY(name, element, away, label) PIDF_ACTIVITY_##name,
#include "simple/doc/activities.def"
#undef ACTIVITY
    PIDF_ACTIVITY__COUNT
};

struct pidf_note {
    struct span lang, text;
};

struct pidf_notes {
    const struct pidf_note *v;
    size_t n;
};

/* RFC 4480 3.14. */
struct pidf_user_input {
    enum pidf_input is;
    int64_t last;       /* Unix seconds; 0: not told */
    uint32_t threshold; /* seconds; 0: not told */
};

struct pidf_tuple {
    struct span id;
    enum pidf_basic basic;
    enum pidf_show show; /* <show xmlns='jabber:client'> in status: what XMPP gateways add */
    struct pidf_user_input input;
    struct span device;   /* deviceID */
    bool has_session;     /* our own extension: AIM's sign-on time and warning level */
    bool methods_message; /* servcaps: MESSAGE is understood */
    uint16_t warning;     /* tenths of a percent */
    int64_t signon;       /* Unix seconds; 0: not told */
    struct span contact;
    int priority; /* thousandths, 0..1000; -1: none, or not a priority */
    struct pidf_notes notes;
    int64_t timestamp; /* Unix seconds; 0: none */
};

/* RFC 4480 3.2. */
struct pidf_activities {
    int64_t from, until;            /* Unix seconds; 0: open */
    uint8_t v[PIDF_ACTIVITIES_MAX]; /* enum pidf_activity, in document order */
    size_t n;
    struct pidf_notes notes;
    struct pidf_note other; /* the text of <other> */
};

struct pidf_person {
    struct span id;
    const struct pidf_activities *activities; /* mostly one; several have windows of their own */
    size_t activities_n;
    struct pidf_user_input input;
    struct span display_name, icon; /* CIPID */
    struct pidf_notes notes;
    int64_t timestamp;
};

struct pidf_device {
    struct span id, device;
    bool mobile, fixed; /* devcaps/mobility/supported */
    struct pidf_user_input input;
    struct pidf_notes notes;
    int64_t timestamp;
};

struct pidf {
    struct span entity;
    const struct pidf_tuple *tuples;
    size_t tuples_n;
    struct pidf_notes notes; /* of the whole document */
    const struct pidf_person *persons;
    size_t persons_n;
    const struct pidf_device *devices;
    size_t devices_n;
};

/* Reads a document; everything lies in the arena. ERR_SYNTAX: bad XML or a DTD (a NOTIFY with it is
 * answered 400); ERR_UNSUPPORTED: another root, or no entity (ignored, answered 200); ERR_FULL: too
 * large. */
enum err pidf_parse(struct span doc, struct arena *a, struct pidf *out);

/* Appends the document. Every one is valid by the schemas, whatever the texts hold: a contact or
 * icon that is no URI, a language that is no language tag and a member of an empty name are left
 * out; ids must be NCNames and different. */
void pidf_print(struct buf *b, const struct pidf *p);

const char *pidf_activity_name(enum pidf_activity a); /* the element's name */
const char *
pidf_activity_label(enum pidf_activity a); /* words for a viewer; "" for those that are not away */
bool pidf_activity_is_away(enum pidf_activity a);

#endif
