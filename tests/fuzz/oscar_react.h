/* The gateway's part for a connection that is fuzzed: answers every event as a real one would, with
 * what the event holds, and touches all of that: spans must lie in memory that is there. */
#ifndef TESTS_FUZZ_OSCAR_REACT_H
#define TESTS_FUZZ_OSCAR_REACT_H

#include "oscar/conn.h"

void oscar_react(struct oscar_conn *c, const struct oscar_event *e);
/* Reads every octet. */
void fuzz_touch(struct span s);

#endif
