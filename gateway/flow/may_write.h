/* May one user write to another: the rules of both, as an outcome. */
#ifndef GATEWAY_FLOW_MAY_WRITE_H
#define GATEWAY_FLOW_MAY_WRITE_H

#include "gateway/people/account.h"
#include "mapping/outcome.h"

/* `sender`: the name that rules are asked about; `own`: the sender's account where he is one of
 * ours. OUTCOME_DELIVERED: yes. */
enum outcome may_write(struct account *to, struct span sender, struct account *own);

#endif
