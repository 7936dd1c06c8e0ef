/* What is wrong with the certificates that peers sign with (identity_keys). */
#ifndef GATEWAY_CONF_CHECK_IDENTITY_H
#define GATEWAY_CONF_CHECK_IDENTITY_H

#include "gateway/conf/errors.h"
#include "gateway/conf/types.h"

/* Reads the files. What could never make a signature good is an error; dates, and keys that nobody
 * asks for, are warnings. */
void conf_check_identity(const struct conf *c, struct conf_errors *errs);

#endif
