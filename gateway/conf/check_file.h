/* What is wrong with a file that the configuration names, and with the dates of a certificate in
 * it: for all kinds of certificates that are checked. */
#ifndef GATEWAY_CONF_CHECK_FILE_H
#define GATEWAY_CONF_CHECK_FILE_H

#include <openssl/x509.h>

#include "gateway/conf/errors.h"

/* Can it be read? False: it was told, or `path` is NULL. */
bool conf_check_file(struct conf_errors *errs, struct conf_place at, const char *path);
/* Warns where it is not good at `now` (Unix seconds), or will not be for long. */
void conf_check_dates(struct conf_errors *errs, struct conf_place at, const X509 *cert,
                      int64_t now);

#endif
