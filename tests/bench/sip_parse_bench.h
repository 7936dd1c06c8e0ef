/* The message that is parsed and how the time is taken, for ours and for the libraries beside it.
 */
#ifndef TESTS_BENCH_SIP_PARSE_BENCH_H
#define TESTS_BENCH_SIP_PARSE_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BODY                                                                                    \
    "The quick brown fox jumps over the lazy dog, and then it does so again, because once was " \
    "not enough for it."
static const char message[] =
    "MESSAGE sip:alicesmith@sip.example.org SIP/2.0\r\n"
    "Via: SIP/2.0/TCP 192.0.2.17:5060;branch=z9hG4bKnashds7a8s7d6;rport\r\n"
    "Max-Forwards: 70\r\n"
    "From: \"Bob Jones\" <sip:bob.jones@example.com>;tag=49583a8sd7\r\n"
    "To: <sip:alicesmith@sip.example.org>\r\n"
    "Call-ID: asd88asd77a83b1c@192.0.2.17\r\n"
    "CSeq: 18734 MESSAGE\r\n"
    "Date: Sat, 13 Nov 2010 23:29:00 GMT\r\n"
    "User-Agent: Example/1.2.3 (Linux)\r\n"
    "Allow: MESSAGE, SUBSCRIBE, NOTIFY, OPTIONS\r\n"
    "Accept: text/plain, message/cpim\r\n"
    "Content-Type: text/plain;charset=UTF-8\r\n"
    "Content-Length: 107\r\n"
    "\r\n" BODY;

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Best of many short rounds: what else the machine does is not what is measured. */
static void measure(const char *what, size_t (*one)(void), int times)
{
    double best = 1e9;
    size_t sum = 0;

    for (int round = 0; round < 300; round++) {
        double from = seconds(), took;

        for (int i = 0; i < times; i++)
            sum += one();
        took = (seconds() - from) / times;
        best = took < best ? took : best;
    }
    printf("%-12s %8.1f ns a message (checksum %zu)\n", what, best * 1e9, sum);
}

#endif
