/* One OSCAR connection: the authorizer, BOS, or a service beside it such as chat navigation. Which
 * of these it is, the client's first frame says. Comes in: bytes and the time (any millisecond
 * clock that does not run backwards). Goes out: events (oscar/event.h) and bytes. Stays out:
 * sockets, accounts, and what any of it means to others.
 *
 * Use: _new, write out _output at once (the hello must travel alone), then for each read _feed and
 * _next until it gives false; after every call that may have said something, write out _output and
 * tell _sent. _deadline says when to _tick; after a _tick, and after an answer to LOGIN or COOKIE,
 * pull with _next again. Requests that need nobody else (keys, rates, rights, versions, own
 * information) are answered in here. */
#ifndef OSCAR_CONN_H
#define OSCAR_CONN_H

#include "base/err.h"
#include "base/rng.h"
#include "oscar/event.h"

struct oscar_conn;

struct oscar_conn_conf {
    bool rate_limits;  /* false: rate classes are announced, nothing is enforced */
    struct rng *rng;   /* for login keys; outlives the connection */
    size_t output_max; /* octets of output that may wait; 0: OSCAR_OUTPUT_MAX. Beyond: the
                          connection is lost */
    size_t output_pause; /* with more waiting no further request is taken; 0: all are */
};

enum {
    OSCAR_OUTPUT_MAX = 1 << 20,
    OSCAR_INPUT_MAX = 1 << 18,   /* octets fed and not yet pulled */
    OSCAR_SIGNON_MS = 30000,     /* from the first byte to client ready */
    OSCAR_SILENCE_MS = 300000,   /* a session that says nothing for so long is gone */
    OSCAR_KEEPALIVE_MS = 60000,  /* our own silence before a keep-alive */
    OSCAR_LINGER_MS = 5000,      /* after the authorizer's answer the client closes; then we do */
    OSCAR_ONLINE_WAIT_MS = 3000, /* client ready, and no list: announced all the same */
    OSCAR_ONLINE_WAIT_LIST_MS = 1000 /* the same where it has fetched its list */
};

/* NULL: no memory. */
struct oscar_conn *oscar_conn_new(const struct oscar_conn_conf *conf, uint64_t now);
void oscar_conn_free(struct oscar_conn *c);

/* Takes bytes, all of them; parsing is for _next. An error: the connection is over (_next tells
 * SIGNED_OFF); what is in the output is still to be sent. */
enum err oscar_conn_feed(struct oscar_conn *c, struct span in, uint64_t now);
/* The next event; false: nothing more until bytes, time or an answer come, or, where more output
 * than output_pause waits, until some of it is sent. */
bool oscar_conn_next(struct oscar_conn *c, struct oscar_event *out);
struct span oscar_conn_output(const struct oscar_conn *c); /* borrowed, until the next call on c */
void oscar_conn_sent(struct oscar_conn *c, size_t n);      /* the kernel took the first n of it */
/* Octets put into the output since _new: a message written before this reads W is out when as many
 * are sent. */
uint64_t oscar_conn_written(const struct oscar_conn *c);
uint64_t oscar_conn_deadline(const struct oscar_conn *c);
void oscar_conn_tick(struct oscar_conn *c, uint64_t now);
/* Close it once the output is drained. */
bool oscar_conn_is_over(const struct oscar_conn *c);
/* Why, for one log line; "" while it lives. */
const char *oscar_conn_why(const struct oscar_conn *c);

/* ---- Answers of the authorizer. */
struct oscar_accept {
    struct span name;    /* formatted as its owner likes it */
    struct span address; /* BOS, "host:port", no IPv6 literal */
    struct span cookie;  /* BUCP_COOKIE octets */
    struct span email;   /* may be empty */
};
void oscar_conn_accept_login(struct oscar_conn *c, const struct oscar_accept *a);
void oscar_conn_refuse_login(struct oscar_conn *c, enum login_error code, struct span url);

/* ---- After a COOKIE. */
struct oscar_self {
    struct oscar_userinfo user; /* copied */
    uint32_t ipv4;              /* the client's address; 0: not told */
    bool
        modern; /* the client sent TLV 0x004A when it signed on: it understands why it is cut off */
    bool ancient; /* AIM before 3.5: it is told of no icons and status texts (TLV 0x001D) */
};
/* foodgroup 0: this is BOS; else a service connection for it. NULL self: only for a service. */
void oscar_conn_welcome(struct oscar_conn *c, uint16_t foodgroup, const struct oscar_self *self);
void oscar_conn_refuse_cookie(struct oscar_conn *c);

/* ---- Of a session that is signed on. Each writes its SNAC at once; on one that is over they do
 * nothing. */
void oscar_conn_redirect(struct oscar_conn *c, uint32_t id, const struct oservice_redirect *r);
/* code, and where not 0 / not empty the sub-code and text. */
void oscar_conn_error(struct oscar_conn *c, uint16_t foodgroup, uint32_t id,
                      const struct snac_failure *f);
/* What the client is told of itself from now on; `tell`: also at once (not to the oldest, which
 * crash). */
void oscar_conn_set_self(struct oscar_conn *c, const struct oscar_userinfo *u, bool tell);

void oscar_conn_arrived(struct oscar_conn *c, const struct oscar_userinfo *u);
void oscar_conn_departed(struct oscar_conn *c, struct span name);
void oscar_conn_reject_buddy(struct oscar_conn *c, struct span name);

void oscar_conn_deliver_im(struct oscar_conn *c, const struct icbm_delivery *d);
void oscar_conn_ack(struct oscar_conn *c, uint32_t id, const struct icbm_ack *a);
void oscar_conn_typing(struct oscar_conn *c, struct span from, enum icbm_typing_event event);
void oscar_conn_client_event(struct oscar_conn *c, const struct icbm_client_event *e);
void oscar_conn_missed(struct oscar_conn *c,
                       const struct icbm_missed *m); /* nothing where not wanted */
void oscar_conn_offline_done(struct oscar_conn *c, uint32_t id);
void oscar_conn_icq_offline_done(struct oscar_conn *c, uint32_t id, const struct icq_id *who);
void oscar_conn_warned(struct oscar_conn *c, uint32_t id, uint16_t added, uint16_t level);
/* Somebody warned this user; NULL: anonymously. */
void oscar_conn_evil(struct oscar_conn *c, uint16_t level, const struct oscar_userinfo *by);

void oscar_conn_info(struct oscar_conn *c, uint32_t id, const struct locate_info *i);

/* ---- Services: on BOS, or on a connection of their own. */
void oscar_conn_account(struct oscar_conn *c, uint32_t id, const struct admin_account *a);
void oscar_conn_account_changed(struct oscar_conn *c, uint32_t id, const struct admin_account *a);
void oscar_conn_entry_set(struct oscar_conn *c, uint32_t id);
/* `tlvs`: the fields, one behind the other. */
void oscar_conn_entry(struct oscar_conn *c, uint32_t id, struct span tlvs);
/* As directory_found_write takes them. */
void oscar_conn_directory_found(struct oscar_conn *c, uint32_t id, struct span entries, uint16_t n);
/* One answer; `more` follow. */
void oscar_conn_icq_meta(struct oscar_conn *c, uint32_t id, const struct icq_answer *a, bool more);
/* What became of an upload; the item names the image by its hash. */
void oscar_conn_icon_kept(struct oscar_conn *c, uint32_t id, enum bart_code code,
                          const struct bart_item *item);
/* The image asked for; empty: there is none. */
void oscar_conn_icon(struct oscar_conn *c, uint32_t id, const struct bart_query *q,
                     struct span image);
/* The state of the client's own item: BART_FLAG_UNKNOWN makes it upload the image. */
void oscar_conn_icon_state(struct oscar_conn *c, const struct bart_item *item);
void oscar_conn_found(struct oscar_conn *c, uint32_t id, const struct span *names, size_t n);

/* `items`: whole items, one behind the other as feedbag_item_write makes them; sorted by group,
 * then item. */
void oscar_conn_feedbag_list(struct oscar_conn *c, uint32_t id, struct span items, uint32_t time);
void oscar_conn_feedbag_current(struct oscar_conn *c, uint32_t id, uint32_t time, uint16_t count);
void oscar_conn_feedbag_status(struct oscar_conn *c, uint32_t id, const uint16_t *codes, size_t n);
/* An edit made elsewhere. */
void oscar_conn_feedbag_push(struct oscar_conn *c, enum feedbag_op op, struct span items);
/* SNAC_FEEDBAG_AUTH_GRANTED, _REQUESTED, _ANSWERED or _YOU_WERE_ADDED; of use to ICQ clients only.
 */
void oscar_conn_auth(struct oscar_conn *c, const struct feedbag_auth *a);

/* Channel 4 with the reason and a page about it (may be empty), for those who understand it; the
 * connection is over. The oldest clients hang on that frame: theirs is just closed. */
enum oscar_disconnect { OSCAR_SIGNED_ON_ELSEWHERE = 0x0001 };
void oscar_conn_disconnect(struct oscar_conn *c, enum oscar_disconnect reason, struct span url);
/* The server ends, or the account: channel 4, empty. */
void oscar_conn_shutdown(struct oscar_conn *c);

/* ---- What is known of the client. */
/* The most octets of encoded text that one message to it may hold: its own wish, 512 before it told
 * one and where it asks for less than 256. */
uint16_t oscar_conn_text_max(const struct oscar_conn *c);
const struct icbm_params *oscar_conn_icbm(const struct oscar_conn *c);
bool oscar_conn_wants_typing(const struct oscar_conn *c);
bool oscar_conn_is_online(const struct oscar_conn *c);    /* ONLINE was told */
bool oscar_conn_uses_feedbag(const struct oscar_conn *c); /* its list is kept here */

#endif
