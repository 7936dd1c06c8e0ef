/* The directory: what a user of AIM or ICQ tells of himself, and who finds whom by it. Everybody
 * who is found said it himself; whoever he blocks does not find him. */
#ifndef GATEWAY_FLOW_DIRECTORY_H
#define GATEWAY_FLOW_DIRECTORY_H

#include "gateway/door/aim.h"
#include "gateway/people/account.h"
#include "oscar/foodgroup/directory.h"
#include "oscar/foodgroup/userlookup.h"

/* An entry in memory: its texts lie in the worker's arena. */
struct entry {
    struct span name, formatted; /* whose */
    bool authorises;             /* has to be asked before his presence is seen */
    size_t n;
    struct entry_field {
        uint16_t field;
        struct span value; /* UTF-8 */
    } fields[16];
};
/* The value of a field; empty: none. */
struct span entry_get(const struct entry *e, uint16_t field);
/* A text as a client wrote it, tidied and cut; empty: it deletes the field. */
void entry_put(struct worker *w, struct entry *e, uint16_t field, struct span raw);

/* The entry of a user whom `viewer` may know of; false: there is no such. */
bool directory_of(struct worker *w, struct account *viewer, struct span name, struct entry *out);
/* Those who have all values of `like`: at most DIRECTORY_FOUND_MAX, in the arena. */
size_t directory_search(struct worker *w, struct account *viewer, const struct entry *like,
                        struct entry **out);
/* Writes the fields of `e` (an empty value deletes); `done` hears of it on the loop, with the
 * session's id and `id`. */
typedef void (*directory_kept)(struct worker *w, uint32_t session, uint32_t id, enum err e);
void directory_keep(struct aim_session *s, struct account *a, const struct entry *e, uint32_t id,
                    directory_kept done);

/* SNACs 0x0002/0x0009 and 0x000B, 0x000A/0x0002, 0x000F/0x0002. */
void directory_set(struct aim_session *s, uint32_t id, struct span tlvs);
void directory_wanted(struct aim_session *s, uint32_t id, struct span name);
void directory_find_email(struct aim_session *s, uint32_t id, struct span address);
void directory_asked(struct aim_session *s, struct account *a, uint32_t id, struct span tlvs);

#endif
