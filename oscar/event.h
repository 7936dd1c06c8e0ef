/* What one OSCAR connection tells the gateway. Pulled with oscar_conn_next, oldest first. Spans
 * point into the connection: good until its next _next, _feed or _tick. */
#ifndef OSCAR_EVENT_H
#define OSCAR_EVENT_H

#include "oscar/foodgroup/admin.h"
#include "oscar/foodgroup/bart.h"
#include "oscar/foodgroup/bucp.h"
#include "oscar/foodgroup/feedbag.h"
#include "oscar/foodgroup/icbm.h"
#include "oscar/foodgroup/icq.h"
#include "oscar/foodgroup/locate.h"
#include "oscar/foodgroup/oservice.h"
#include "oscar/snac.h"

enum oscar_event_kind {
    OSCAR_NONE,
    OSCAR_LOGIN,  /* .login: answer with _accept_login or _refuse_login; input waits until then */
    OSCAR_COOKIE, /* .cookie: answer with _welcome or _refuse_cookie; input waits until then */
    OSCAR_SERVICE_WANTED, /* .foodgroup: answer with _redirect or _error */
    OSCAR_ONLINE,         /* once: announce the user, send the first arrivals */
    OSCAR_GAP,            /* .gap; once: the client's frames are not numbered one after the other */
    OSCAR_LIST_USED,      /* .online: the client uses its list from here on. True: ONLINE was told
                             before,      send all arrivals again (ICQ Lite, BitlBee drop earlier ones)
                           */
    OSCAR_INFO_SET,       /* .info_set: profile, away text, capabilities */
    OSCAR_STATUS_SET,     /* .status_set: status word, available text (already answered) */
    OSCAR_IDLE,           /* .idle_seconds; 0: active again */
    OSCAR_PRIVACY_FLAGS,  /* .privacy_flags: bit 0 others may see idle time, bit 1 member since */
    OSCAR_BUDDIES,        /* .names: client-kept list, or people in open windows */
    OSCAR_PERMIT,         /* .names */
    OSCAR_DENY,           /* .names */
    OSCAR_FEEDBAG_GET,    /* .copy: answer with _feedbag_list or _feedbag_current */
    OSCAR_FEEDBAG_EDIT,   /* .edit: answer with _feedbag_status, one word an item */
    OSCAR_IM,             /* .im: answer with _ack or _error where due */
    OSCAR_TYPING,         /* .typing: no answer */
    OSCAR_CLIENT_EVENT,   /* .client_event: no answer */
    OSCAR_INFO_WANTED,    /* .query: answer with _info or _error(LOCATE) */
    OSCAR_FIND_EMAIL,     /* .address: answer with _found (none: an error goes out) */
    OSCAR_OFFLINE_WANTED, /* deliver what is stored, then _offline_done */
    OSCAR_ICQ_OFFLINE,    /* .icq: the same, then _icq_offline_done */
    OSCAR_WARN,           /* .warning: answer with _warned or _error(ICBM) */
    OSCAR_AUTH,           /* .auth: no answer */
    /* .tlvs: the own directory entry; answer with _entry_set or _error(LOCATE) */
    OSCAR_ENTRY_SET,
    OSCAR_ENTRY_WANTED, /* .name: answer with _entry */
    OSCAR_ICQ_META,     /* .meta: answer with _icq_meta */
    /* also on a service connection: */
    OSCAR_ICON_SET,         /* .icon: answer with _icon_kept */
    OSCAR_ICON_WANTED,      /* .icon_query: answer with _icon */
    OSCAR_ACCOUNT_WANTED,   /* .tlvs: of what is asked for; answer with _account */
    OSCAR_ACCOUNT_CHANGE,   /* .change: answer with _account_changed */
    OSCAR_DIRECTORY_SEARCH, /* .tlvs: answer with _directory_found */
    OSCAR_SIGNED_OFF,       /* .why: the last event of every connection; no session is left */
};

struct oscar_names {
    struct span list; /* read with screenname_next */
    bool remove;      /* else: add */
    bool temporary;   /* for this session */
};

struct oscar_cookie {
    struct span cookie; /* any length: it is the gateway's to know its own */
    struct oscar_login said; /* of itself: after a sign-on over HTTP; mostly empty */
};

struct oscar_event {
    enum oscar_event_kind kind;
    uint32_t id; /* request id: hand it back with the answer */
    union {
        struct oscar_login login;
        struct oscar_cookie cookie;
        uint16_t foodgroup;
        bool online;
        struct {
            uint16_t expected, came; /* numbers of FLAP frames */
        } gap;
        struct locate_set info_set;
        struct oservice_status status_set;
        uint32_t idle_seconds;
        uint32_t privacy_flags;
        struct oscar_names names;
        struct feedbag_copy copy;
        struct {
            enum feedbag_op op;
            struct span items; /* at least one; read with feedbag_item_next */
        } edit;
        struct icbm_message im;
        struct icbm_typing typing;
        struct icbm_client_event client_event;
        struct locate_query query;
        struct span address;
        struct icq_id icq;
        struct icbm_warning warning;
        struct feedbag_auth auth;
        struct span tlvs;
        struct span name;
        struct icq_meta meta;
        struct admin_change change;
        struct bart_upload icon;
        struct bart_query icon_query;
        struct {
            const char *text; /* for one log line; never NULL, lives for ever */
            bool clean;       /* the client said good-bye, or we did */
        } why;
    };
};

#endif
