/* What a client asks of services beside its messages and its list: foodgroup 0x0010 (icons). They
 * are answered on BOS and on a connection of their own alike. */
#include "oscar/conn_priv.h"

static bool take_upload(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    if (!bart_upload_read(s->body, &out->icon)) {
        conn_refuse(c, s, SNAC_ERR_BAD_PAYLOAD);
        return false;
    }
    out->kind = OSCAR_ICON_SET;
    return true;
}

static bool take_download(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    if (!bart_query_read(s->body, s->subtype == SNAC_BART_DOWNLOAD_LONG, &out->icon_query)) {
        conn_refuse(c, s, SNAC_ERR_BAD_PAYLOAD);
        return false;
    }
    out->kind = OSCAR_ICON_WANTED;
    return true;
}

static const struct conn_route bart[] = {
    [SNAC_BART_UPLOAD] = {take_upload, true},
    [SNAC_BART_DOWNLOAD] = {take_download, true},
    [SNAC_BART_DOWNLOAD_LONG] = {take_download, true},
};

const struct conn_table conn_bart = {bart, sizeof bart / sizeof bart[0]};
