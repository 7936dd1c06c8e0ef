/* A local user's account while it is in use: settings, rules, sessions, contacts, publications.
 * Loaded from the database when something asks for it, let go a minute after the last use. */
#ifndef GATEWAY_PEOPLE_ACCOUNT_H
#define GATEWAY_PEOPLE_ACCOUNT_H

#include "db/privacy.h"
#include "db/users.h"
#include "gateway/people/person.h"
#include "mapping/outcome.h"
#include "mapping/policy.h"
#include "mapping/privacy.h"
#include "mapping/warning.h"
#include "oscar/foodgroup/bart.h"
#include "simple/doc/pidf.h"
#include "simple/event/publish.h"
#include "simple/event/registrar.h"

enum {
    ACCOUNT_IDLE_MS = 60000,
    ACCOUNT_SESSIONS_MAX = 5,
    ACCOUNT_STRANGER_NO_S = 24 * 3600, /* M-544 */
    AUTO_REPLIES_KEPT = 8,
    AUTO_REPLY_MS = 10000,
    AUTO_ANSWERED_KEPT = 32,
};

/* A registered phone. One allocation. */
struct contact {
    struct list node;
    struct list of_flow;     /* in its connection, where it is reached by that alone (WebSocket) */
    struct account *account; /* whose */
    struct sip_contact c; /* expires_at: milliseconds of the loop's clock */
    int64_t expires;      /* Unix seconds */
    int64_t since;        /* when it first registered */
    uint64_t refreshed;   /* its last REGISTER; loop's clock */
    struct sip_hop from;  /* where the REGISTER came from, and on which connection */
    bool likes_html;      /* the Accept of its REGISTER lists text/html */
    bool direct;          /* its URI names an address that can be reached from here */
    struct sip_hop to;
};

/* A published document. */
struct published {
    struct list node;
    struct span etag, first_etag;
    int64_t expires; /* Unix seconds */
    int64_t since;   /* when it was first published */
    struct sip_hop from; /* where the latest PUBLISH came from; nowhere after a restart */
    struct span body;
    struct arena arena; /* holds all of it, and what was parsed */
    struct pidf doc;
};

/* Copies; NULL: no memory. The caller puts it among the account's. */
struct contact *contact_new(struct worker *w, struct account *a, const struct sip_contact *in,
                            const struct sip_hop *from);
void contact_free(struct worker *w, struct contact *c);
/* The one that registered by the way that this came (RFC 5626: a connection; over UDP the same
 * address and port). NULL: none did. */
const struct contact *contact_by_way(const struct account *a, const struct sip_hop *from);
void published_free(struct published *p);

/* The latest message of the account that failed, for whoever asks why. */
struct failed_message {
    struct span to;     /* owned; the recipient as it was written */
    struct span domain; /* owned; the recipient's, where it is another one */
    enum outcome how;
    int64_t at; /* Unix seconds; 0: none */
};

/* An away client of several answered by itself. */
struct auto_reply {
    uint64_t at; /* loop's clock */
    uint64_t to; /* a hash of whom */
    uint32_t session;
};

struct evidence;
struct upstream;

/* Somebody wrote to the account. */
struct heard {
    uint64_t who;       /* a hash of his name */
    int64_t at, warned; /* Unix seconds: when he last did; when he was warned for it */
};

struct account {
    /* What each message needs stands together: it is fetched from memory for each. */
    struct person *person;
    uint8_t settings[USER_SETTING__COUNT];
    bool icq;
    bool any_denied;
    bool keeps_buddies;     /* `listed` has them, whatever the mode */
    bool asks_strangers;    /* knock_knock is on */
    bool confirms_watchers; /* foreign_watchers is confirm */
    bool authorises;        /* ICQ, and authorisation is on: whoever wants to see it has to ask */
    enum privacy_mode mode;
    struct evidence *evidence; /* of the last messages that came; NULL: none yet */
    /* aim_session.of_account: those that are online or on their way there */
    struct list sessions;
    struct list contacts;   /* struct contact */
    struct upstream *upstream; /* what is published elsewhere (flow/upstream) */
    size_t holds;        /* messages under way that need it */
    struct policy *policy;  /* its rule document, for watchers in SIP; NULL: none */
    struct timer policy_turns; /* when the time alone changes what that says (flow/presence) */
    /* struct listed by normalised name: permit, deny, ignore (and buddies in that mode) */
    struct table listed;
    struct warning warning; /* how far it is warned */
    struct heard *heard;    /* who wrote lately (flow/warn); NULL: nobody */

    int64_t id;
    int64_t created;       /* Unix seconds */
    struct span formatted; /* as its owner likes it written */
    struct list services;   /* aim_session.of_account: their connections for icons and the like */
    struct list published;  /* struct published */
    struct list buddy_lists; /* by which users of peers are watched together (flow/buddy_list) */
    struct list winfos;     /* phones that are told who watches (flow/winfo) */
    struct timer expiry;    /* of contacts and publications */
    struct timer idle;
    size_t delivering;   /* stored messages on their way to one endpoint */
    bool more;           /* that endpoint did not take all that waits */
    bool arrived;        /* it took some of it */
    bool asked;          /* another endpoint asked meanwhile */
    struct timer resume; /* what still waits is tried again */
    unsigned profiles;   /* how often one of its sessions set one: the last counts */
    bool hides_idle, hides_typing, refuses_stored; /* preferences of the feedbag */
    /* the icon's name by the feedbag; the same once its image is here */
    uint8_t icon_wish[BART_HASH], icon[BART_HASH];
    size_t icon_wish_n, icon_n;
    uint16_t missed;      /* messages that were not delivered, and not told of yet */
    uint64_t missed_told; /* when it was last told; loop's clock */
    /* who had the away text for an answer (auto_away), hashed ... */
    uint64_t answered[AUTO_ANSWERED_KEPT];
    size_t answered_n;
    int64_t answered_spell; /* ... since it stands */
    struct auto_reply auto_replies[AUTO_REPLIES_KEPT];
    /* what is left to write and to watch in other domains (flow/limits) */
    struct bucket to_sip, watching;
    struct timer fading;    /* of `warning`, while a session shows it */
    struct failed_message failed;
    char ha1[2][65];        /* digest of SIP by algorithm (MD5, SHA-256); made on first use */
    char ha1_user[2][128];
};

/* Finds or loads; ERR_NO_USER, ERR_STORE, ERR_NOMEM. */
enum err account_get(struct worker *w, struct span norm, struct account **out);
/* Only where it is in memory. */
struct account *account_loaded(const struct worker *w, struct span norm);
/* Let go of it soon if nothing uses it. Call it after taking something away. */
void account_release(struct worker *w, struct account *a);
/* At once: the account was deleted, or the worker ends. Nothing of it may be in use. */
void account_drop(struct worker *w, struct account *a);
/* Settings and spelling anew from the database. */
enum err account_reload(struct worker *w, struct account *a);
/* The lists and the mode anew from the database (the feedbag was edited). */
enum err account_load_rules(struct worker *w, struct account *a);

/* Looks whether the image of the icon that the feedbag names has come; true: what is shown
 * changes. */
bool account_find_icon(struct worker *w, struct account *a);

void account_forget_rules(struct account *a);
/* Do its rules depend on who is a buddy? Then they are loaded anew when one comes or goes. */
static inline bool account_asks_who_is_buddy(const struct account *a)
{
    return a->mode == PRIVACY_PERMIT_BUDDIES || a->keeps_buddies;
}

/* Rules as mapping/privacy.h asks for them. */
struct privacy account_privacy(struct account *a);
/* May `who` (a normalised name: of ours, or user@host) see, or write to, this user? */
enum privacy_verdict account_allows_presence(struct account *a, struct span who);
enum privacy_verdict account_allows_message(struct account *a, struct span who);
/* Does its own list have him, or permit him? Only where account_asks_who_is_buddy. */
bool account_knows(const struct worker *w, const struct account *a, struct span who);
/* Has it agreed to be sent what others expand a list for (RFC 5360 5.9.2)? What makes somebody no
 * stranger does. */
bool account_permits_relay(const struct worker *w, const struct account *a, struct span who);
/* Does it want to be asked before it hears of him (5.4 of the tables)? Nobody is a stranger where
 * knock_knock is off. */
bool account_is_stranger(const struct worker *w, const struct account *a, struct span who);
/* Has it said so for at least that long (Unix seconds)? */
bool account_welcomes_until(const struct account *a, struct span who, int64_t when);
/* Did it say no to him within a day? *before: within 30 days. */
bool account_turned_down(const struct worker *w, const struct account *a, struct span who,
                         bool *before);
/* Is he on the block list that the helper keeps for it? */
bool account_has_blocked(const struct account *a, struct span who);
/* The same of a watcher in SIP, of whom a rule document has to say something, too: what the lists
 * block is blocked; else the document decides. CONFIRM where the user is to be asked first
 * (foreign_watchers, where there is none). */
enum privacy_verdict account_allows_watcher(const struct worker *w, struct account *a,
                                            struct span who, bool local);
/* Has it yet to say whether `who` of AIM may see it (M-507: ICQ's "authorisation required")? */
bool account_awaits(const struct account *a, struct span who);
/* Did the user say no to him? */
bool account_said_no(const struct account *a, struct span who);
/* Did the user, or a document, say no to him? He is told so, where the lists do not block him. */
bool account_refuses_watcher(const struct worker *w, struct account *a, struct span who,
                             bool local);
/* What of its presence it gives to others (RFC 5025 3.3), and of that to `who`; NULL: to whom no
 * document limits it. False: all of it. */
bool account_holds_back(const struct worker *w, const struct account *a,
                        const struct policy_watcher *who, struct presence_provide *out);
/* Does this user's own list block `who`? Then neither sees the other. */
bool account_blocks(struct account *a, struct span who);
/* Is `who` to find no account at all here (hide_existence)? */
bool account_hides(const struct worker *w, struct account *a, struct span who);
/* Is `who` blocked, and to be told so when he wants to watch (block_style, M-524)? */
bool account_rejects(const struct worker *w, struct account *a, struct span who);
/* Is `who` on the permit list, which for ICQ is also the visible list? */
bool account_permits(struct account *a, struct span who);
/* Does this user not want to hear of `who` at all (ICQ's ignore list)? He is not told. */
bool account_ignores(struct account *a, struct span who);

/* The name as a display name; empty where it says no more than the address. */
static inline struct span account_friendly(const struct account *a)
{
    return span_eq(a->formatted, a->person->key) ? (struct span){0} : a->formatted;
}

/* M-454: are messages kept for him while he is away? The operator's setting, and his own
 * preference. Not once it is deleted: who gets the name next would get them. */
static inline bool account_keeps_messages(const struct account *a)
{
    return !a->person->deleted && a->settings[USER_store_messages] && !a->refuses_stored;
}
/* A message of its user failed. */
void account_note_failed(struct account *a, struct span to, struct span domain, enum outcome how,
                         int64_t now);

/* The clear password; the caller wipes it. */
enum err account_password(struct worker *w, struct span norm, struct buf *out);

#endif
