/* What of a document a user gives to others: the transformations of RFC 5025 3.3, under its names.
 * Pure. */
#ifndef MAPPING_PRESENCE_PROVIDE_H
#define MAPPING_PRESENCE_PROVIDE_H

#include "simple/doc/pidf.h"

/* RFC 5025 3.3.2.12: nothing; idle or active; the same with its threshold; and since when. */
enum presence_input { INPUT_NO, INPUT_BARE, INPUT_THRESHOLDS, INPUT_FULL };

struct presence_provide {
    bool services, devices, persons, activities, notes;
    enum presence_input input;
};

/* What both give. */
void presence_provide_both(struct presence_provide *p, const struct presence_provide *and);
/* Leaves out what is not given; what changes is copied into `a`. ERR_NOMEM. */
enum err presence_provide(struct pidf *doc, const struct presence_provide *what, struct arena *a);

#endif
