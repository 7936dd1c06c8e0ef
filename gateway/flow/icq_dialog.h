/* How users of ICQ are asked for leave to see them, and told of the answer: by SNACs 0x0013/0x0019,
 * 0x001B and 0x0015, the oldest by messages of channel 4 (types 6, 7, 8); and in words, by the
 * helper, where a client has no dialog for it. */
#ifndef GATEWAY_FLOW_ICQ_DIALOG_H
#define GATEWAY_FLOW_ICQ_DIALOG_H

#include "gateway/door/aim.h"
#include "gateway/people/account.h"
#include "oscar/foodgroup/icbm.h"

/* Puts the question to a client of ICQ, in its own form; false: it has none for that name. */
bool icq_dialog_ask(struct aim_session *s, struct span name, struct span words);

/* What somebody who asked is told. */
struct icq_said {
    struct span asker; /* normalised */
    bool granted;
    bool unasked;      /* granted ahead */
    struct span items; /* of his list, whose marks went */
    struct span words;
};
void icq_dialog_tell(struct worker *w, struct account *by, const struct icq_said *said);
/* The helper says it: the name, and the words behind it. */
void icq_dialog_say(struct worker *w, struct account *to, struct span who, const char *words);

#endif
