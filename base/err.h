/* Every way to fail, as a value with words. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err {
    OK = 0,
#define ERR(name, text) ERR_##name,
#include "base/err.def"
#undef ERR
    ERR__COUNT
};

const char *err_text(enum err e); /* never NULL */

#endif
