/* What the gateway answers as a service beside messages and lists: icons, the account, the
 * directory, ICQ's own requests. */
#include "oscar/conn_priv.h"
#include "oscar/foodgroup/directory.h"

static size_t answer(struct oscar_conn *c, uint16_t foodgroup, uint16_t subtype, uint32_t id)
{
    return conn_snac_open(c, foodgroup, subtype, 0, id);
}

void oscar_conn_icon_kept(struct oscar_conn *c, uint32_t id, enum bart_code code,
                          const struct bart_item *item)
{
    size_t begun = answer(c, FOODGROUP_BART, SNAC_BART_UPLOAD_REPLY, id);

    buf_u8(&c->out, (uint8_t)code);
    bart_write(&c->out, item);
    conn_snac_close(c, begun);
}

void oscar_conn_icon(struct oscar_conn *c, uint32_t id, const struct bart_query *q,
                     struct span image)
{
    enum bart_code code = image.n ? BART_OK : BART_NOT_FOUND;
    size_t begun;

    if (!image.n && !q->newer) {
        oscar_conn_error(c, FOODGROUP_BART, id, &(struct snac_failure){.code = SNAC_ERR_NO_MATCH});
        return;
    }
    begun = answer(c, FOODGROUP_BART,
                   q->newer ? SNAC_BART_DOWNLOAD_LONG_REPLY : SNAC_BART_DOWNLOAD_REPLY, id);
    bart_image_write(&c->out, q, code, image);
    conn_snac_close(c, begun);
}

void oscar_conn_icon_state(struct oscar_conn *c, const struct bart_item *item)
{
    size_t begun =
        conn_snac_open(c, FOODGROUP_OSERVICE, SNAC_OSERVICE_BART_STATUS, 0, conn_server_id(c));

    bart_write(&c->out, item);
    conn_snac_close(c, begun);
}

static void say_account(struct oscar_conn *c, uint16_t subtype, uint32_t id,
                        const struct admin_account *a)
{
    size_t begun = answer(c, FOODGROUP_ADMIN, subtype, id);

    admin_account_write(&c->out, a);
    conn_snac_close(c, begun);
}

void oscar_conn_account(struct oscar_conn *c, uint32_t id, const struct admin_account *a)
{
    say_account(c, SNAC_ADMIN_INFO, id, a);
}

void oscar_conn_account_changed(struct oscar_conn *c, uint32_t id, const struct admin_account *a)
{
    say_account(c, SNAC_ADMIN_CHANGED, id, a);
}

void oscar_conn_entry_set(struct oscar_conn *c, uint32_t id)
{
    size_t begun = answer(c, FOODGROUP_LOCATE, SNAC_LOCATE_SET_DIRECTORY_REPLY, id);

    buf_u16(&c->out, 1);
    conn_snac_close(c, begun);
}

void oscar_conn_entry(struct oscar_conn *c, uint32_t id, struct span tlvs)
{
    size_t begun = answer(c, FOODGROUP_LOCATE, SNAC_LOCATE_GET_DIRECTORY_REPLY, id);

    directory_entry_write(&c->out, tlvs);
    conn_snac_close(c, begun);
}

void oscar_conn_directory_found(struct oscar_conn *c, uint32_t id, struct span entries, uint16_t n)
{
    size_t begun = answer(c, FOODGROUP_DIRECTORY, SNAC_DIRECTORY_FOUND, id);

    directory_found_write(&c->out, entries, n);
    conn_snac_close(c, begun);
}

void oscar_conn_icq_offline_done(struct oscar_conn *c, uint32_t id, const struct icq_id *who)
{
    size_t begun = answer(c, FOODGROUP_ICQ, SNAC_ICQ_REPLY, id);

    icq_offline_done_write(&c->out, who);
    conn_snac_close(c, begun);
}

void oscar_conn_icq_meta(struct oscar_conn *c, uint32_t id, const struct icq_answer *a, bool more)
{
    size_t begun = conn_snac_open(c, FOODGROUP_ICQ, SNAC_ICQ_REPLY, more ? SNAC_FLAG_MORE : 0, id);

    icq_answer_write(&c->out, a);
    conn_snac_close(c, begun);
}
