/* MESSAGE to AIM sessions, and MESSAGE through a proxy to phones: one sender with a window, two
 * kinds of receivers. */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "tests/bench/load.h"

enum {
    CONNECTIONS_MAX = 1024,
    EVENTS = 256,
    OF_SENDER = 1 << 20,
    OF_PHONE = 1 << 21
};

struct connection {
    int fd;
    SSL *ssl; /* NULL: without TLS */
    struct inbox in;
    struct outbox out;
};

struct sender {
    const struct load *l;
    struct sip_template template;
    int ep, udp;
    struct connection tcp[CONNECTIONS_MAX];
    uint32_t sent;
    uint64_t began;
    uint64_t answered, delivered, stored, refused;
    int last_refusal;
    uint64_t sent_at[SEQ_RING];
    struct latency to_delivery, to_answer;
    struct run run;
    struct aim *sessions; /* the receivers of one kind */
    int phone_udp;        /* the receivers of the other */
    int phone_listen;
    struct connection phone[CONNECTIONS_MAX];
    int phones;
    struct mmsghdr msgs[BATCH];
    struct iovec iov[BATCH];
    struct sockaddr_in names[BATCH];
    uint8_t octets[BATCH][DATAGRAM_MAX];
};

/* ---- out */

/* When it was to be sent. With a pace that is not now: who keeps the sender waiting, pays for it in
 * latency. */
static uint64_t due_at(const struct sender *s, uint32_t seq)
{
    return s->l->pace ? s->began + (uint64_t)seq * 1000000000U / (uint64_t)s->l->pace : now_ns();
}

static void send_datagrams(struct sender *s, unsigned count)
{
    struct sockaddr_in to = loopback(s->l->sip);

    for (unsigned done = 0; done < count;) {
        unsigned n = count - done < BATCH ? count - done : BATCH;

        for (unsigned i = 0; i < n; i++) {
            uint32_t seq = s->sent++;

            sip_message(&s->template, (char *)s->octets[i], seq,
                        (int)(seq % (unsigned)s->l->sessions));
            s->sent_at[seq % SEQ_RING] = due_at(s, seq);
            s->iov[i] = (struct iovec){s->octets[i], MESSAGE_OCTETS};
            s->msgs[i].msg_hdr = (struct msghdr){
                .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &s->iov[i], .msg_iovlen = 1};
        }
        if (sendmmsg(s->udp, s->msgs, n, 0) != (int)n)
            fail("not all datagrams could be sent");
        done += n;
    }
}

static void flush(struct connection *c)
{
    if (c->out.n == 0)
        return;
    if (c->ssl)
        secure_flush(c->ssl, &c->out);
    else
        outbox_flush(&c->out, c->fd);
}

static void send_streams(struct sender *s, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint32_t seq = s->sent++;
        struct connection *c = &s->tcp[seq % (unsigned)s->l->connections];

        sip_message(&s->template, (char *)outbox_room(&c->out, MESSAGE_OCTETS), seq,
                    (int)(seq % (unsigned)s->l->sessions));
        c->out.n += MESSAGE_OCTETS;
        s->sent_at[seq % SEQ_RING] = due_at(s, seq);
    }
    for (int i = 0; i < s->l->connections; i++)
        flush(&s->tcp[i]);
}

static void fill_window(struct sender *s)
{
    unsigned open = s->sent - (uint32_t)s->answered;
    unsigned count = open < (unsigned)s->l->window ? (unsigned)s->l->window - open : 0;

    if (s->l->pace) {
        uint64_t due = (now_ns() - s->began) * (uint64_t)s->l->pace / 1000000000U;
        unsigned late = due > s->sent ? (unsigned)(due - s->sent) : 0;

        count = count < late ? count : late;
    }
    if (count == 0)
        return;
    if (s->l->tcp)
        send_streams(s, count);
    else
        send_datagrams(s, count);
}

/* ---- answers */

static void take_answer(struct sender *s, const uint8_t *p, size_t n)
{
    int status = sip_status(p, n);
    uint32_t seq;

    if (status < 200 || !sip_seq(p, n, &seq))
        return;
    s->answered++;
    s->stored += status == 202;
    if (status >= 300) {
        s->refused++;
        s->last_refusal = status;
    }
    latency_add(&s->to_answer, now_ns() - s->sent_at[seq % SEQ_RING]);
}

static int read_datagrams(struct sender *s, int fd)
{
    for (int i = 0; i < BATCH; i++) {
        s->iov[i] = (struct iovec){s->octets[i], DATAGRAM_MAX};
        s->msgs[i].msg_hdr = (struct msghdr){.msg_name = &s->names[i],
                                             .msg_namelen = sizeof s->names[i],
                                             .msg_iov = &s->iov[i],
                                             .msg_iovlen = 1};
    }
    return recvmmsg(fd, s->msgs, BATCH, MSG_DONTWAIT, NULL);
}

static void on_answers(struct sender *s)
{
    int n = read_datagrams(s, s->udp);

    for (int i = 0; i < n; i++)
        take_answer(s, s->octets[i], s->msgs[i].msg_len);
}

static void on_answer_stream(struct sender *s, struct connection *c)
{
    size_t at = 0, n;

    if (c->ssl)
        secure_read(c->ssl, &c->in);
    else
        (void)inbox_read(&c->in, c->fd, "SIP");
    while ((n = sip_frame(c->in.p + at, c->in.n - at)) > 0) {
        take_answer(s, c->in.p + at, n);
        at += n;
    }
    inbox_drop(&c->in, at);
}

/* ---- receivers */

static void note_delivery(struct sender *s, const uint8_t *p, size_t n)
{
    uint32_t seq;

    if (!text_seq(p, n, &seq))
        fail("a message without its number arrived");
    s->delivered++;
    latency_add(&s->to_delivery, now_ns() - s->sent_at[seq % SEQ_RING]);
}

static void on_session(struct sender *s, struct aim *a)
{
    struct snac snac;
    size_t at = 0;

    (void)inbox_read(&a->in, a->fd, "AIM");
    for (; aim_next(a, at, &snac); at += snac.used)
        if (snac.family == 4 && snac.subtype == 7)
            note_delivery(s, snac.body, snac.n);
    inbox_drop(&a->in, at);
}

static void on_phone_datagrams(struct sender *s)
{
    static uint8_t answers[BATCH][DATAGRAM_MAX + 64];
    int n = read_datagrams(s, s->phone_udp), count = 0;

    for (int i = 0; i < n; i++) {
        if (sip_status(s->octets[i], s->msgs[i].msg_len))
            continue;
        note_delivery(s, s->octets[i], s->msgs[i].msg_len);
        s->iov[count] = (struct iovec){
            answers[count], sip_answer(s->octets[i], s->msgs[i].msg_len, answers[count])};
        s->names[count] = s->names[i];
        s->msgs[count].msg_hdr = (struct msghdr){.msg_name = &s->names[count],
                                                 .msg_namelen = sizeof s->names[count],
                                                 .msg_iov = &s->iov[count],
                                                 .msg_iovlen = 1};
        count++;
    }
    if (count > 0 && sendmmsg(s->phone_udp, s->msgs, (unsigned)count, 0) != count)
        fail("not all answers could be sent");
}

static void on_phone_stream(struct sender *s, struct connection *c)
{
    size_t at = 0, n;

    (void)inbox_read(&c->in, c->fd, "a phone");
    while ((n = sip_frame(c->in.p + at, c->in.n - at)) > 0) {
        note_delivery(s, c->in.p + at, n);
        c->out.n += sip_answer(c->in.p + at, n, outbox_room(&c->out, n + 64));
        at += n;
    }
    inbox_drop(&c->in, at);
    outbox_flush(&c->out, c->fd);
}

static void on_phone_call(struct sender *s)
{
    int fd = accept4(s->phone_listen, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
        return;
    if (s->phones == CONNECTIONS_MAX)
        fail("too many connections to phones");
    s->phone[s->phones].fd = fd;
    poll_add(s->ep, fd, OF_PHONE + 2 + (uint64_t)s->phones++);
}

/* ---- a run */

static void dispatch(struct sender *s, uint64_t what)
{
    if (what < OF_SENDER)
        on_session(s, &s->sessions[what]);
    else if (what == OF_SENDER)
        on_answers(s);
    else if (what < OF_PHONE)
        on_answer_stream(s, &s->tcp[what - OF_SENDER - 1]);
    else if (what == OF_PHONE)
        on_phone_datagrams(s);
    else if (what == OF_PHONE + 1)
        on_phone_call(s);
    else
        on_phone_stream(s, &s->phone[what - OF_PHONE - 2]);
}

/* Does not sleep: to wake a sleeping core costs whoever sends to it up to 2 µs on a virtual
 * machine, and no real client sleeps on a core beside its server. */
static void turn(struct sender *s)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(s->ep, events, EVENTS, 0);

    for (int i = 0; i < n; i++)
        dispatch(s, events[i].data.u64);
}

static struct sender *sender_new(const struct load *l)
{
    struct sender *s = calloc(1, sizeof *s);
    SSL_CTX *secure = l->tls ? secure_new(l) : NULL;

    if (!s)
        fail("out of memory");
    s->l = l;
    s->ep = poll_new();
    sip_template(&s->template, l);
    if (!l->tcp) {
        s->udp = udp_socket(l->peer);
        poll_add(s->ep, s->udp, OF_SENDER);
    }
    for (int i = 0; l->tcp && i < l->connections && i < CONNECTIONS_MAX; i++) {
        s->tcp[i].fd = tcp_connect(l->tls ? l->tls : l->sip);
        if (l->tls)
            s->tcp[i].ssl = secure_connect(secure, s->tcp[i].fd);
        poll_add(s->ep, s->tcp[i].fd, OF_SENDER + 1 + (uint64_t)i);
    }
    return s;
}

static void drain(struct sender *s)
{
    uint64_t until = now_ns() + 3000000000ULL;

    while ((s->answered < s->sent || s->delivered + s->stored + s->refused < s->sent) &&
           now_ns() < until)
        turn(s);
}

static uint64_t slowest(const struct sender *s)
{
    return s->to_delivery.slowest > s->to_answer.slowest ? s->to_delivery.slowest
                                                         : s->to_answer.slowest;
}

static int work(struct sender *s)
{
    bool fresh;

    s->began = now_ns();
    run_begin(&s->run, s->l);
    while (run_goes_on(&s->run, s->l, s->answered, &fresh)) {
        if (fresh) {
            memset(&s->to_delivery, 0, sizeof s->to_delivery);
            memset(&s->to_answer, 0, sizeof s->to_answer);
        }
        fill_window(s);
        turn(s);
    }
    printf("{");
    run_print(&s->run, s->l, s->answered);
    drain(s);
    printf(
        ",\"delivered_p50\":%.0f,\"delivered_p99\":%.0f,\"answered_p50\":%.0f,"
        "\"answered_p99\":%.0f,\"slowest\":%llu,\"sent\":%u,\"answered\":%llu,\"delivered\":%llu,"
        "\"stored\":%llu,\"refused\":%llu,\"refusal\":%d}\n",
        latency_at(&s->to_delivery, 0.5), latency_at(&s->to_delivery, 0.99),
        latency_at(&s->to_answer, 0.5), latency_at(&s->to_answer, 0.99),
        (unsigned long long)slowest(s), s->sent, (unsigned long long)s->answered,
        (unsigned long long)s->delivered, (unsigned long long)s->stored,
        (unsigned long long)s->refused, s->last_refusal);
    return 0;
}

int load_messages(const struct load *l)
{
    struct sender *s = sender_new(l);

    s->sessions = aim_sign_on_all(l, s->ep);
    return work(s);
}

/* ---- phones at a proxy */

static void register_phone(const struct load *l, int fd, int number, int port)
{
    char text[DATAGRAM_MAX];
    uint8_t answer[DATAGRAM_MAX];
    ssize_t n;

    n = snprintf(text, sizeof text,
                 "REGISTER sip:%s SIP/2.0\r\n"
                 "Via: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bKreg%d\r\n"
                 "Max-Forwards: 70\r\nFrom: <sip:bench%04d@%s>;tag=r\r\nTo: <sip:bench%04d@%s>\r\n"
                 "Call-ID: r%d-%u\r\nCSeq: 1 REGISTER\r\n"
                 "Contact: <sip:bench%04d@127.0.0.1:%d%s>\r\nExpires: 3600\r\n"
                 "Content-Length: 0\r\n\r\n",
                 l->domain, port, number, number, l->domain, number, l->domain, number, l->run,
                 number, port, l->tcp ? ";transport=tcp" : "");
    if (send(fd, text, (size_t)n, 0) != n)
        fail("REGISTER could not be sent");
    wait_for(fd, false);
    n = recv(fd, answer, sizeof answer, 0);
    if (n <= 0 || sip_status(answer, (size_t)n) != 200)
        fail("REGISTER was refused: %.*s", (int)n, (char *)answer);
}

int load_relay(const struct load *l)
{
    struct sender *s = sender_new(l);
    struct sockaddr_in to = loopback(l->sip);
    int port = l->peer + 1, fd = udp_socket(port), helper = fd;

    if (l->tcp) {
        s->phone_listen = tcp_listen(port);
        poll_add(s->ep, s->phone_listen, OF_PHONE + 1);
    }
    if (connect(helper, (struct sockaddr *)&to, sizeof to) != 0)
        fail("cannot connect");
    for (int i = 0; i < l->sessions; i++)
        register_phone(l, helper, i, port);
    (void)close(helper);
    if (!l->tcp) {
        s->phone_udp = udp_socket(port);
        poll_add(s->ep, s->phone_udp, OF_PHONE);
    }
    return work(s);
}
