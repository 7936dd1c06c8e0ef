/* TLS for the senders of the load generator, with a certificate of our domain; and connections
 * under TLS that do nothing. */
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "tests/bench/load.h"

enum { READ_STEP = 65536 };

SSL_CTX *secure_new(const struct load *l)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    if (!ctx)
        fail("no TLS");
    if (l->certificate && (SSL_CTX_use_certificate_chain_file(ctx, l->certificate) != 1 ||
                           SSL_CTX_use_PrivateKey_file(ctx, l->key, SSL_FILETYPE_PEM) != 1))
        fail("the certificate %s cannot be used", l->certificate);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    return ctx;
}

/* Waits for what OpenSSL waits for; false: it waits for nothing. */
static bool wait_as_told(SSL *ssl, int r)
{
    int what = SSL_get_error(ssl, r);

    if (what != SSL_ERROR_WANT_READ && what != SSL_ERROR_WANT_WRITE)
        return false;
    wait_for(SSL_get_fd(ssl), what == SSL_ERROR_WANT_WRITE);
    return true;
}

SSL *secure_connect(SSL_CTX *ctx, int fd)
{
    SSL *ssl = SSL_new(ctx);
    int r;

    if (!ssl || SSL_set_fd(ssl, fd) != 1)
        fail("no TLS");
    while ((r = SSL_connect(ssl)) != 1)
        if (!wait_as_told(ssl, r))
            fail("the TLS handshake failed");
    return ssl;
}

void secure_read(SSL *ssl, struct inbox *b)
{
    int n;

    do {
        n = SSL_read(ssl, inbox_room(b, READ_STEP), READ_STEP);
        if (n > 0)
            b->n += (size_t)n;
    } while (n > 0);
    if (SSL_get_error(ssl, n) != SSL_ERROR_WANT_READ)
        fail("SIP: TLS was closed by the other side");
}

void secure_flush(SSL *ssl, struct outbox *b)
{
    size_t at = 0;

    while (at < b->n) {
        int n = SSL_write(ssl, b->p + at, (int)(b->n - at));

        if (n > 0)
            at += (size_t)n;
        else if (!wait_as_told(ssl, n))
            fail("SIP: nothing can be written under TLS");
    }
    b->n = 0;
}

int load_secure(const struct load *l)
{
    SSL_CTX *ctx = secure_new(l);
    struct pollfd end = {.fd = STDIN_FILENO, .events = POLLIN};
    SSL **all = calloc((size_t)l->connections, sizeof *all);

    for (int i = 0; all && i < l->connections; i++)
        all[i] = secure_connect(ctx, tcp_connect(l->tls));
    printf("{\"connections\":%d}\n", l->connections);
    (void)fflush(stdout);
    (void)poll(&end, 1, -1);
    return 0;
}
