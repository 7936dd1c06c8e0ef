/* SNAC: what a channel 2 frame holds: foodgroup, subtype, flags, request id, body.
 * Numbers of foodgroups, subtypes and errors are written once, in the .def files. */
#ifndef OSCAR_SNAC_H
#define OSCAR_SNAC_H

#include "base/buf.h"
#include "base/rd.h"

enum foodgroup {
#define FOODGROUP(name, number, version, what) FOODGROUP_##name = (number),
#include "oscar/foodgroups.def"
#undef FOODGROUP
};

/* SNAC_ICBM_MESSAGE_TO_HOST = 0x0006 and so on: subtypes, within their foodgroup. */
enum snac_subtype {
#define SUBTYPE(group, name, number, rate, what) SNAC_##group##_##name = (number),
#include "oscar/subtypes.def"
#undef SUBTYPE
};

enum snac_error {
#define SNAC_ERROR(name, code, text) SNAC_ERR_##name = (code),
#include "oscar/errors.def"
#undef SNAC_ERROR
};

/* Why a sign-on is refused: TLV 0x0008 of SNAC 0x0017/0x0003 and of its channel 4 form. */
enum login_error {
#define LOGIN_ERROR(name, code, text) LOGIN_ERR_##name = (code),
#include "oscar/errors.def"
#undef LOGIN_ERROR
};

/* TLV 0x0008 of SNAC 0x0004/0x0001. */
enum icbm_suberror {
#define ICBM_SUBERROR(name, code, text) ICBM_SUB_##name = (code),
#include "oscar/errors.def"
#undef ICBM_SUBERROR
};

/* The words of SNAC 0x0013/0x000E, one an item. */
enum feedbag_status {
#define FEEDBAG_STATUS(name, code, text) FEEDBAG_##name = (code),
#include "oscar/errors.def"
#undef FEEDBAG_STATUS
};

enum {
    SNAC_HEADER = 10,
    SNAC_ERROR_SUBTYPE = 0x0001, /* of every foodgroup */
    SNAC_FLAG_MORE = 0x0001,     /* more of the same subtype and request id follow */
    SNAC_FLAG_VERSION = 0x8000,  /* u16 length and TLVs stand before the body */
};
#define SNAC_ID_SERVER 0x80000000u /* top bit of the ids of what the server says unasked */

struct snac {
    uint16_t foodgroup, subtype, flags;
    uint32_t id;
    struct span body; /* behind the version block, where flag 0x8000 announces one */
};

/* False where the header or the announced version block is cut short. */
bool snac_read(struct span data, struct snac *out);
void snac_write(struct buf *b, uint16_t foodgroup, uint16_t subtype, uint16_t flags, uint32_t id);

/* What a SNAC 0xXXXX/0x0001 tells. */
struct snac_failure {
    uint16_t code;    /* enum snac_error */
    uint16_t subcode; /* 0: none */
    struct span text; /* UTF-8, may be empty */
};
bool snac_failure_read(struct span body, struct snac_failure *out);
void snac_failure_write(struct buf *b, const struct snac_failure *f);

const char *foodgroup_name(uint16_t foodgroup);              /* never NULL; "unknown" */
const char *snac_name(uint16_t foodgroup, uint16_t subtype); /* never NULL; "unknown" */
uint16_t foodgroup_version(uint16_t foodgroup); /* the highest we answer; 0: not served */
const char *snac_error_text(uint16_t code);     /* never NULL */
const char *login_error_text(uint16_t code);    /* never NULL */

#endif
