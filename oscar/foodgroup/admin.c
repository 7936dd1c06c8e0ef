#include "oscar/foodgroup/admin.h"

enum { PERMISSIONS = 3 /* read and write */ };

void admin_change_read(struct span body, struct admin_change *out)
{
    *out = (struct admin_change){0};
    out->has_name = tlv_find(body, ADMIN_TLV_NAME, &out->name);
    out->has_password = tlv_find(body, ADMIN_TLV_NEW_PASSWORD, &out->password);
    (void)tlv_find(body, ADMIN_TLV_OLD_PASSWORD, &out->old_password);
    out->has_email = tlv_find(body, ADMIN_TLV_EMAIL, &out->email);
}

void admin_account_write(struct buf *b, const struct admin_account *a)
{
    buf_u16(b, PERMISSIONS);
    buf_u16(b, (uint16_t)((a->name.n > 0) + (a->email.n > 0) + a->registration + (a->error != 0)));
    if (a->name.n)
        tlv_write(b, ADMIN_TLV_NAME, a->name);
    if (a->email.n)
        tlv_write(b, ADMIN_TLV_EMAIL, a->email);
    if (a->registration)
        tlv_write_u16(b, ADMIN_TLV_REGISTRATION, ADMIN_REGISTRATION_FULL);
    if (a->error)
        tlv_write_u16(b, ADMIN_TLV_ERROR, (uint16_t)a->error);
}
