#include "gateway/flow/owner.h"

#include <stdlib.h>

#include <openssl/crypto.h>

#include "gateway/flow/directory.h"
#include "gateway/flow/presence.h"
#include "gateway/people/book.h"

/* ---- asked ---- */

void owner_asked(struct aim_session *s, struct account *a, uint32_t id, struct span tlvs)
{
    struct admin_account told = {.registration = tlv_has(tlvs, ADMIN_TLV_REGISTRATION)};
    struct entry e;

    if (tlv_has(tlvs, ADMIN_TLV_NAME))
        told.name = a->formatted;
    if (tlv_has(tlvs, ADMIN_TLV_EMAIL) && directory_of(s->w, a, a->person->key, &e))
        told.email = entry_get(&e, DIRECTORY_ACCOUNT_EMAIL);
    oscar_conn_account(s->conn, id, &told);
    aim_session_dirty(s);
}

static void refuse(struct aim_session *s, uint32_t id, enum admin_error why)
{
    oscar_conn_account_changed(s->conn, id, &(struct admin_account){.error = why});
    aim_session_dirty(s);
}

/* ---- the name and the password ---- */

struct change {
    struct storer_op op;
    uint32_t session, id;
    bool password;     /* else: the name's spelling */
    struct span key;   /* of the account; all behind the struct */
    struct span value; /* sealed, or as it is to be shown */
};

static enum err run_change(struct storer_op *op, struct store *s)
{
    struct change *c = LIST_OF(op, struct change, op);

    return c->password ? users_set_password(s, c->key, c->value)
                       : users_set_formatted(s, c->key, c->value);
}

static void log_changed(struct worker *w, const struct change *c)
{
    struct buf who = {0};

    buf_add(&who, c->key);
    LOG_INFO(&w->log, "aim", "a user changed the own account", "user", buf_cstr(&who), "what",
             c->password ? "password" : "spelling");
    buf_fini(&who);
}

static void done_change(struct storer_op *op, enum err e, void *ctx)
{
    struct change *c = LIST_OF(op, struct change, op);
    struct worker *w = ctx;
    struct aim_session *s;
    struct account *a;

    worker_begin(w);
    s = aim_session_by_id(w->aim_door, c->session);
    a = account_loaded(w, c->key);
    book_changed(w);
    if (!e && a && account_reload(w, a) == OK && !c->password)
        presence_name_changed(w, a);
    if (!e)
        log_changed(w, c);
    if (s && e)
        refuse(s, c->id, ADMIN_UNAVAILABLE);
    else if (s) {
        oscar_conn_account_changed(
            s->conn, c->id,
            &(struct admin_account){.name = a && !c->password ? a->formatted : (struct span){0}});
        aim_session_dirty(s);
    }
    free(c);
}

static void submit(struct aim_session *s, const struct account *a, uint32_t id, bool password,
                   struct span value)
{
    struct change *c = calloc(1, sizeof *c + a->person->key.n + value.n);
    uint8_t *bytes = (uint8_t *)(c + 1);

    if (!c) {
        refuse(s, id, ADMIN_UNAVAILABLE);
        return;
    }
    c->key = span_place(&bytes, a->person->key);
    c->value = span_place(&bytes, value);
    c->session = s->id;
    c->id = id;
    c->password = password;
    c->op =
        (struct storer_op){.run = run_change, .done = done_change, .bytes = sizeof *c + value.n};
    worker_write(s->w, &c->op);
}

static void change_name(struct aim_session *s, struct account *a, uint32_t id, struct span name)
{
    if (name.n > SCREEN_NAME_MAX)
        refuse(s, id, ADMIN_NAME_LENGTH);
    else if (!name_same(name, a->person->key))
        refuse(s, id, ADMIN_OTHER_NAME);
    else if (name_registrable(name) == NAME_BAD && !span_eq(name, a->person->key))
        refuse(s, id, ADMIN_BAD_NAME);
    else
        submit(s, a, id, false, name);
}

/* Clients send at most the first 16 characters of what was typed. */
static bool is_old_password(struct aim_session *s, const struct account *a, struct span typed)
{
    enum { SENT_MAX = 16 };
    struct buf held = {0};
    bool same = false;

    if (account_password(s->w, a->person->key, &held) == OK) {
        struct span old = buf_span(&held);

        if (typed.n == SENT_MAX)
            old = span_first(old, SENT_MAX);
        same = old.n > 0 && old.n == typed.n && CRYPTO_memcmp(old.p, typed.p, old.n) == 0;
    }
    seal_wipe(&held);
    return same;
}

static void change_password(struct aim_session *s, struct account *a, uint32_t id,
                            const struct admin_change *c)
{
    struct buf sealed = {0};
    enum err e = OK;

    if (s->wrong_passwords >= OWNER_WRONG_MAX) {
        e = ERR_BUSY;
    } else if (!is_old_password(s, a, c->old_password)) {
        s->wrong_passwords++;
        refuse(s, id, ADMIN_WRONG_OLD_PASSWORD);
    } else if (password_fault(c->password)) {
        refuse(s, id, ADMIN_BAD_PASSWORD);
    } else {
        e = seal(&s->w->key, c->password, a->person->key, &sealed);
        if (!e)
            submit(s, a, id, true, buf_span(&sealed));
    }
    if (e)
        refuse(s, id, ADMIN_UNAVAILABLE);
    buf_fini(&sealed);
}

/* ---- the e-mail address: the user's own note, nothing is sent there ---- */

static void told_email(struct worker *w, uint32_t session, uint32_t id, enum err e)
{
    struct aim_session *s = aim_session_by_id(w->aim_door, session);
    struct account *a = s ? s->account ? s->account : s->serves : NULL;
    struct entry now;

    if (!a)
        return;
    if (e || !directory_of(w, a, a->person->key, &now)) {
        refuse(s, id, ADMIN_UNAVAILABLE);
        return;
    }
    oscar_conn_account_changed(
        s->conn, id, &(struct admin_account){.email = entry_get(&now, DIRECTORY_ACCOUNT_EMAIL)});
    aim_session_dirty(s);
}

static void change_email(struct aim_session *s, struct account *a, uint32_t id, struct span email)
{
    struct entry own = {0};
    size_t at = span_find(email, '@');

    if (at == 0 || at + 1 >= email.n || email.n > DIRECTORY_VALUE_MAX) {
        refuse(s, id, ADMIN_BAD_EMAIL);
        return;
    }
    entry_put(s->w, &own, DIRECTORY_ACCOUNT_EMAIL, email);
    directory_keep(s, a, &own, id, told_email);
}

void owner_change(struct aim_session *s, struct account *a, uint32_t id,
                  const struct admin_change *c)
{
    if (c->has_password)
        change_password(s, a, id, c);
    else if (c->has_name)
        change_name(s, a, id, c->name);
    else
        change_email(s, a, id, c->email);
}

/* ---- authorisation ---- */

struct wish {
    struct storer_op op;
    bool on;
    struct span key; /* behind the struct */
};

static enum err run_wish(struct storer_op *op, struct store *s)
{
    struct wish *q = LIST_OF(op, struct wish, op);
    struct arena a = {0};
    struct user_row u;
    enum err e = users_find(s, q->key, &a, &u);

    if (!e) {
        u.settings[USER_authorisation] = q->on;
        e = users_set_settings(s, q->key, u.settings);
    }
    arena_fini(&a);
    return e;
}

static void done_wish(struct storer_op *op, enum err e, void *ctx)
{
    struct wish *q = LIST_OF(op, struct wish, op);
    struct worker *w = ctx;
    struct account *a;

    worker_begin(w);
    a = account_loaded(w, q->key);
    if (e)
        LOG_ERROR(&w->log, "store", "a user's wish to be asked was not kept", "why", err_text(e),
                  "do", "look at the disk of the data folder");
    else if (a && account_reload(w, a) == OK)
        presence_rules_changed(w, a);
    free(q);
}

void owner_authorises(struct aim_session *s, bool on)
{
    struct span key = s->account->person->key;
    struct wish *q;

    if (!s->account->icq || s->account->authorises == on)
        return; /* libpurple says it at each sign-on */
    q = calloc(1, sizeof *q + key.n);
    if (!q)
        return;
    q->key = span_behind(q + 1, key);
    q->on = on;
    q->op = (struct storer_op){.run = run_wish, .done = done_wish, .several = true, .bytes = 512};
    worker_write(s->w, &q->op);
}
