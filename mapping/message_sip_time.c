/* When a message was written and when it ends (M-704, M-708). */
#include "mapping/message_sip.h"
#include "simple/doc/xml_time.h"

enum { DAY = 24 * 3600, EXPIRY_MAX = 14 * DAY };

/* A sender's clock is believed within a day of ours. */
static bool is_near(int64_t t, int64_t receipt)
{
    return t != 0 && t >= receipt - DAY && t <= receipt + DAY;
}

int64_t message_sent_time(int64_t cpim_date, int64_t date, int64_t receipt)
{
    if (is_near(cpim_date, receipt))
        return cpim_date;
    return is_near(date, receipt) ? date : receipt;
}

int64_t message_expiry(int64_t date, int64_t receipt, int64_t expires)
{
    int64_t from = is_near(date, receipt) ? date : receipt;

    return from + (expires < 0 || expires > EXPIRY_MAX ? EXPIRY_MAX : expires);
}

void message_sent_prefix(struct buf *out, int64_t sent)
{
    struct buf time = {0};

    xml_time_print(&time, sent); /* 2001-07-23T14:00:05Z */
    BUF_LIT(out, "[sent ");
    buf_add(out, span_first(buf_span(&time), 10));
    buf_u8(out, ' ');
    buf_add(out, span_first(span_skip(buf_span(&time), 11), 5));
    BUF_LIT(out, " UTC] ");
    out->bad = out->bad || time.bad;
    buf_fini(&time);
}
