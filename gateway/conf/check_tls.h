/* What is wrong with the files of tls:, and with what needs them. */
#ifndef GATEWAY_CONF_CHECK_TLS_H
#define GATEWAY_CONF_CHECK_TLS_H

#include "gateway/conf/errors.h"
#include "gateway/conf/types.h"

/* Reads the files. What keeps TLS from working is an error; what will keep it from working, or may
 * for some peers, is a warning. */
void conf_check_tls(const struct conf *c, struct conf_errors *errs);

#endif
