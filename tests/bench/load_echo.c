/* The floor: datagrams to a program that sends them back unread, by ones or in batches. */

#include "tests/bench/load.h"

int echo_plain(const struct load *l)
{
    int fd = udp_socket(l->sip);
    static uint8_t octets[DATAGRAM_MAX];

    for (;;) {
        struct sockaddr_in from;
        socklen_t len = sizeof from;
        ssize_t n = recvfrom(fd, octets, sizeof octets, 0, (struct sockaddr *)&from, &len);

        if (n >= 0)
            (void)sendto(fd, octets, (size_t)n, 0, (struct sockaddr *)&from, len);
        else
            wait_for(fd, false);
    }
}

struct batch {
    struct mmsghdr msgs[BATCH];
    struct iovec iov[BATCH];
    struct sockaddr_in names[BATCH];
    uint8_t octets[BATCH][DATAGRAM_MAX];
};

static int receive(struct batch *b, int fd)
{
    for (int i = 0; i < BATCH; i++) {
        b->iov[i] = (struct iovec){b->octets[i], DATAGRAM_MAX};
        b->msgs[i].msg_hdr = (struct msghdr){.msg_name = &b->names[i],
                                             .msg_namelen = sizeof b->names[i],
                                             .msg_iov = &b->iov[i],
                                             .msg_iovlen = 1};
    }
    return recvmmsg(fd, b->msgs, BATCH, MSG_DONTWAIT, NULL);
}

int echo_batch(const struct load *l)
{
    static struct batch b;
    int fd = udp_socket(l->sip);

    for (;;) {
        int n = receive(&b, fd);

        for (int i = 0; i < n; i++)
            b.iov[i].iov_len = b.msgs[i].msg_len;
        if (n > 0)
            (void)sendmmsg(fd, b.msgs, (unsigned)n, 0);
        else
            wait_for(fd, false);
    }
}

int load_echo(const struct load *l)
{
    static struct batch b;
    struct sockaddr_in to = loopback(l->sip);
    int fd = udp_socket(l->peer);
    uint64_t sent = 0, back = 0;
    struct run run;
    bool fresh;

    run_begin(&run, l);
    while (run_goes_on(&run, l, back, &fresh)) {
        int n = l->window - (int)(sent - back);

        for (int i = 0; i < n && i < BATCH; i++) {
            b.iov[i] = (struct iovec){b.octets[i], MESSAGE_OCTETS};
            b.msgs[i].msg_hdr = (struct msghdr){
                .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &b.iov[i], .msg_iovlen = 1};
        }
        if (n > 0)
            n = sendmmsg(fd, b.msgs, (unsigned)(n < BATCH ? n : BATCH), 0);
        sent += (uint64_t)(n > 0 ? n : 0);
        wait_for(fd, false);
        n = receive(&b, fd);
        back += (uint64_t)(n > 0 ? n : 0);
    }
    printf("{");
    run_print(&run, l, back);
    printf("}\n");
    return 0;
}
