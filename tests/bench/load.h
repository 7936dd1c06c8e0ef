/* What the parts of the load generator share. It is a program of its own, with encoders and readers
 * of its own: it shares no code with what it measures, and it is lean enough that one core of load
 * keeps one core of gateway busy. */
#ifndef TESTS_BENCH_LOAD_H
#define TESTS_BENCH_LOAD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

enum {
    PROCESSES_MAX = 32,
    BATCH = 64, /* datagrams of one recvmmsg or sendmmsg */
    DATAGRAM_MAX = 4096,
    MESSAGE_OCTETS = 600, /* a MESSAGE on the wire, whole */
    SEQ_RING = 1 << 16,   /* when which message was sent: far more than are ever under way */
    LATENCY_US = 200000,
    SENDERS = 1000,
};

/* What the command line says, as KEY=VALUE. */
struct load {
    const char *domain;      /* of the local users, or of the proxy's */
    const char *peer_domain; /* ours */
    int sip, oscar;          /* ports of who is measured */
    int peer;                /* our own port: where the peer is reached, and sends from */
    bool tcp;                /* a stream: over TCP, or TLS ... */
    int tls;                 /* ... at this port; 0: not under TLS */
    const char *certificate, *key; /* ours; NULL: none */
    int connections, window, sessions, buddies, watchers, rounds;
    int first; /* the number of the first session's name */
    int pace; /* messages a second, as far as the window lets them; 0: as many as go */
    double warm, seconds;
    unsigned run; /* no two runs have the same: it stands in every Call-ID */
    clockid_t cpu[PROCESSES_MAX];
    int pids[PROCESSES_MAX];
    int processes;
};

_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- time */
uint64_t now_ns(void);
struct usage {
    double cpu;       /* seconds of all threads of all measured processes */
    double user, sys; /* the same in two, in steps of a clock tick */
};
struct usage usage_now(const struct load *l);
/* What n of something have cost since then, as a member of a JSON object with a comma behind it. */
void usage_print(const char *name, const struct usage *before, uint64_t from, const struct load *l,
                 uint32_t n);

/* ---- how long things took, in microseconds */
struct latency {
    uint32_t n, us[LATENCY_US + 1]; /* how many took so long; the last: that or longer */
    uint64_t slowest;
};
void latency_add(struct latency *h, uint64_t ns);
double latency_at(const struct latency *h, double share);

/* ---- a run: some seconds to get warm, then the seconds that count */
struct run {
    uint64_t warm_until, until, began, last_progress;
    bool counting;
    uint64_t done_before, done_last;
    struct usage before;
};
void run_begin(struct run *r, const struct load *l);
/* Call it once a turn, with what was done so far; false when it is over. Sets *fresh when counting
 * begins: throw away what was noted until then. */
bool run_goes_on(struct run *r, const struct load *l, uint64_t done, bool *fresh);
/* Prints seconds, messages, and what they cost, as members of a JSON object. */
void run_print(const struct run *r, const struct load *l, uint64_t done);

/* ---- sockets, on loopback; they do not block */
int udp_socket(int port);
int tcp_listen(int port);
int tcp_connect(int port);
struct sockaddr_in loopback(int port);
int poll_new(void);
void poll_add(int ep, int fd, uint64_t what);
/* Waits until it can be read or, where `out`, written; fails after some seconds. */
void wait_for(int fd, bool out);
/* Waits until it can be read and never sleeps: who sends does not pay for waking it. */
void watch_for(int fd);
/* Sends all of it, waiting where it must. */
void send_all(int fd, const void *p, size_t n);

/* ---- one end of a stream: what came and was not used yet */
struct inbox {
    uint8_t *p;
    size_t n, cap;
};
/* Reads once. 0: nothing there; it fails when the other side closes. */
size_t inbox_read(struct inbox *b, int fd, const char *who);
uint8_t *inbox_room(struct inbox *b, size_t n);
void inbox_drop(struct inbox *b, size_t n);

/* What is to be sent over a stream and did not fit yet. */
struct outbox {
    uint8_t *p;
    size_t n, cap;
};
uint8_t *outbox_room(struct outbox *b, size_t n);
void outbox_flush(struct outbox *b, int fd);

/* ---- TLS over such a socket; the same calls */
typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;
SSL_CTX *secure_new(const struct load *l);
SSL *secure_connect(SSL_CTX *ctx, int fd);
void secure_read(SSL *ssl, struct inbox *b);
void secure_flush(SSL *ssl, struct outbox *b);

/* ---- SIP */
struct sip_template {
    char text[MESSAGE_OCTETS];
    size_t user[2], sender[2], seq[4]; /* where the digits stand */
};
/* A MESSAGE from one of SENDERS at our domain to a user of theirs. */
void sip_template(struct sip_template *t, const struct load *l);
/* Writes MESSAGE_OCTETS to `to`. */
void sip_message(const struct sip_template *t, char *to, uint32_t seq, int user);
/* The number in "Call-ID: xxxxxxxx-", or false. */
bool sip_seq(const uint8_t *p, size_t n, uint32_t *seq);
/* The number in "#xxxxxxxx#", or false. */
bool text_seq(const uint8_t *p, size_t n, uint32_t *seq);
/* The size of the first whole message; 0: there is none yet. */
size_t sip_frame(const uint8_t *p, size_t n);
/* Status of a response; 0: a request. */
int sip_status(const uint8_t *p, size_t n);
/* 200 to that request; gives its size. `to` has room for n + 64. */
size_t sip_answer(const uint8_t *request, size_t n, uint8_t *to);

/* ---- a SIP user agent: one socket, of no fixed port, for all its dialogs */
struct agent {
    const struct load *l;
    int fd, port;
    const char *via, *transport; /* as Via and as a URI have it */
    struct inbox in;
    struct outbox out;
    const char *refuse; /* NULL: requests are answered 200; else the digits of another status */
    bool holds;         /* answers wait until they are let go */
    struct outbox held;
    size_t let_go; /* octets of `held` */
    void (*take)(struct agent *a, const uint8_t *p, size_t n); /* each message; it may say more */
    void *owner;
};
void agent_open(struct agent *a, const struct load *l,
                void (*take)(struct agent *, const uint8_t *, size_t));
/* It leaves with the next turn. */
void agent_say(struct agent *a, const void *p, size_t n);
/* Reads what is there, answers the requests among it. Does not sleep. */
void agent_turn(struct agent *a);
/* Says so many of the answers that were held; false when none is left. */
bool agent_let_go(struct agent *a, int most);
/* What stands behind "NAME: " up to the end of the line; 0: there is no such line. */
size_t sip_value(const uint8_t *p, size_t n, const char *name, const uint8_t **value);

/* Users who publish one state after another, each another one than before; return when it was
 * taken. */
struct publisher;
struct publisher *publisher_new(const struct load *l, uint32_t first, uint32_t count);
void publisher_change(struct publisher *p);

/* ---- OSCAR */
struct aim {
    int fd, number;
    uint16_t seq;
    uint32_t request;
    struct inbox in;
    bool gathers; /* what is said waits for aim_flush */
    bool awake;   /* it does not sleep where it waits */
    struct outbox out;
};
void aim_name(char to[16], int number);
/* Signs on by both connections, with so many of the next sessions' names on the list; then it does
 * not block any more. */
void aim_sign_on(struct aim *a, const struct load *l, int number);
struct aim *aim_sign_on_all(const struct load *l, int ep);
/* The same by BUCP, with the digest of newer clients and the list that the server keeps. */
void aim_sign_on_newer(struct aim *a, const struct load *l, int number);
/* Stores such a list, of l->buddies names. */
void aim_store_list(struct aim *a, const struct load *l);
/* Reads until such a SNAC has come. */
void aim_await(struct aim *a, uint16_t family, uint16_t subtype);
void aim_leave(struct aim *a);
/* Asks the authorizer, by the oldest way; true: it gave a cookie. At most 16 octets. */
bool aim_try_password(const struct load *l, int number, const char *password);
void aim_flush(struct aim *a);
/* One more name for its list of buddies, which lies with the client. */
void aim_add_buddy(struct aim *a, const char *name);
/* The first whole SNAC of what came; false: none yet. `used` octets are then to be dropped. */
struct snac {
    uint16_t family, subtype;
    const uint8_t *body;
    size_t n, used;
};
bool aim_next(const struct aim *a, size_t at, struct snac *out);
void aim_send(struct aim *a, uint16_t family, uint16_t subtype, const uint8_t *body, size_t n);
/* An away text, or with NULL none. */
void aim_away(struct aim *a, const char *text);
/* An instant message of channel 1 that wants an acknowledgement; the cookie carries seq. */
void aim_message(struct aim *a, const char *to, uint32_t seq);

/* ---- what is measured */
int load_messages(const struct load *l); /* MESSAGE to AIM sessions */
int load_relay(const struct load *l);    /* MESSAGE through a proxy to phones */
int load_icbm(const struct load *l);     /* instant messages to a SIP peer */
int load_presence(const struct load *l); /* away and back, or published, seen by watchers */
int load_subscribe(const struct load *l); /* SUBSCRIBE, first and refreshed; many that stay */
int load_publish(const struct load *l);  /* PUBLISH and REGISTER with digest */
/* connections under TLS that do nothing, in the same way */
int load_secure(const struct load *l);
int load_pairs(const struct load *l);    /* instant messages from AIM sessions to AIM sessions */
int load_signon(const struct load *l);   /* sign-ons, the first of each user and later ones */
int load_fanout(const struct load *l);   /* away and back, seen by AIM sessions */
/* clients that want too much, until standard input ends */
int load_flood_messages(const struct load *l);
int load_flood_frames(const struct load *l);
int load_flood_silent(const struct load *l);
int load_flood_stalled(const struct load *l);
int load_flood_passwords(const struct load *l);
int load_idle(const struct load *l);     /* sessions that do nothing, until standard input ends */
int load_echo(const struct load *l);     /* datagrams to an echo */
int echo_plain(const struct load *l);
int echo_batch(const struct load *l);

#endif
