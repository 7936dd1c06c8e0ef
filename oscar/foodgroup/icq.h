/* Foodgroup 0x0015, ICQ: little-endian requests in TLV 0x0001: for stored messages, and for what
 * ICQ users tell of themselves (type 0x07D0, "meta"). */
#ifndef OSCAR_FOODGROUP_ICQ_H
#define OSCAR_FOODGROUP_ICQ_H

#include "base/buf.h"
#include "base/rd.h"

enum icq_type {
    ICQ_OFFLINE_WANTED = 0x003C,
    ICQ_OFFLINE_DELETE = 0x003E,
    ICQ_OFFLINE_DONE = 0x0042,
    ICQ_META = 0x07D0,
    ICQ_META_ANSWER = 0x07DA,
};

/* What is asked for in ICQ_META, and answered. */
enum icq_meta_type {
    ICQ_SET_PERMISSIONS = 0x0424,
    ICQ_FULL_INFO = 0x04D0,
    ICQ_FULL_INFO_OLD = 0x04B2,
    ICQ_SHORT_INFO = 0x04BA,
    ICQ_FIND_UIN_OLD = 0x051F,
    ICQ_FIND_EMAIL_OLD = 0x0529,
    ICQ_FIND_DETAILS = 0x055F,
    ICQ_FIND_UIN = 0x0569,
    ICQ_FIND_EMAIL = 0x0573,
    ICQ_SET_FULL_INFO = 0x0C3A,
    ICQ_PERMISSIONS_SET = 0x00A0,
    ICQ_BASIC = 0x00C8,
    ICQ_WORK = 0x00D2,
    ICQ_MORE = 0x00DC,
    ICQ_ABOUT = 0x00E6,
    ICQ_EMAILS = 0x00EB,
    ICQ_INTERESTS = 0x00F0,
    ICQ_AFFILIATIONS = 0x00FA,
    ICQ_SHORT = 0x0104,
    ICQ_HOMEPAGE = 0x010E,
    ICQ_FOUND = 0x01A4,
    ICQ_FOUND_LAST = 0x01AE,
    ICQ_FULL_INFO_SET = 0x0C3F,
};

/* Types of the TLVs in ICQ_SET_FULL_INFO and the newer searches (type and length little-endian,
 * texts with their own length and a NUL). */
enum icq_tlv {
    ICQ_TLV_UIN = 0x0136,
    ICQ_TLV_FIRST = 0x0140,
    ICQ_TLV_LAST = 0x014A,
    ICQ_TLV_NICK = 0x0154,
    ICQ_TLV_EMAIL = 0x015E,
    ICQ_TLV_CITY = 0x0190,
    ICQ_TLV_STATE = 0x019A,
    ICQ_TLV_ABOUT = 0x0258,
    ICQ_TLV_AUTHORIZATION = 0x02F8, /* u8; 0: required */
};

/* What a reply copies from its request. */
struct icq_id {
    uint32_t uin;
    uint16_t seq;
};

struct icq_request {
    struct icq_id who;
    uint16_t type;
    struct span data;
};
bool icq_request_read(struct span body, struct icq_request *out);

struct icq_meta {
    struct icq_id who;
    uint16_t type; /* enum icq_meta_type */
    struct span data;
};
bool icq_meta_read(const struct icq_request *r, struct icq_meta *out);

/* The next little-endian TLV off the front of *list; a value cut short is taken as far as it goes
 * (QIP announces too much); false at the end. */
bool icq_tlv_next(struct span *list, uint16_t *type, struct span *value);
/* A text with its length in front, without its NUL. */
struct span icq_text_read(struct rd *r);
uint32_t icq_u32_read(struct rd *r);
void icq_text_write(struct buf *b, struct span text);
void icq_u16_write(struct buf *b, uint16_t v);
void icq_u32_write(struct buf *b, uint32_t v);

/* SNAC 0x0015/0x0003 with type 0x0042: no more stored messages. */
void icq_offline_done_write(struct buf *b, const struct icq_id *who);

/* SNAC 0x0015/0x0003 with type 0x07DA. */
struct icq_answer {
    struct icq_id who;
    uint16_t type;
    bool failed;
    struct span data;
};
void icq_answer_write(struct buf *b, const struct icq_answer *a);

#endif
