/* An AIM user signs on: password, cookie, second connection, being announced, and leaving. */
#ifndef GATEWAY_FLOW_SIGNON_H
#define GATEWAY_FLOW_SIGNON_H

#include "gateway/door/aim.h"

enum {
    SIGNON_PUSH_MS = 5000,    /* M-707: stored messages are pushed where nobody asked until then */
    SIGNON_SERVICES_MAX = 32, /* connections for icons and the like of one account */
};

void signon_login(struct aim_session *s, const struct oscar_login *login);
void signon_cookie(struct aim_session *s, const struct oscar_cookie *cookie);
void signon_service(struct aim_session *s, uint32_t id, uint16_t foodgroup);
void signon_online(struct aim_session *s);
/* M-707: nobody asked for what is stored. */
void signon_push_stored(struct aim_session *s);
/* The connection is gone: nothing of the session may stay behind. */
void signon_session_gone(struct aim_session *s);
/* The account was deleted or its password changed: its sessions end. */
void signon_expel(struct worker *w, struct account *a);

#endif
