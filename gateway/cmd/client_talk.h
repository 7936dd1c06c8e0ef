/* What the two line-mode clients share: the password, the lines typed and shown, whom is talked to,
 * what is still to be acknowledged, and one loop around standard input, one connection and the
 * time. Stays out: the protocol, which is a struct client_door (aim.c, sip.c). */
#ifndef GATEWAY_CMD_CLIENT_TALK_H
#define GATEWAY_CMD_CLIENT_TALK_H

#include "gateway/cmd/client_people.h"
#include "gateway/cmd/client_socket.h"
#include "gateway/cmd/cmd.h"

enum {
    CLIENT_LINE_MAX = 8000,     /* octets typed at once */
    CLIENT_WAITING_MAX = 16,    /* sent and not acknowledged; then typing waits */
    CLIENT_SIGNON_MS = 15000,   /* until the gateway let us in */
    CLIENT_ANSWER_MS = 40000,   /* until a message is taken for lost */
    CLIENT_QUIET_MS = 5000,     /* after the last line: until all is acknowledged */
    CLIENT_LEAVE_MS = 2000,     /* until the gateway said goodbye */
    CLIENT_KEEPALIVE_MS = 60000 /* between signs of life */
};

enum client_phase {
    CLIENT_SIGNING_ON, /* nothing typed is read */
    CLIENT_ON,
    CLIENT_LEAVING, /* signed off; the gateway may still answer */
    CLIENT_OVER,
};

struct client_talk;

/* A protocol. All are called from the loop; `self` is in the struct client_talk. */
struct client_door {
    bool (*start)(struct client_talk *t); /* connected: say hello. False: no memory */
    void (*input)(struct client_talk *t); /* octets stand in t->socket.in */
    void (*tick)(struct client_talk *t);  /* t->now is past the deadline */
    uint64_t (*deadline)(const struct client_talk *t);
    /* Sends it, and has client_wait note it; or tells with client_say why not. */
    void (*say)(struct client_talk *t, struct span name, struct span text);
    void (*away)(struct client_talk *t, struct span text); /* empty: back */
    void (*add)(struct client_talk *t, struct span name);  /* nobody of that name is in people */
    void (*leave)(struct client_talk *t); /* signs off; client_over when that is done */
};

struct client_wait {
    uint64_t id, until;
    const char *what; /* "the message to", "the adding of" */
    char name[CLIENT_NAME_MAX + 1];
};

struct client_talk {
    const struct cmd_context *cmd;
    const struct client_door *door;
    void *self;
    const char *name; /* who signs on */
    const struct conf_address *to;
    bool datagram;

    enum client_phase phase;
    int status; /* of the command */
    uint64_t now, phase_until;
    struct buf password;
    struct client_socket socket;
    struct client_people people;
    struct client_wait waiting[CLIENT_WAITING_MAX];
    size_t waits;
    char partner[CLIENT_NAME_MAX + 1]; /* talked to last; "": nobody yet */
    struct buf typed;
    uint64_t typed_at; /* when the next line may be taken; a door sets it that sends too fast */
    bool typed_end, too_long; /* no more lines; the line being read is thrown away */
    int signals;
};

/* Runs a client until it is over. `t` comes with cmd, door, self, name, to and datagram. */
int client_talk_run(struct client_talk *t);

/* ---- What a door tells. */
void client_on(struct client_talk *t, struct span name);
/* Not let in: one line on standard error, exit 1. */
void client_refused(struct client_talk *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The connection is gone: not let in, if it was not yet on; else a line, and exit 1. */
void client_lost(struct client_talk *t, const char *why);
void client_over(struct client_talk *t);
/* Something is on its way under a number of the door's own; `what` as in struct client_wait. */
void client_wait(struct client_talk *t, uint64_t id, const char *what, struct span name);
/* Takes it out, and gives its name in *name; false: nobody waits for that number. */
bool client_settled(struct client_talk *t, uint64_t id, char name[CLIENT_NAME_MAX + 1]);
/* Somebody spoke; `sent` (Unix seconds) is shown where it was a while ago; 0: just now. */
void client_heard(struct client_talk *t, struct span name, struct span text, int64_t sent);
/* "aimgate …" as it is to be typed for this gateway, appended. */
void client_put_call(const struct client_talk *t, struct buf *b, const char *words);

#endif
