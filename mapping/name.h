/* Screen names, URIs and the one address behind both. Comes in: octets of a screen name, or a sip:,
 * sips:, im: or pres: URI. Goes out: the normal form, the neutral address, the name an AIM user
 * sees for it, the URI a peer sees. What is bound to what is asked through `struct name_book`;
 * nothing is stored here. */
#ifndef MAPPING_NAME_H
#define MAPPING_NAME_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "mapping/binding.h"

/* M-101 to M-104: what a normalised screen name is. */
enum name_class {
    NAME_BAD,  /* not a screen name */
    NAME_AIM,  /* a letter, then 2 to 15 letters and digits */
    NAME_ICQ,  /* 10000 to 2147483646 */
    NAME_MAIL, /* user@host: an own e-mail-style account, or a foreign user */
};

enum { NAME_FRIENDLY_MAX = 255, NAME_ALIAS_MAX = 16 };

/* A row that the gateway must keep, found out while an address was given a name. */
struct binding {
    enum binding_kind kind;
    struct span name; /* normalised screen name; of BINDING_CASE the folded, escaped user@host */
    struct address address; /* exact spelling */
};

/* What is known about names; the caller's tables. Spans given back must live until the call that
 * asked for them returns (they are copied into its arena). Every pointer may be NULL: nothing is
 * known then. */
struct name_book {
    void *ctx;
    /* Is there a live local account with this normalised name? */
    bool (*is_local)(void *ctx, struct span norm);
    /* Does the name belong to anything else that an alias must not take (a helper, an operator's
     * name)? */
    bool (*is_reserved)(void *ctx, struct span norm);
    /* An operator's binding or an alias of this normalised name. */
    bool (*find_by_name)(void *ctx, struct span norm, struct binding *out);
    /* The binding of that kind whose address is equal to `a`. */
    bool (*find_by_address)(void *ctx, enum binding_kind kind, const struct address *a,
                            struct binding *out);
    /* The lowest number that is free for a BINDING_NUMBER; false: there is none (left). */
    bool (*free_number)(void *ctx, uint32_t *out);
    /* The exact spelling kept for a folded "user@host" in escaped form. */
    bool (*find_case)(void *ctx, struct span key, struct binding *out);
};

/* How this domain and its peers read names. Zeroed is strict and foreign to everybody. */
struct name_rules {
    const struct span *own; /* own domains, A-labels; the first one is written (M-111) */
    size_t own_count;
    bool allow_short_hosts; /* hosts of one label */
    bool allow_ip;          /* IPv4 literals as hosts */
    /* Does this domain tell Bob from bob? NULL: none does. */
    bool (*case_sensitive)(void *ctx, struct span host);
    void *ctx;
};

enum uri_scheme { URI_SIP, URI_SIPS, URI_IM, URI_PRES };

/* What a URI or a typed name leads to. */
struct name_target {
    bool local; /* address.user is the account's normalised name, address.host our own domain */
    enum name_class class;  /* of the name as typed */
    struct address address; /* exact spelling, as it is to be written in the Request-URI */
    enum binding_kind by;   /* which table decided, BINDING_NONE: the algorithm */
};

/* ---- names ---- */

/* The normal form (1.1): spaces out, letters folded, odd octets left of an `@` escaped. Writes at
 * most SCREEN_NAME_MAX octets and a NUL into `to`; NAME_BAD leaves it empty. Two names are the same
 * person when their normal forms are equal. */
enum name_class name_norm(struct span raw, char to[SCREEN_NAME_MAX + 1], size_t *len);
/* The same into an arena; the empty span when bad. */
struct span name_norm_in(struct arena *a, struct span raw, enum name_class *class);
/* Two spellings of one name? Neither needs to be normalised; bad names equal nothing. */
bool name_same(struct span a, struct span b);
/* May a new account have this name (1.1 as typed at registration: 3 to 16 characters, none of them
 * a space at the end)? Gives its class, NAME_BAD: no. */
enum name_class name_registrable(struct span typed);

/* A user part inside a screen name (1.2): `=hh` for all that is not a-z 0-9 . _ - +. */
void name_esc(struct buf *out, struct span user, bool fold);
/* Back; ERR_BAD_NAME for what name_esc never writes. */
enum err name_unesc(struct buf *out, struct span escaped);

/* ---- hosts (1.3) ---- */

/* Lower-case A-labels without the last dot; ERR_BAD_HOST. */
enum err host_norm(struct arena *a, struct span host, const struct name_rules *rules,
                   struct span *out);
bool host_is_own(const struct name_rules *rules, struct span host);

/* ---- addresses ---- */

/* Reads sip:, sips:, im: and pres: (1.4). ERR_BAD_SCHEME is 416, ERR_NO_USER 404, ERR_BAD_NAME and
 * ERR_BAD_HOST 400. Parameters, headers and port do not enter. For our own domains the user part is
 * folded, its spaces are gone and the host is the first own domain. */
enum err uri_to_address(struct span uri, const struct name_rules *rules, struct arena *a,
                        struct address *out);
/* The parts of it, for callers whose URI is in pieces already: `user` still percent-encoded. */
enum err address_from_parts(struct span user, struct span host, const struct name_rules *rules,
                            struct arena *a, struct address *out);
void address_to_uri(struct buf *out, enum uri_scheme scheme, const struct address *a);
void address_to_sip_uri(struct buf *out, const struct address *a);
void address_to_im_uri(struct buf *out, const struct address *a);
void address_to_pres_uri(struct buf *out, const struct address *a);
bool address_is_own(const struct name_rules *rules, const struct address *a);
/* The same person (1.4): hosts equal, users equal with ASCII letters folded where the domain folds.
 */
bool address_equal(const struct name_rules *rules, const struct address *a,
                   const struct address *b);
/* "user@host" in escaped form, folded where the domain folds: the key for tables. Equal addresses
 * have equal keys and the reverse. Longer than a screen name may be. */
void address_key(struct buf *out, const struct name_rules *rules, const struct address *a);
/* "OWNER user@host": the key of what one of ours and somebody elsewhere have together. `key` is the
 * address's, where it is known already; else empty. */
void address_pair_key(struct buf *out, const struct name_rules *rules, struct span owner,
                      const struct address *a, struct span key);
/* anonymous.invalid and what else names nobody (M-114; a temporary GRUU is the caller's to see). */
bool address_is_anonymous(const struct address *a);
#define ANONYMOUS_USER "anonymous"
#define ANONYMOUS_HOST "anonymous.invalid"
#define ANONYMOUS_NAME ANONYMOUS_USER "@" ANONYMOUS_HOST /* how all of them are known */

/* ---- the two directions (1.6) ---- */

/* A name typed at an AIM client. ERR_BAD_NAME: not a name (M-117: neither is one with a `+` in
 * front: ERR_NO_USER); ERR_NO_USER: a name of ours that nobody has. */
enum err name_typed_to_target(struct span typed, const struct name_rules *rules,
                              const struct name_book *book, struct arena *a,
                              struct name_target *out);
/* The address a SIP request names: our own domain's users are looked up, all else is foreign. */
enum err address_to_target(const struct address *address, const struct name_rules *rules,
                           const struct name_book *book, struct name_target *out);
/* Which kind of name a session's client takes (D-21: by account setting and client version). */
enum name_form { NAME_LONG, NAME_SHORT, NAME_NUMBER };

/* The name an AIM client is shown for a foreign address. made[0..made_count) are the rows to be
 * kept before the name is used. For an address of our own domain the normalised name (the caller
 * knows its formatting), ERR_NO_USER where there is none. */
struct shown_name {
    struct span name;
    struct binding made[2];
    size_t made_count;
};
enum err address_to_name(const struct address *address, enum name_form form,
                         const struct name_rules *rules, const struct name_book *book,
                         struct arena *a, struct shown_name *out);
/* The n-th short name of a key "user@host" (0: the first choice). 16 characters at most and a NUL.
 */
void name_alias(struct span key, unsigned n, char to[NAME_ALIAS_MAX + 1]);

/* ---- friendly names ---- */

/* A display name fit to be shown (M-115): no control characters, no bidirectional overrides, at
 * most NAME_FRIENDLY_MAX octets, trimmed; empty when it holds an `@` (M-116: nor may it look like
 * an address). */
struct span friendly_clean(struct arena *a, struct span display);
/* M-116: does it read like one of our own users' names? Then it is not to be shown. */
bool friendly_is_spoof(struct span clean, const struct name_book *book);

#endif
