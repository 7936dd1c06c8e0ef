#include "simple/event/reason.h"

static const char *const words[] = {
    [SIP_REASON_NONE] = "",
#define SUB_REASON(name, word) [SIP_REASON_##name] = (word),
#include "simple/event/packages.def"
};

enum sip_sub_reason sip_reason_parse(struct span word)
{
    for (int i = SIP_REASON_NONE + 1; i < SIP_REASONS; i++) {
        if (span_case_is(word, words[i]))
            return (enum sip_sub_reason)i;
    }
    return SIP_REASON_NONE;
}

const char *sip_reason_word(enum sip_sub_reason reason)
{
    return words[reason];
}
