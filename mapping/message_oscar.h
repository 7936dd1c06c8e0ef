/* The neutral message from and to the fragments of an ICBM (SNAC 0x0004/0x0006 and 0x0007, TLV
 * 0x0002). Comes in: the value of the TLV, who sends or who reads. Goes out: text and markup, or
 * values ready to be sent. */
#ifndef MAPPING_MESSAGE_OSCAR_H
#define MAPPING_MESSAGE_OSCAR_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "mapping/charset.h"
#include "mapping/message.h"

/* Reads fragments into out->text (in the arena, or where the fragments are); out->html becomes
 * empty, nothing else of *out is touched. ERR_NOT_FOUND: nothing to say (an empty message, only
 * markup): acknowledge it and send nothing. ERR_FULL: over FIT_AIM_IN octets (OSCAR error 0x0B).
 * ERR_SYNTAX: no fragments (0x0E). ERR_NOMEM. */
enum err message_oscar_read(struct span fragments, bool icq_sender, struct arena *a,
                            struct message *out);
/* The markup of the same fragments into out->html, for whoever can show it (a store, a SIP user who
 * takes text/html); left empty where it says no more than the text. */
enum err message_oscar_read_html(struct span fragments, bool icq_sender, struct arena *a,
                                 struct message *out);
/* Kinds of channel 4 messages that carry talk. */
enum {
    ICQ_TALK_PLAIN = 0x01,
    ICQ_TALK_URL = 0x04,
    ICQ_TALK_AUTH_REQUEST = 0x06,
    ICQ_TALK_AUTH_DENIED,
    ICQ_TALK_AUTH_GRANTED,
};

/* The text of a channel 4 message (TLV 0x0005, little-endian; M-352): plain, or "text <url>".
 * ERR_NOT_FOUND for the kinds that carry no talk. `type` is its number, so that a caller sees
 * authorisation requests. */
enum err message_oscar_read_icq(struct span block, struct arena *a, uint8_t *type,
                                struct message *out);

/* For whom it is written. */
struct oscar_reader {
    enum text_client client;
    size_t limit;       /* octets of text in one message, fit_aim_limit() */
    struct span prefix; /* put in front of the text, "[sent 2001-07-23 14:00 UTC] "; may be empty */
};

/* Cursor over the fragment values of one message. Zeroed but for the first three it is at the
 * start. */
struct oscar_parts {
    const struct message *message;
    const struct oscar_reader *reader;
    struct buf *out; /* the value of TLV 0x0002, written anew by each _next */
    size_t at;       /* octets of the text behind us */
    unsigned i;      /* parts given so far */
    struct buf text; /* work space; message_oscar_done frees it */
};
/* Writes the next value into *out (reset first); false at the end, or when memory ran out (then
 * !buf_ok(out)). */
bool message_oscar_next(struct oscar_parts *parts);
void message_oscar_done(struct oscar_parts *parts);
/* A message of one part in one go, appended to *out, without a cursor: the hot path. False: it does
 * not fit into one (nothing was appended), use the cursor. */
bool message_oscar_write_one(struct buf *out, const struct message *m,
                             const struct oscar_reader *reader);

/* The cookie of what is delivered (3.9): from what makes a SIP request the same one. Part 1 is the
 * message. */
void message_cookie(struct span call_id, uint32_t cseq, struct span from_tag, unsigned part,
                    uint8_t cookie[8]);
/* The cookie of part i of a message that has one: part 1 its own. */
void message_part_cookie(const uint8_t cookie[8], unsigned part, uint8_t out[8]);

#endif
