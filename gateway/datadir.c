#include "gateway/datadir.h"

#include <errno.h>
#include <sys/stat.h>

void datadir_path(const char *folder, const char *file, struct buf *out)
{
    buf_fmt(out, "%s/%s", folder, file);
}

enum err datadir_make(const char *folder)
{
    return mkdir(folder, 0700) == 0 || errno == EEXIST ? OK : ERR_IO;
}
