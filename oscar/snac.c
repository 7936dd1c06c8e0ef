#include "oscar/snac.h"

#include "oscar/tlv.h"

enum { TLV_SUBCODE = 0x0008, TLV_TEXT = 0x001B };

bool snac_read(struct span data, struct snac *out)
{
    struct rd r = rd_over(data);

    out->foodgroup = rd_u16(&r);
    out->subtype = rd_u16(&r);
    out->flags = rd_u16(&r);
    out->id = rd_u32(&r);
    if (out->flags & SNAC_FLAG_VERSION)
        (void)rd_str16(&r);
    out->body = rd_rest(&r);
    return rd_ok(&r);
}

void snac_write(struct buf *b, uint16_t foodgroup, uint16_t subtype, uint16_t flags, uint32_t id)
{
    uint8_t *to = buf_room(b, SNAC_HEADER);

    if (!to)
        return;
    to[0] = (uint8_t)(foodgroup >> 8);
    to[1] = (uint8_t)foodgroup;
    to[2] = (uint8_t)(subtype >> 8);
    to[3] = (uint8_t)subtype;
    to[4] = (uint8_t)(flags >> 8);
    to[5] = (uint8_t)flags;
    to[6] = (uint8_t)(id >> 24);
    to[7] = (uint8_t)(id >> 16);
    to[8] = (uint8_t)(id >> 8);
    to[9] = (uint8_t)id;
}

bool snac_failure_read(struct span body, struct snac_failure *out)
{
    struct rd r = rd_over(body);

    out->code = rd_u16(&r);
    out->subcode = tlv_get_u16(r.in, TLV_SUBCODE, 0);
    (void)tlv_find(r.in, TLV_TEXT, &out->text);
    return rd_ok(&r);
}

void snac_failure_write(struct buf *b, const struct snac_failure *f)
{
    buf_u16(b, f->code);
    if (f->subcode)
        tlv_write_u16(b, TLV_SUBCODE, f->subcode);
    if (f->text.n)
        tlv_write(b, TLV_TEXT, f->text);
}

const char *foodgroup_name(uint16_t foodgroup)
{
    switch (foodgroup) {
#define FOODGROUP(name, number, version, what) \
    case number:                               \
        return #name;
#include "oscar/foodgroups.def"
#undef FOODGROUP
    default: return "unknown";
    }
}

uint16_t foodgroup_version(uint16_t foodgroup)
{
    switch (foodgroup) {
#define FOODGROUP(name, number, version, what) \
    case number: /* NOLINT(bugprone-branch-clone): rows of a table */ \
        return version;
#include "oscar/foodgroups.def"
#undef FOODGROUP
    default: return 0;
    }
}

const char *snac_name(uint16_t foodgroup, uint16_t subtype)
{
    switch ((uint32_t)foodgroup << 16 | subtype) {
#define SUBTYPE(group, name, number, rate, what) \
    case FOODGROUP_##group << 16 | (number):     \
        return what;
#include "oscar/subtypes.def"
#undef SUBTYPE
    default: return "unknown";
    }
}

const char *snac_error_text(uint16_t code)
{
    switch (code) {
#define SNAC_ERROR(name, number, text) \
    case number:                       \
        return text;
#include "oscar/errors.def"
#undef SNAC_ERROR
    default: return "unknown error";
    }
}

const char *login_error_text(uint16_t code)
{
    switch (code) {
#define LOGIN_ERROR(name, number, text) \
    case number:                        \
        return text;
#include "oscar/errors.def"
#undef LOGIN_ERROR
    default: return "unknown error";
    }
}
