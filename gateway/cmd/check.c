/* aimgate check: main has read the configuration and held it against the machine before this runs;
 * what was wrong was told there, with exit status 2. */
#include <stdio.h>

#include "gateway/cmd/cmd.h"

int cmd_check(const struct cmd_context *c)
{
    (void)printf("%s: all is well\n", c->config_path ? c->config_path : "embedded defaults");
    return CMD_DONE;
}
