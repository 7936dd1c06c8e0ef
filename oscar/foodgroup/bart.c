#include "oscar/foodgroup/bart.h"

#include <openssl/evp.h>

bool bart_next(struct span *items, struct bart_item *out)
{
    struct rd r = rd_over(*items);

    out->type = rd_u16(&r);
    out->flags = rd_u8(&r);
    out->data = rd_str8(&r);
    if (!rd_ok(&r))
        return false;
    *items = r.in;
    return true;
}

bool bart_find(struct span items, uint16_t type, struct bart_item *out)
{
    while (bart_next(&items, out))
        if (out->type == type)
            return true;
    *out = (struct bart_item){0};
    return false;
}

void bart_write(struct buf *b, const struct bart_item *item)
{
    buf_u16(b, item->type);
    buf_u8(b, item->flags);
    buf_str8(b, item->data);
}

bool bart_text_read(const struct bart_item *item, struct span *text, struct span *charset)
{
    struct rd r = rd_over(item->data);

    *text = *charset = (struct span){0};
    if (item->type != BART_STATUS_TEXT)
        return false;
    if (item->data.n == 0)
        return true;
    *text = rd_str16(&r);
    if (!rd_ok(&r))
        return false;
    if (rd_u16(&r) == 1) {
        (void)rd_u16(&r);
        *charset = rd_str16(&r);
    }
    return true;
}

void bart_text_write(struct buf *b, struct span text)
{
    size_t n = text.n ? 2 + text.n + 2 : 0;

    buf_u16(b, BART_STATUS_TEXT);
    buf_u8(b, BART_FLAG_DATA);
    if (n > UINT8_MAX)
        b->bad = true;
    buf_u8(b, (uint8_t)n);
    if (n == 0)
        return;
    buf_str16(b, text);
    buf_u16(b, 0); /* no charset named: UTF-8 */
}

bool bart_is_no_icon(struct span hash)
{
    static const uint8_t cleared[] = {0x02, 0x01, 0xD2, 0x04, 0x72};

    return hash.n == 0 || span_eq(hash, span_of(cleared, sizeof cleared));
}

bool bart_upload_read(struct span body, struct bart_upload *out)
{
    struct rd r = rd_over(body);

    out->type = rd_u16(&r);
    out->image = rd_str16(&r);
    return rd_ok(&r);
}

enum bart_code bart_image_check(struct span image)
{
    static const struct span starts[] = {
        {(const uint8_t *)"GIF8", 4},    {(const uint8_t *)"\xFF\xD8\xFF", 3},
        {(const uint8_t *)"BM", 2},      {(const uint8_t *)"\0\0\1\0", 4},
        {(const uint8_t *)"\x89PNG", 4},
    };

    if (image.n == 0)
        return BART_TOO_SMALL;
    if (image.n > BART_IMAGE_MAX)
        return BART_TOO_BIG;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (span_starts(image, starts[i]))
            return BART_OK;
    return BART_WRONG_TYPE;
}

bool bart_image_hash(struct span image, uint8_t out[BART_HASH])
{
    return EVP_Digest(image.p, image.n, out, NULL, EVP_md5(), NULL) == 1;
}

bool bart_query_read(struct span body, bool newer, struct bart_query *out)
{
    struct rd r = rd_over(body);

    *out = (struct bart_query){.newer = newer, .name = rd_str8(&r)};
    return rd_u8(&r) > 0 && rd_ok(&r) && bart_next(&r.in, &out->item);
}

void bart_image_write(struct buf *b, const struct bart_query *q, enum bart_code code,
                      struct span image)
{
    buf_str8(b, q->name);
    bart_write(b, &q->item);
    if (q->newer) {
        buf_u8(b, (uint8_t)code);
        bart_write(b, &q->item);
    }
    buf_str16(b, image);
}
