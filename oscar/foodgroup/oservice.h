/* Foodgroup 0x0001, OService: host families, versions, rates, self information, idle, status. */
#ifndef OSCAR_FOODGROUP_OSERVICE_H
#define OSCAR_FOODGROUP_OSERVICE_H

#include "oscar/userinfo.h"

enum {
    OSERVICE_VERSIONS_MAX = 64, /* pairs taken from SNAC 0x0001/0x0017 */
    OSERVICE_MOTD_NORMAL = 4,
    OSERVICE_SHOW_IDLE = 1, /* bits of SNAC 0x0001/0x0014: others may see it */
    OSERVICE_SHOW_MEMBER_SINCE = 2,
};

/* SNAC 0x0001/0x0003: u16 foodgroups. */
void oservice_families_write(struct buf *b, const uint16_t *foodgroups, size_t n);
/* SNAC 0x0001/0x0017 and 0x0018: u16 foodgroup, u16 version. */
bool oservice_version_next(struct span *pairs, uint16_t *foodgroup, uint16_t *version);
void oservice_version_write(struct buf *b, uint16_t foodgroup, uint16_t version);
/* SNAC 0x0001/0x0002, client side: foodgroup, version, tool id, tool version. */
void oservice_online_write(struct buf *b, uint16_t foodgroup, uint16_t version);

/* SNAC 0x0001/0x0005. */
struct oservice_redirect {
    uint16_t foodgroup;
    struct span address, cookie;
    struct span certificate; /* whose name it will show; empty: not under TLS */
};
void oservice_redirect_write(struct buf *b, const struct oservice_redirect *r);

/* SNAC 0x0001/0x001E. */
struct oservice_status {
    bool has_status;
    uint32_t status; /* enum userinfo_status and flags */
    bool has_text;
    struct span text,
        charset; /* the available message; charset empty: UTF-8; text empty: cleared */
};
void oservice_status_read(struct span body, struct oservice_status *out);
void oservice_status_write(struct buf *b, const struct oservice_status *s);

/* What SNAC 0x0001/0x000F adds to a user's own block. */
struct oservice_self {
    uint32_t ipv4;
    uint8_t instance;
    bool primary;
};
void oservice_self_write(struct buf *b, const struct oscar_userinfo *u,
                         const struct oservice_self *s);
/* SNAC 0x0001/0x0010: the new level, and who warned (NULL: anonymous). */
void oservice_evil_write(struct buf *b, uint16_t level, const struct oscar_userinfo *by);

#endif
