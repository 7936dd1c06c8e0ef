/* What a client asks of services beside its messages and its list: foodgroups 0x0007 (the account),
 * 0x000F (directory), 0x0010 (icons), 0x0015 (ICQ). */
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

static bool take_account_request(struct oscar_conn *c, const struct snac *s,
                                 struct oscar_event *out)
{
    (void)c;
    out->kind = OSCAR_ACCOUNT_WANTED;
    out->tlvs = s->body;
    return true;
}

static bool take_account_change(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    admin_change_read(s->body, &out->change);
    if (!out->change.has_name && !out->change.has_password && !out->change.has_email) {
        conn_refuse(c, s, SNAC_ERR_BAD_PAYLOAD);
        return false;
    }
    out->kind = OSCAR_ACCOUNT_CHANGE;
    return true;
}

/* Accounts are made by the operator: there is nothing to confirm. */
static bool take_confirm(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    size_t begun = conn_snac_open(c, FOODGROUP_ADMIN, SNAC_ADMIN_CONFIRMED, 0, s->id);

    (void)out;
    buf_u16(&c->out, ADMIN_CONFIRMED_ALREADY);
    conn_snac_close(c, begun);
    return false;
}

static const struct conn_route admin[] = {
    [SNAC_ADMIN_INFO_REQUEST] = {take_account_request, true},
    [SNAC_ADMIN_CHANGE] = {take_account_change, true},
    [SNAC_ADMIN_CONFIRM] = {take_confirm, true},
};

const struct conn_table conn_admin = {admin, sizeof admin / sizeof admin[0]};

static bool take_search(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    (void)c;
    out->kind = OSCAR_DIRECTORY_SEARCH;
    out->tlvs = s->body;
    return true;
}

static const struct conn_route directory[] = {
    [SNAC_DIRECTORY_SEARCH] = {take_search, true},
};

const struct conn_table conn_directory = {directory, sizeof directory / sizeof directory[0]};

static bool take_icq(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    struct icq_request r;

    if (!icq_request_read(s->body, &r)) {
        conn_refuse(c, s, SNAC_ERR_BAD_PAYLOAD);
        return false;
    }
    switch (r.type) {
    case ICQ_OFFLINE_WANTED:
        out->kind = OSCAR_ICQ_OFFLINE;
        out->icq = r.who;
        return true;
    case ICQ_OFFLINE_DELETE: return false; /* they go when they are delivered */
    case ICQ_META:
        if (icq_meta_read(&r, &out->meta)) {
            out->kind = OSCAR_ICQ_META;
            return true;
        }
        conn_refuse(c, s, SNAC_ERR_BAD_PAYLOAD);
        return false;
    default: conn_refuse(c, s, SNAC_ERR_NOT_BY_HOST); return false;
    }
}

static const struct conn_route icq[] = {[SNAC_ICQ_REQUEST] = {take_icq, true}};

const struct conn_table conn_icq = {icq, sizeof icq / sizeof icq[0]};
