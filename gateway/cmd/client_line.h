/* What was typed at a line-mode client, taken apart: a command, or words for somebody.
 * Comes in: one line. Goes out: what is meant; spans point into the line. */
#ifndef GATEWAY_CMD_CLIENT_LINE_H
#define GATEWAY_CMD_CLIENT_LINE_H

#include "gateway/cmd/client_people.h"

enum client_line_is {
    LINE_EMPTY,
    LINE_SAY, /* name: empty: to whom was talked last */
    LINE_AWAY,
    LINE_BACK,
    LINE_ADD,
    LINE_WHO,
    LINE_TO,
    LINE_HELP,
    LINE_QUIT,
    LINE_NEEDS_NAME, /* of a command that takes one; `name` is the command */
    LINE_UNKNOWN,    /* no such command; `name` is it */
};

struct client_line {
    enum client_line_is is;
    struct span name, text;
};

/* "/command …"; "//…" says "/…"; "NAME: TEXT"; anything else is text. A word with a colon behind
 * it is a name; several words are one where somebody of that name is known, or where nobody was
 * talked to yet. */
void client_line_read(struct span line, const struct client_people *known, bool has_partner,
                      struct client_line *out);

#endif
