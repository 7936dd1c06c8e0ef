/* Foodgroup 0x0004, ICBM: messages between users, typing, acknowledgements, missed calls. */
#ifndef OSCAR_FOODGROUP_ICBM_H
#define OSCAR_FOODGROUP_ICBM_H

#include "oscar/userinfo.h"

enum { ICBM_COOKIE = 8 };

enum icbm_channel { ICBM_PLAIN = 1, ICBM_RENDEZVOUS = 2, ICBM_MIME = 3, ICBM_OLD_STYLE = 4 };

/* TLVs of SNAC 0x0004/0x0006 and behind the user-info block of 0x0004/0x0007. */
enum icbm_tlv {
    ICBM_TLV_FRAGMENTS = 0x0002,
    ICBM_TLV_WANTS_ACK = 0x0003,
    ICBM_TLV_AUTO_REPLY = 0x0004,
    ICBM_TLV_DATA = 0x0005,
    ICBM_TLV_STORE = 0x0006, /* towards a client: this was stored */
    ICBM_TLV_TYPING = 0x000B,
    ICBM_TLV_SENT = 0x0016,
    ICBM_TLV_FRIENDLY = 0x0017,
};

enum icbm_charset {
    ICBM_ASCII = 0x0000,
    ICBM_UTF16 = 0x0002, /* big-endian */
    ICBM_LATIN1 = 0x0003,
    ICBM_CHARSET_D = 0x000D,
};

/* SNAC 0x0004/0x0006. */
struct icbm_message {
    uint8_t cookie[ICBM_COOKIE];
    uint16_t channel;      /* enum icbm_channel */
    struct span to;        /* as typed: an acknowledgement repeats it so */
    struct span fragments; /* TLV 0x0002: the text; empty where missing */
    struct span data;      /* TLV 0x0005: the block of channels 2 and 4 */
    bool wants_ack, auto_reply, store, typing;
    struct span friendly; /* TLV 0x0017 */
    struct span tlvs;     /* all of them, for icbm_delivery.relay */
};
bool icbm_message_read(struct span body, struct icbm_message *out);
void icbm_message_write(struct buf *b,
                        const struct icbm_message *m); /* client side; `tlvs` unused */

/* SNAC 0x0004/0x0007. */
struct icbm_delivery {
    uint8_t cookie[ICBM_COOKIE];
    uint16_t channel;
    const struct oscar_userinfo *from;
    struct span fragments; /* value of TLV 0x0002, channel 1 */
    struct span data;      /* value of TLV 0x0005, channels 2 and 4 */
    struct span friendly;  /* TLV 0x0017 where not empty */
    struct span
        relay; /* the sender's TLVs, of which those that peers may see are copied; may be empty */
    bool auto_reply; /* TLV 0x0004 */
    bool typing;     /* TLV 0x000B: the sender wants typing events; channels 1 and 3 only */
    uint32_t stored; /* not 0: it waited here since then (Unix seconds): TLVs 0x0006 and 0x0016 */
};
/* TLV 0x0002 comes first (BeAIM), 0x000B last; TLV 0x0003 never (Mac AIM 4.0.9), 0x0006 only with
 * `stored`. */
void icbm_delivery_write(struct buf *b, const struct icbm_delivery *d);
/* Client side: `from` is written to *user and out->from points to it. */
bool icbm_delivery_read(struct span body, struct oscar_userinfo *user, struct icbm_delivery *out);

/* TLV 0x0002 is a row of fragments; those of id 1 hold text, each in a charset of its own. */
struct icbm_fragment {
    uint8_t id, version;
    struct span data;
};
bool icbm_fragment_next(struct span *fragments, struct icbm_fragment *out);
/* The next piece of text; other fragments are passed over. */
bool icbm_text_next(struct span *fragments, uint16_t *charset, struct span *text);
/* Required capabilities "text", then one piece of text. */
void icbm_text_write(struct buf *b, uint16_t charset, struct span text);

/* SNAC 0x0004/0x0002 and 0x0004/0x0005. */
struct icbm_params {
    uint16_t channel; /* of 0x0004/0x0002: 0 for all; of 0x0004/0x0005: slots */
    uint32_t flags;   /* enum icbm_flag */
    uint16_t max_length, max_sender_warning, max_receiver_warning;
    uint32_t min_interval; /* ms */
};
enum icbm_flag { ICBM_ALLOWED = 0x1, ICBM_MISSED_CALLS = 0x2, ICBM_TYPING_EVENTS = 0x8 };
enum { ICBM_LENGTH_DEFAULT = 512, ICBM_LENGTH_LEAST = 256, ICBM_WARNING_MAX = 999 };
struct icbm_params icbm_params_default(void); /* what holds until 0x0004/0x0002 */
/* Warning limits above 999 are read as 999 (node-oscar sends them byte-swapped). */
bool icbm_params_read(struct span body, struct icbm_params *out);
void icbm_params_write(struct buf *b, const struct icbm_params *p);

/* SNAC 0x0004/0x0014. */
enum icbm_typing_event {
    TYPING_NONE = 0,
    TYPING_PAUSED = 1,
    TYPING_BEGUN = 2,
    TYPING_CLOSED = 0x000F
};
struct icbm_typing {
    uint16_t channel;
    struct span name; /* the other party */
    uint16_t event;   /* enum icbm_typing_event */
};
bool icbm_typing_read(struct span body, struct icbm_typing *out);
void icbm_typing_write(struct buf *b, const struct icbm_typing *t);

/* SNAC 0x0004/0x000B. */
struct icbm_client_event {
    uint8_t cookie[ICBM_COOKIE];
    uint16_t channel;
    struct span name; /* the other party */
    struct span rest; /* u16 reason, and data */
};
bool icbm_client_event_read(struct span body, struct icbm_client_event *out);
void icbm_client_event_write(struct buf *b, const struct icbm_client_event *e);

/* SNAC 0x0004/0x000C: cookie, channel and name as the sender wrote them. */
struct icbm_ack {
    uint8_t cookie[ICBM_COOKIE];
    uint16_t channel;
    struct span to;
};
void icbm_ack_write(struct buf *b, const struct icbm_ack *a);
bool icbm_ack_read(struct span body, struct icbm_ack *out);

/* SNAC 0x0004/0x000A. */
enum icbm_missed_reason {
    MISSED_INVALID,
    MISSED_TOO_LARGE,
    MISSED_RATE,
    MISSED_SENDER_EVIL,
    MISSED_YOU_EVIL
};
struct icbm_missed {
    uint16_t channel;
    const struct oscar_userinfo *from;
    uint16_t count, reason; /* enum icbm_missed_reason */
};
void icbm_missed_write(struct buf *b, const struct icbm_missed *m);

/* SNAC 0x0004/0x0008. */
struct icbm_warning {
    bool anonymous;
    struct span name;
};
bool icbm_warning_read(struct span body, struct icbm_warning *out);

/* TLV 0x0005 of channel 2. */
enum rendezvous_type { RENDEZVOUS_PROPOSE = 0, RENDEZVOUS_CANCEL = 1, RENDEZVOUS_ACCEPT = 2 };
enum { RENDEZVOUS_DECLINED = 1 };
struct icbm_rendezvous {
    uint16_t type;
    uint8_t cookie[ICBM_COOKIE];
    struct span capability; /* 16 octets */
    struct span tlvs;
};
bool icbm_rendezvous_read(struct span data, struct icbm_rendezvous *out);
/* The block that refuses a proposal (TLV 0x000B = 1, declined). */
void icbm_rendezvous_write_refusal(struct buf *b, const struct icbm_rendezvous *r);

/* TLV 0x0005 of channel 4: ICQ's old style, little-endian. */
struct icbm_old_style {
    uint32_t uin;
    uint8_t type, flags;
    struct span text; /* without its NUL */
};
enum { ICBM_OLD_PLAIN = 0x01 };
bool icbm_old_style_read(struct span data, struct icbm_old_style *out);
void icbm_old_style_write(struct buf *b, const struct icbm_old_style *m);

#endif
