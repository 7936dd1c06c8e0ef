/* Presence: what a user's endpoints say is merged into one record, and who watches is told. A
 * document for SIP watchers is built once a change, whatever their number. */
#ifndef GATEWAY_FLOW_PRESENCE_H
#define GATEWAY_FLOW_PRESENCE_H

#include "gateway/door/aim.h"

enum { PRESENCE_PACE_MS = 2000 /* M-2.6: at most one arrival per buddy in this time */ };

/* What a session says of itself. */
void presence_info_set(struct aim_session *s, const struct locate_set *set);
void presence_status_set(struct aim_session *s, const struct oservice_status *set);
void presence_idle_set(struct aim_session *s, uint32_t seconds);
void presence_flags_set(struct aim_session *s, uint32_t flags);
/* The account's icon (account_find_icon) is what its sessions show from now on. */
void presence_icon_changed(struct worker *w, struct account *a);
/* Its name is written otherwise (account.formatted): its clients and whoever sees it are told. */
void presence_name_changed(struct worker *w, struct account *a);
/* It is warned (more, or less): the same. `tell`: its clients are told by their own block, too. */
void presence_warning_changed(struct worker *w, struct account *a, bool tell);
/* Its own block, for what the client is told of itself. Good while the event is handled. */
void presence_self(struct aim_session *s, struct oscar_userinfo *out);

/* Something of the account's endpoints changed: merge, compare, tell. */
void presence_account_changed(struct worker *w, struct account *a);
/* A record of somebody elsewhere changed. Takes it (presence_dup); NULL: offline. */
void presence_foreign_changed(struct worker *w, struct person *p, struct presence *now_seen);
/* The account's rules changed: what its watchers, and it itself, may see. */
void presence_rules_changed(struct worker *w, struct account *a);

/* Tells the session of that edge what it may see, where that is not what it has been told. `again`:
 * also when it is. */
void presence_show_edge(struct worker *w, struct edge *e, bool again);
/* Tells a watcher the state. `urgent`: at once. Of a list: what changed of all of it. */
void presence_tell_watcher(struct worker *w, struct watcher *v, bool urgent);
/* Is that person there for that account: online, not invisible to it, and allowed by the rules of
 * both? */
bool presence_is_shown(struct account *viewer, const struct person *p);
/* Do the rules of both let that account see that person? */
bool presence_may_see(struct account *viewer, const struct person *p);
/* Of a list: puts the state in its place, and tells nothing yet. */
void presence_fill_entry(struct worker *w, struct watcher *v);
/* A block of that person as the session's client is to see it. */
void presence_userinfo(struct worker *w, const struct person *p, bool by_alias,
                       struct oscar_userinfo *out);

#endif
