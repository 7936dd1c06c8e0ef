#include "gateway/seal.h"

#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "db/users.h"

enum { PLAIN_MAX = 4096 };

void seal_key_fini(struct seal_key *key)
{
    OPENSSL_cleanse(key, sizeof *key);
}

void seal_wipe(struct buf *b)
{
    if (b->p)
        OPENSSL_cleanse(b->p, b->cap);
    buf_fini(b);
}

static enum err read_key(int fd, struct seal_key *out)
{
    uint8_t bytes[SEAL_KEY_LEN + 1];
    struct stat st;
    ssize_t n;
    enum err e = OK;

    if (fstat(fd, &st) != 0)
        return ERR_IO;
    if (st.st_mode & 077)
        return ERR_DENIED;
    do
        n = read(fd, bytes, sizeof bytes);
    while (n < 0 && errno == EINTR);
    if (n == SEAL_KEY_LEN)
        memcpy(out->bytes, bytes, SEAL_KEY_LEN);
    else
        e = n < 0 ? ERR_IO : ERR_KEY;
    OPENSSL_cleanse(bytes, sizeof bytes);
    return e;
}

/* The name of a new file is on disk only once its folder is. */
static bool sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool ok = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        (void)close(fd);
    free(folder);
    return ok;
}

/* Under a name of its own first: whoever finds a key at `path` finds all of it. link() fails where
 * another program was first (the O_EXCL of a name that appears whole). */
static enum err make_key(const char *path, struct seal_key *out)
{
    struct buf temp = {0};
    const char *name;
    enum err e = ERR_IO;
    int fd;

    buf_fmt(&temp, "%s.%ld.new", path, (long)getpid());
    name = buf_cstr(&temp);
    (void)unlink(name);
    fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0 && RAND_bytes(out->bytes, SEAL_KEY_LEN) == 1 &&
        write(fd, out->bytes, SEAL_KEY_LEN) == SEAL_KEY_LEN && fsync(fd) == 0) {
        if (link(name, path) == 0)
            e = sync_folder(path) ? OK : ERR_IO;
        else
            e = errno == EEXIST ? ERR_EXISTS : ERR_IO;
    }
    if (fd >= 0) {
        (void)close(fd);
        (void)unlink(name);
    }
    buf_fini(&temp);
    return e;
}

static enum err open_existing(const char *path, struct seal_key *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum err e;

    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    e = read_key(fd, out);
    (void)close(fd);
    return e;
}

enum err seal_open_key(const char *path, bool create, struct seal_key *out)
{
    enum err e = open_existing(path, out);

    if (e != ERR_NOT_FOUND || !create)
        return e;
    e = make_key(path, out);
    return e == ERR_EXISTS ? open_existing(path, out) : e;
}

/* The password of any one user tells whether it is the right key. */
static enum err check_key(struct store *s, const struct seal_key *key, bool *any)
{
    struct cursor c;
    struct user_row row;
    struct buf plain = {0};
    enum err e = users_list(s, &c), closed;

    *any = e == OK && users_next(&c, &row);
    if (*any)
        e = key ? unseal(key, row.password, row.name, &plain) : ERR_KEY;
    closed = cursor_close(&c);
    seal_wipe(&plain);
    return e == OK ? closed : e;
}

enum err seal_open_key_for(struct store *s, const char *path, struct seal_key *out)
{
    bool any = false;
    enum err e = seal_open_key(path, false, out);

    if (e == OK)
        return check_key(s, out, &any);
    if (e != ERR_NOT_FOUND)
        return e;
    e = check_key(s, NULL, &any); /* a new key would open none of the passwords that are there */
    return e == OK ? seal_open_key(path, true, out) : e;
}

void seal_explain(enum err e, const char *path, struct buf *out)
{
    switch (e) {
    case ERR_NOT_FOUND:
        buf_fmt(out, "there is no key file %s; restore it from a backup", path);
        return;
    case ERR_DENIED:
        buf_fmt(out, "the key file %s can be read by others; chmod 600 it", path);
        return;
    case ERR_KEY:
        buf_fmt(out,
                "the key file %s is missing or is not the one the passwords in the database were "
                "sealed with; restore the one that belongs to this database",
                path);
        return;
    default:
        buf_fmt(out, "the key file %s cannot be read or made (%s); check its folder and its owner",
                path, err_text(e));
    }
}

enum err seal(const struct seal_key *key, struct span plain, struct span name, struct buf *out)
{
    size_t from = out->n;
    uint8_t *p;
    EVP_CIPHER_CTX *ctx;
    int n = 0, last = 0;
    bool ok;

    if (plain.n > PLAIN_MAX || name.n > PLAIN_MAX)
        return ERR_RANGE;
    p = buf_room(out, SEAL_NONCE_LEN + plain.n + SEAL_TAG_LEN);
    ctx = EVP_CIPHER_CTX_new();
    if (!p || !ctx) {
        EVP_CIPHER_CTX_free(ctx);
        return ERR_NOMEM;
    }
    ok = RAND_bytes(p, SEAL_NONCE_LEN) == 1 &&
         EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->bytes, p) == 1 &&
         EVP_EncryptUpdate(ctx, NULL, &n, name.p, (int)name.n) == 1 &&
         EVP_EncryptUpdate(ctx, p + SEAL_NONCE_LEN, &n, plain.p, (int)plain.n) == 1 &&
         EVP_EncryptFinal_ex(ctx, p + SEAL_NONCE_LEN + n, &last) == 1 &&
         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, SEAL_TAG_LEN,
                             p + SEAL_NONCE_LEN + plain.n) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (!ok)
        out->n = from;
    return ok ? OK : ERR_INTERNAL;
}

enum err unseal(const struct seal_key *key, struct span sealed, struct span name, struct buf *out)
{
    size_t from = out->n;
    size_t plain_n = sealed.n - SEAL_NONCE_LEN - SEAL_TAG_LEN;
    struct span cipher = span_first(span_skip(sealed, SEAL_NONCE_LEN), plain_n);
    uint8_t tag[SEAL_TAG_LEN];
    EVP_CIPHER_CTX *ctx;
    uint8_t *p;
    int n = 0, last = 0;
    bool ok;

    if (sealed.n < SEAL_NONCE_LEN + SEAL_TAG_LEN || plain_n > PLAIN_MAX || name.n > PLAIN_MAX)
        return ERR_KEY;
    memcpy(tag, sealed.p + sealed.n - SEAL_TAG_LEN, SEAL_TAG_LEN);
    p = buf_room(out, plain_n + 1); /* never no room at all, also for an empty password */
    ctx = EVP_CIPHER_CTX_new();
    if (!p || !ctx) {
        EVP_CIPHER_CTX_free(ctx);
        return ERR_NOMEM;
    }
    ok = EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->bytes, sealed.p) == 1 &&
         EVP_DecryptUpdate(ctx, NULL, &n, name.p, (int)name.n) == 1 &&
         EVP_DecryptUpdate(ctx, p, &n, cipher.p, (int)cipher.n) == 1 &&
         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, SEAL_TAG_LEN, tag) == 1 &&
         EVP_DecryptFinal_ex(ctx, p + n, &last) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (!ok)
        OPENSSL_cleanse(p, plain_n);
    out->n = ok ? from + plain_n : from;
    return ok ? OK : ERR_KEY;
}

const char *password_fault(struct span password)
{
    if (password.n == 0)
        return "is empty";
    if (password.n > PASSWORD_MAX)
        return "is longer than 128 octets";
    if (!utf8_valid(password))
        return "is not UTF-8";
    for (size_t i = 0; i < password.n; i++)
        if (password.p[i] < 0x20 || password.p[i] == 0x7F)
            return "holds a control character";
    return NULL;
}
