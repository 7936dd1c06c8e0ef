/* YAML under the table of keys. Comes in: the octets of a file. Goes out: the fields of a struct
 * conf and all that is wrong with the text. Stays out: files, paths, and what values mean together.
 */
#ifndef GATEWAY_CONF_READER_H
#define GATEWAY_CONF_READER_H

#include "gateway/conf/errors.h"
#include "gateway/conf/types.h"

/* Puts the defaults into *c, then what the text says. c->folder and c->name are set before. */
void conf_read_standards(struct conf *c, struct conf_errors *errs);
void conf_read_text(struct conf *c, struct span text, struct conf_errors *errs);

#endif
