#include "base/err.h"

const char *err_text(enum err e)
{
    static const char *const texts[] = {
        "all is well",
#define ERR(name, text) text,
#include "base/err.def"
#undef ERR
    };

    return (unsigned)e < ERR__COUNT ? texts[e] : "an unknown error";
}
