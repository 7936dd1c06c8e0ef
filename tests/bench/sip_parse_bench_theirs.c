/* The same as sip_parse_bench.c by sofia-sip and osip2, where they are installed. A program of its
 * own: sofia-sip has functions of the same names as ours. */
#include <string.h>

#include "tests/bench/sip_parse_bench.h"

#ifdef HAVE_SOFIA
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_parser.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/su_alloc.h>
#endif
#ifdef HAVE_OSIP
#include <osipparser2/osip_parser.h>
#endif

#ifdef HAVE_SOFIA
static size_t parse_sofia(void)
{
    msg_t *m = msg_make(sip_default_mclass(), 0, message, (ssize_t)(sizeof message - 1));
    sip_t *sip = m ? sip_object(m) : NULL;
    size_t sum;

    if (!sip || !sip->sip_via || !sip->sip_from || !sip->sip_cseq || !sip->sip_call_id)
        abort();
    sum = strlen(sip->sip_via->v_branch) + strlen(sip->sip_from->a_tag) + sip->sip_cseq->cs_seq +
          strlen(sip->sip_call_id->i_id);
    msg_destroy(m);
    return sum;
}
#endif

#ifdef HAVE_OSIP
static size_t parse_osip(void)
{
    osip_message_t *m;
    osip_generic_param_t *tag = NULL, *branch = NULL;
    osip_via_t *via = NULL;
    size_t sum;

    if (osip_message_init(&m) != 0 || osip_message_parse(m, message, sizeof message - 1) != 0)
        abort();
    osip_message_get_via(m, 0, &via);
    osip_via_param_get_byname(via, "branch", &branch);
    osip_from_get_tag(m->from, &tag);
    sum = strlen(branch->gvalue) + strlen(tag->gvalue) + strlen(m->call_id->number) +
          strlen(m->cseq->number);
    osip_message_free(m);
    return sum;
}
#endif

int main(void)
{
#ifdef HAVE_SOFIA
    measure("sofia-sip", parse_sofia, 1000);
#endif
#ifdef HAVE_OSIP
    parser_init();
    measure("osip2", parse_osip, 1000);
#endif
    return 0;
}
