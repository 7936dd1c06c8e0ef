#include "oscar/foodgroup/bucp.h"

#include "oscar/tlv.h"

enum bucp_tlv {
    TLV_NAME = 0x0001,
    TLV_ROASTED = 0x0002,
    TLV_CLIENT = 0x0003,
    TLV_URL = 0x0004,
    TLV_ADDRESS = 0x0005,
    TLV_COOKIE = 0x0006,
    TLV_ERROR = 0x0008,
    TLV_LANGUAGE = 0x000F,
    TLV_COUNTRY = 0x000E,
    TLV_EMAIL = 0x0011,
    TLV_REGISTRATION = 0x0013,
    TLV_DISTRIBUTION = 0x0014,
    TLV_CLIENT_ID = 0x0016,
    TLV_MAJOR = 0x0017,
    TLV_MINOR = 0x0018,
    TLV_POINT = 0x0019,
    TLV_BUILD = 0x001A,
    TLV_DIGEST = 0x0025,
    TLV_MULTI = 0x004A,
    TLV_SECURID = 0x004B,
    TLV_NEW_DIGEST = 0x004C,
    TLV_RECENT = 0x005A,
};

enum { REGISTERED_IN_FULL = 3 };

/* "AOL Instant Messenger (TM) version … for Java": it roasts by a table of its own. */
static bool is_java(struct span client)
{
    return span_starts(client, SPAN("AOL Instant Messenger (TM) version")) &&
           span_search(client, SPAN("for Java")) < client.n;
}

void bucp_client_read(struct span tlvs, struct oscar_login *out)
{
    struct span multi;

    *out = (struct oscar_login){
        .client_id = tlv_get_u16(tlvs, TLV_CLIENT_ID, 0),
        .major = tlv_get_u16(tlvs, TLV_MAJOR, 0),
        .minor = tlv_get_u16(tlvs, TLV_MINOR, 0),
        .point = tlv_get_u16(tlvs, TLV_POINT, 0),
        .build = tlv_get_u16(tlvs, TLV_BUILD, 0),
        .distribution = tlv_get_u32(tlvs, TLV_DISTRIBUTION, 0),
        .new_digest = tlv_has(tlvs, TLV_NEW_DIGEST),
        .has_multi = tlv_find(tlvs, TLV_MULTI, &multi),
        .multi = tlv_get_u8(tlvs, TLV_MULTI, MULTI_OLD),
    };
    (void)tlv_find(tlvs, TLV_CLIENT, &out->client);
    (void)tlv_find(tlvs, TLV_LANGUAGE, &out->language);
    (void)tlv_find(tlvs, TLV_COUNTRY, &out->country);
    out->java = is_java(out->client);
}

bool bucp_login_read(struct span tlvs, enum login_scheme scheme, struct oscar_login *out)
{
    bucp_client_read(tlvs, out);
    out->scheme = scheme;
    (void)tlv_find(tlvs, TLV_NAME, &out->name);
    (void)tlv_find(tlvs, scheme == LOGIN_MD5 ? TLV_DIGEST : TLV_ROASTED, &out->proof);
    return out->name.n > 0 && (scheme == LOGIN_ROASTED || out->proof.n == BUCP_DIGEST);
}

void bucp_login_write(struct buf *b, const struct oscar_login *l)
{
    tlv_write(b, TLV_NAME, l->name);
    tlv_write(b, TLV_DIGEST, l->proof);
    tlv_write_empty(b, TLV_NEW_DIGEST);
    tlv_write(b, TLV_CLIENT, l->client);
    tlv_write_u16(b, TLV_CLIENT_ID, l->client_id);
    tlv_write_u16(b, TLV_MAJOR, l->major);
    tlv_write_u16(b, TLV_MINOR, l->minor);
    tlv_write_u16(b, TLV_POINT, l->point);
    tlv_write_u16(b, TLV_BUILD, l->build);
    tlv_write_u32(b, TLV_DISTRIBUTION, l->distribution);
    tlv_write(b, TLV_LANGUAGE, l->language);
    tlv_write(b, TLV_COUNTRY, l->country);
    if (l->has_multi)
        tlv_write_u8(b, TLV_MULTI, l->multi);
}

bool bucp_key_request_read(struct span body, struct span *name)
{
    return tlv_find(body, TLV_NAME, name) && name->n > 0;
}

void bucp_key_request_write(struct buf *b, struct span name)
{
    tlv_write(b, TLV_NAME, name);
    tlv_write_empty(b, TLV_SECURID);
    tlv_write_empty(b, TLV_RECENT);
}

bool bucp_key_read(struct span body, struct span *key)
{
    struct rd r = rd_over(body);

    *key = rd_str16(&r);
    return rd_ok(&r);
}

void bucp_key_write(struct buf *b, struct span key)
{
    buf_str16(b, key);
}

void bucp_reply_write(struct buf *b, const struct bucp_reply *r)
{
    tlv_write(b, TLV_NAME, r->name);
    if (r->error) {
        tlv_write_u16(b, TLV_ERROR, r->error);
        if (r->url.n)
            tlv_write(b, TLV_URL, r->url);
        return;
    }
    tlv_write(b, TLV_ADDRESS, r->address);
    tlv_write(b, TLV_COOKIE, r->cookie);
    if (r->email.n) {
        tlv_write(b, TLV_EMAIL, r->email);
        tlv_write_u16(b, TLV_REGISTRATION, REGISTERED_IN_FULL);
    }
}

bool bucp_reply_read(struct span body, struct bucp_reply *out)
{
    *out = (struct bucp_reply){.error = tlv_get_u16(body, TLV_ERROR, 0)};
    (void)tlv_find(body, TLV_NAME, &out->name);
    (void)tlv_find(body, TLV_URL, &out->url);
    (void)tlv_find(body, TLV_ADDRESS, &out->address);
    (void)tlv_find(body, TLV_COOKIE, &out->cookie);
    (void)tlv_find(body, TLV_EMAIL, &out->email);
    return out->error != 0 || (out->address.n > 0 && out->cookie.n > 0);
}
