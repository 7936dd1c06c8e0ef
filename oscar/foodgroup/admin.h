/* Foodgroup 0x0007, Admin: what a client changes of its own account: how the name is written, the
 * password, the e-mail address. */
#ifndef OSCAR_FOODGROUP_ADMIN_H
#define OSCAR_FOODGROUP_ADMIN_H

#include "oscar/tlv.h"

enum admin_tlv {
    ADMIN_TLV_NAME = 0x0001,
    ADMIN_TLV_NEW_PASSWORD = 0x0002,
    ADMIN_TLV_URL = 0x0004,
    ADMIN_TLV_ERROR = 0x0008,
    ADMIN_TLV_EMAIL = 0x0011,
    ADMIN_TLV_OLD_PASSWORD = 0x0012,
    ADMIN_TLV_REGISTRATION = 0x0013,
};

/* TLV 0x0008 of SNAC 0x0007/0x0005. */
enum admin_error {
    ADMIN_OK = 0,
    ADMIN_OTHER_NAME = 0x0001, /* not the same name, written otherwise */
    ADMIN_UNAVAILABLE = 0x0004,
    ADMIN_BAD_NAME = 0x0006,
    ADMIN_BAD_PASSWORD = 0x0007,
    ADMIN_BAD_EMAIL = 0x0008,
    ADMIN_WRONG_OLD_PASSWORD = 0x000A,
    ADMIN_NAME_LENGTH = 0x000B,
};

enum { ADMIN_CONFIRMED_ALREADY = 0x001E, ADMIN_REGISTRATION_FULL = 3 };

/* SNAC 0x0007/0x0004. */
struct admin_change {
    bool has_name, has_password, has_email;
    struct span name, password, old_password, email;
};
void admin_change_read(struct span body, struct admin_change *out);

/* What SNACs 0x0007/0x0003 and 0x0005 tell: what is not empty. */
struct admin_account {
    struct span name, email;
    bool registration;
    enum admin_error error;
};
void admin_account_write(struct buf *b, const struct admin_account *a);

#endif
