#include "gateway/welcome.h"

#include "base/buf.h"

/* A word for the shell: as it is, or in single quotes. */
static void put_word(struct buf *b, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "/._-+,:@%";

    if (word[0] && word[strspn(word, plain)] == 0) {
        buf_str(b, word);
        return;
    }
    buf_u8(b, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            buf_str(b, "'\\'");
        buf_u8(b, (uint8_t)*word);
    }
    buf_u8(b, '\'');
}

/* "/path/aimgate", and "--config FILE" where one is used. */
static void put_call(struct buf *b, const char *program, const char *config_path)
{
    put_word(b, program);
    if (config_path) {
        buf_str(b, " --config ");
        put_word(b, config_path);
    }
}

/* Each address between `before` and `behind`. */
static void put_listener(struct buf *b, const char *what, const char *before, const char *behind,
                         const struct conf_addresses *list)
{
    if (list->n == 0)
        return;
    buf_fmt(b, "  %-11s ", what);
    for (size_t i = 0; i < list->n; i++)
        buf_fmt(b, "%s%s%s%s", i ? ", " : "", before, list->at[i].text, behind);
    buf_str(b, "\n");
}

static void put_where(struct buf *b, const struct conf *c)
{
    buf_fmt(b, "aimgate " AIMGATE_VERSION " serves %s\n\n", c->domain);
    put_listener(b, "AIM", "", "", &c->oscar.listen);
    put_listener(b, "SIP (UDP)", "", "", &c->sip.udp);
    put_listener(b, "SIP (TCP)", "", "", &c->sip.tcp);
    put_listener(b, "console", "http://", "/", &c->admin.listen);
    buf_fmt(b, "  %-11s %s\n", "data", c->data);
    buf_fmt(b, "  %-11s %s\n\n", "settings", c->path ? c->path : "the embedded defaults");
}

static void put_steps(struct buf *b, const char *call)
{
    buf_fmt(b,
            "The first message, from other terminals:\n\n"
            "  1. Add two users (each asks for a password):\n"
            "       %s user add alice\n"
            "       %s user add bob\n"
            "  2. Sign on, each in a terminal of its own:\n"
            "       %s aim alice\n"
            "       %s sip bob\n"
            "  3. In alice's, type /add bob, then bob: hello\n\n",
            call, call, call, call);
}

/* A server name and a port, apart: that is how clients ask for them. */
static void put_server(struct buf *b, const char *text)
{
    struct span s = span_str(text);
    size_t colon = s.n;

    while (colon > 0 && s.p[colon - 1] != ':')
        colon--;
    buf_fmt(b, "server %.*s, port %s", (int)(colon ? colon - 1 : 0), text, text + colon);
}

static void put_clients(struct buf *b, const struct conf *c)
{
    const struct conf_addresses *sip = c->sip.udp.n ? &c->sip.udp : &c->sip.tcp;

    if (c->oscar.listen.n) {
        buf_str(b, "Your own AIM client: ");
        put_server(b, c->oscar.listen.at[0].text);
        buf_str(b, ", no encryption; screen name alice.\n");
    }
    if (sip->n)
        buf_fmt(b,
                "Your own SIP phone: address sip:bob@%s, user name bob, registrar and proxy\n"
                "  sip:%s;transport=%s\n",
                c->domain, sip->at[0].text, sip == &c->sip.udp ? "udp" : "tcp");
    buf_str(b, "Stop it with Ctrl-C.\n\n");
}

void welcome_print(FILE *to, const struct conf *conf, const char *program, const char *config_path)
{
    struct buf b = {.max = 65536}, call = {.max = 16384};

    put_call(&call, program, config_path);
    put_where(&b, conf);
    put_steps(&b, buf_cstr(&call));
    put_clients(&b, conf);
    if (buf_ok(&b) && buf_ok(&call))
        (void)fputs(buf_cstr(&b), to);
    (void)fflush(to);
    buf_fini(&b);
    buf_fini(&call);
}
