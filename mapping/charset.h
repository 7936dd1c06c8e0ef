/* Character sets at both doors, to and from UTF-8. Comes in: octets and what they are said to be.
 * Goes out: valid UTF-8, or octets and the number that names them. Knows the three families of AIM
 * clients that differ in what they can read (OSCAR ICBM fragments, SNAC 0x0004/0x0007 TLV 0x0002).
 */
#ifndef MAPPING_CHARSET_H
#define MAPPING_CHARSET_H

#include "base/buf.h"
#include "base/err.h"

/* The numbers of ICBM fragments (id 0x01, version 0x01). */
enum oscar_charset {
    OSCAR_ASCII = 0x0000,   /* in practice whatever the client had */
    OSCAR_UNICODE = 0x0002, /* UTF-16, big-endian */
    OSCAR_LATIN1 = 0x0003,  /* windows-1252 */
};

/* How a session's client wants its texts. */
enum text_client {
    TEXT_AIM,     /* HTML; ASCII or UTF-16 */
    TEXT_ICQ,     /* plain text, CR LF; ASCII or UTF-16 */
    TEXT_LIBFAIM, /* plain text, LF, shows tags raw; Latin-1, UTF-16 without surrogates (BarnOwl) */
    TEXT_NODE_OSCAR, /* plain text, LF, shows tags raw; reads UTF-8 octets only */
};

/* What a client said of itself at sign-on (SNAC 0x0017/0x0002 or channel 1). */
struct client_hints {
    struct span id_text; /* TLV 0x0003, "AOL Instant Messenger, version 5.1.3036/WIN32" */
    uint16_t id;         /* TLV 0x0016 */
    uint16_t major, minor, point, build; /* TLVs 0x0017 to 0x001A */
    uint32_t distribution;               /* TLV 0x0014 */
    bool icq_name;                       /* signed on with a number */
    bool old_digest;                     /* TLV 0x004C absent */
    bool sent_caps; /* SNAC 0x0002/0x0004 TLV 0x0005 came: BarnOwl never sends any */
};
/* May be asked again when sent_caps becomes true: BarnOwl signs on with the words of a real
 * AIM 5.1. */
enum text_client text_client_of(const struct client_hints *hints);
/* Does it get markup, or text as it is? */
bool text_client_takes_html(enum text_client client);

/* One fragment's octets to UTF-8, appended (M-301 to M-304). Never fails but for memory. */
void oscar_text_read(struct buf *out, uint16_t charset, struct span octets);
/* Away texts and profiles (M-305): the charset of a MIME type such as `text/aolrtf;
 * charset="us-ascii"`. */
void oscar_mime_text_read(struct buf *out, struct span mime_type, struct span octets);
/* Which number a UTF-8 text goes out with, and its octets, appended. */
enum oscar_charset oscar_charset_for(struct span utf8, enum text_client client);
void oscar_text_write(struct buf *out, enum oscar_charset charset, struct span utf8,
                      enum text_client client);
/* Octets that oscar_text_write would append for it. */
size_t oscar_text_size(enum oscar_charset charset, struct span utf8, enum text_client client);

/* A SIP body to UTF-8, appended: us-ascii, iso-8859-1, windows-1252, utf-8 (also where `charset` is
 * empty, D-09: no charset named is UTF-8), utf-16 with a byte order mark, utf-16be, utf-16le.
 * Invalid octets become U+FFFD. ERR_CHARSET for all others (M-349). */
enum err sip_text_read(struct buf *out, struct span charset, struct span octets);
bool sip_charset_known(struct span charset);

/* Without C0 controls but TAB and LF; CR LF and CR become LF. `to` takes the octets of utf8 or
 * fewer. */
void text_tidy(struct buf *out, struct span utf8);

#endif
