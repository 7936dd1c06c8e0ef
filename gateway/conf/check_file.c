#include "gateway/conf/check_file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/conf/cert.h"

bool conf_check_file(struct conf_errors *errs, struct conf_place at, const char *path)
{
    struct stat st;

    if (!path)
        return false;
    if (stat(path, &st) != 0 || access(path, R_OK) != 0) {
        conf_errors_add(errs, at, "%s: %s; name a file that can be read", path, strerror(errno));
        return false;
    }
    if (!S_ISREG(st.st_mode)) {
        conf_errors_add(errs, at, "%s is no file; name a PEM file", path);
        return false;
    }
    return true;
}

void conf_check_dates(struct conf_errors *errs, struct conf_place at, const X509 *cert, int64_t now)
{
    int64_t ends = cert_ends(cert);
    struct buf what = {0};

    cert_print(&what, cert);
    if (cert_begins(cert) > now)
        conf_errors_warn(errs, at,
                         "a certificate is not good yet: %s; compare its dates with the clock",
                         buf_cstr(&what));
    else if (ends <= now)
        conf_errors_warn(errs, at,
                         "a certificate has expired: %s; renew it, nobody else believes it",
                         buf_cstr(&what));
    else if (ends - now < (int64_t)CERT_WARN_DAYS * 86400)
        conf_errors_warn(errs, at, "a certificate expires in %d days: %s; renew it",
                         (int)((ends - now) / 86400), buf_cstr(&what));
    buf_fini(&what);
}
