/* What a client says about its lists: foodgroups 0x0003 (buddy), 0x0009 (permit and deny), 0x0013
 * (feedbag). */
#include "oscar/conn_priv.h"
#include "oscar/foodgroup/buddy.h"
#include "oscar/foodgroup/permit.h"

static bool take_buddy_rights(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    size_t begun = conn_snac_open(c, FOODGROUP_BUDDY, SNAC_BUDDY_RIGHTS, 0, s->id);

    (void)out;
    buddy_rights_write(&c->out);
    conn_snac_close(c, begun);
    return false;
}

static bool take_buddies(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    bool temporary =
        s->subtype == SNAC_BUDDY_ADD_TEMPORARY || s->subtype == SNAC_BUDDY_REMOVE_TEMPORARY;

    out->kind = OSCAR_BUDDIES;
    out->names = (struct oscar_names){
        .list = s->body,
        .remove = s->subtype == SNAC_BUDDY_REMOVE || s->subtype == SNAC_BUDDY_REMOVE_TEMPORARY,
        .temporary = temporary,
    };
    if (s->subtype == SNAC_BUDDY_ADD)
        conn_list_used(c);
    return s->body.n > 0;
}

static const struct conn_route buddy[] = {
    [SNAC_BUDDY_RIGHTS_REQUEST] = {take_buddy_rights, true},
    [SNAC_BUDDY_ADD] = {take_buddies, false},
    [SNAC_BUDDY_REMOVE] = {take_buddies, false},
    [SNAC_BUDDY_WATCHERS_REQUEST] = {conn_take_ignore, false},
    [SNAC_BUDDY_WATCHERS] = {conn_take_ignore, false},
    [SNAC_BUDDY_WATCHER_SUBSCRIBE] = {conn_take_ignore, false},
    [SNAC_BUDDY_WATCHER_NOTICE] = {conn_take_ignore, false},
    [SNAC_BUDDY_ADD_TEMPORARY] = {take_buddies, false},
    [SNAC_BUDDY_REMOVE_TEMPORARY] = {take_buddies, false},
};

const struct conn_table conn_buddy = {buddy, sizeof buddy / sizeof buddy[0]};

static bool take_permit_rights(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    size_t begun = conn_snac_open(c, FOODGROUP_PERMIT, SNAC_PERMIT_RIGHTS, 0, s->id);

    (void)out;
    permit_rights_write(&c->out);
    conn_snac_close(c, begun);
    return false;
}

static bool take_permit(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    uint16_t sub = s->subtype;

    (void)c;
    out->kind =
        sub == SNAC_PERMIT_DENY_ADD || sub == SNAC_PERMIT_DENY_REMOVE ? OSCAR_DENY : OSCAR_PERMIT;
    out->names = (struct oscar_names){
        .list = s->body,
        .remove = sub == SNAC_PERMIT_PERMIT_REMOVE || sub == SNAC_PERMIT_DENY_REMOVE ||
                  sub == SNAC_PERMIT_TEMPORARY_REMOVE,
        .temporary = sub == SNAC_PERMIT_TEMPORARY_ADD || sub == SNAC_PERMIT_TEMPORARY_REMOVE,
    };
    return s->body.n > 0;
}

static const struct conn_route permit[] = {
    [SNAC_PERMIT_RIGHTS_REQUEST] = {take_permit_rights, true},
    [SNAC_PERMIT_GROUP_MASK] = {conn_take_ignore, false}, /* libfaim and BitlBee: everybody */
    [SNAC_PERMIT_PERMIT_ADD] = {take_permit, false},
    [SNAC_PERMIT_PERMIT_REMOVE] = {take_permit, false},
    [SNAC_PERMIT_DENY_ADD] = {take_permit, false},
    [SNAC_PERMIT_DENY_REMOVE] = {take_permit, false},
    [SNAC_PERMIT_TEMPORARY_ADD] = {take_permit, false},
    [SNAC_PERMIT_TEMPORARY_REMOVE] = {take_permit, false},
};

const struct conn_table conn_permit = {permit, sizeof permit / sizeof permit[0]};

static bool take_feedbag_rights(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    size_t begun = conn_snac_open(c, FOODGROUP_FEEDBAG, SNAC_FEEDBAG_RIGHTS, 0, s->id);

    (void)out;
    feedbag_rights_write(&c->out);
    conn_snac_close(c, begun);
    return false;
}

static bool take_get(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    c->feedbag = true;
    out->kind = OSCAR_FEEDBAG_GET;
    if (s->subtype == SNAC_FEEDBAG_GET_IF_NEWER)
        feedbag_copy_read(s->body, &out->copy);
    return true;
}

static bool take_use(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    (void)s;
    c->feedbag = true;
    out->kind = OSCAR_LIST_USED;
    out->online = c->online;
    conn_list_used(c);
    return true;
}

/* Every edit needs its status: libpurple makes no other before that. */
static bool take_edit(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    struct span items = s->body;
    struct feedbag_item first;

    if (!feedbag_item_next(&items, &first)) {
        conn_refuse(c, s, SNAC_ERR_BAD_PAYLOAD);
        return false;
    }
    c->feedbag = true;
    out->kind = OSCAR_FEEDBAG_EDIT;
    out->edit.op = (enum feedbag_op)s->subtype;
    out->edit.items = s->body;
    return true;
}

static bool take_auth(struct oscar_conn *c, const struct snac *s, struct oscar_event *out)
{
    (void)c;
    out->kind = OSCAR_AUTH;
    return feedbag_auth_read(s->subtype, s->body, &out->auth);
}

static const struct conn_route feedbag[] = {
    [SNAC_FEEDBAG_RIGHTS_REQUEST] = {take_feedbag_rights, true},
    [SNAC_FEEDBAG_GET] = {take_get, true},
    [SNAC_FEEDBAG_GET_IF_NEWER] = {take_get, true},
    [SNAC_FEEDBAG_USE] = {take_use, false},
    [SNAC_FEEDBAG_INSERT_ITEM] = {take_edit, true},
    [SNAC_FEEDBAG_UPDATE_ITEM] = {take_edit, true},
    [SNAC_FEEDBAG_DELETE_ITEM] = {take_edit, true},
    [SNAC_FEEDBAG_CLUSTER_START] = {conn_take_ignore, false}, /* edits take effect one by one */
    [SNAC_FEEDBAG_CLUSTER_END] = {conn_take_ignore, false},
    [SNAC_FEEDBAG_AUTH_GRANT] = {take_auth, false},
    [SNAC_FEEDBAG_DELETE_ME] = {conn_take_ignore, false},
    [SNAC_FEEDBAG_AUTH_REQUEST] = {take_auth, false},
    [SNAC_FEEDBAG_AUTH_ANSWER] = {take_auth, false},
};

const struct conn_table conn_feedbag = {feedbag, sizeof feedbag / sizeof feedbag[0]};
