/* What a REGISTER does to the contacts of one user (RFC 3261 10.3, RFC 5626 6, RFC 3327). Pure: the
 * contacts that were, the request and the time come in; the contacts that shall be or a refusal go
 * out, all or nothing. Stays out: authentication, whether the user exists, storage, which
 * connection a contact is reached by. */
#ifndef SIMPLE_EVENT_REGISTRAR_H
#define SIMPLE_EVENT_REGISTRAR_H

#include "base/arena.h"
#include "simple/wire/msg.h"

#define REGISTRAR_CONTACTS_MAX 10 /* of one user */
#define REGISTRAR_VALUES_MAX   50 /* Contact values of one request */
#define REGISTRAR_EXPIRES_MIN  60 /* seconds */
#define REGISTRAR_EXPIRES_MAX  7200
#define REGISTRAR_EXPIRES      3600 /* when the client does not say */

struct sip_contact { /* one binding: only data, the spans belong to whoever made it */
    struct span uri;
    struct span instance; /* +sip.instance with its <>, or empty */
    struct span methods;  /* "MESSAGE, SUBSCRIBE", or empty: everything */
    struct span path;     /* Path values joined by ", ", to be used as Route; or empty */
    struct span call_id;
    uint32_t cseq;
    uint32_t reg_id;     /* 0: none; only with an instance and outbound */
    uint16_t q;          /* thousandths */
    uint64_t expires_at; /* ms */
};

struct registrar_conf {                         /* zeroed: the numbers above, strict */
    uint32_t expires_min, expires_max, expires; /* seconds; 0: the default */
    size_t contacts_max;       /* 0: REGISTRAR_CONTACTS_MAX, which is also the most */
    struct span domain;        /* ours: a Contact there is refused with 403; empty: not asked */
    bool allow_loopback;       /* a laboratory */
    bool im_to;                /* To may be im: or pres: (the draft's bindings) */
    bool path_needs_supported; /* Path without "Supported: path" is refused with 421 */
};

struct registrar_result {
    int status;           /* 200, or the refusal; then the contacts stay as they were */
    const char *text;     /* reason phrase */
    uint32_t min_expires; /* 423: for Min-Expires */
    bool fetch;           /* no Contact in the request: nothing changed */
    bool outbound;        /* 200: Require: outbound */
    size_t n;
    struct sip_contact contacts[REGISTRAR_CONTACTS_MAX]; /* what shall be */
    uint8_t from[REGISTRAR_CONTACTS_MAX]; /* 1 + index in what was; 0: new. What was and is not
                                           * named here is gone */
    bool touched[REGISTRAR_CONTACTS_MAX]; /* new or refreshed by this request */
};

/* `have` may hold expired contacts: they are gone. Spans of *out point into `have`, the message or
 * the arena. Checked: Request-URI without user part (400), To sip or sips (400), Contact values
 * (400), "*" (400), expiry (423), order of CSeq in a Call-ID (500), how many (403), outbound (400,
 * 439), contacts at ourselves or at an address that is not one host's (403). out->status is also
 * what is returned. */
int registrar_apply(const struct registrar_conf *conf, const struct sip_contact *have, size_t n,
                    const struct sip_msg *request, struct arena *a, uint64_t now,
                    struct registrar_result *out);

/* Can every Contact be read? What cannot is refused before anybody is asked for a password. */
bool registrar_contacts_parse(const struct sip_msg *request);

/* Addresses of each contact with an instance (RFC 5627 5.2). */
struct registrar_gruus {
    struct span user, domain;
    struct span temporary[REGISTRAR_CONTACTS_MAX]; /* user parts; empty: none */
};
/* Does the client read them? */
bool registrar_wants_gruus(const struct sip_msg *request);

/* The headers a 200 has of its own: Contact lines with what is left of their expiry, Date, Path as
 * it came, Require: outbound. `gruus` may be NULL. */
void registrar_print(struct buf *b, const struct registrar_result *r,
                     const struct registrar_gruus *gruus, const struct sip_msg *request,
                     uint64_t now, int64_t unix_seconds);

/* May a request of that method be sent there? No methods parameter: yes. RFC 3840. */
bool sip_contact_allows(const struct sip_contact *c, struct span method);

#endif
