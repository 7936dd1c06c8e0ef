/* The locator: each row a zone, a URI, the questions that are asked in their order, and the places
 * in the order of trying. RFC 3261, 3263, 3861, 2782. */
#include "tests/simple/locate_zone.h"

enum {
    PLAIN = LOCATE_OFFER(SIP_TRANSPORT_UDP) | LOCATE_OFFER(SIP_TRANSPORT_TCP),
    ALL = PLAIN | LOCATE_OFFER(SIP_TRANSPORT_TLS),
    EVERY = ALL | LOCATE_OFFER(SIP_TRANSPORT_WS) | LOCATE_OFFER(SIP_TRANSPORT_WSS),
};

static struct rng rng;

static int setup(void **state)
{
    (void)state;
    rng_init_fixed(&rng, 1);
    return 0;
}

/* Runs it to the end; the questions go into `log`. */
static struct locate *run(const char *uri, unsigned offers, const char *const *rows,
                          struct buf *log)
{
    struct zone_answer *a = calloc(1, sizeof *a);
    struct rr_question q;
    struct locate_want want;
    struct locate *l;
    struct sip_uri u;

    assert_true(sip_uri_parse(span_str(uri), &u));
    want = locate_want_of(&u);
    want.offers = offers;
    want.domain_only = u.scheme == SIP_SCHEME_IM || u.scheme == SIP_SCHEME_PRES;
    l = locate_new(&want, &rng);
    assert_non_null(l);
    while (locate_ask(l, &q)) {
        struct rr_answer answer = zone_ask(rows, &q, a);

        buf_fmt(log, "%s%s %.*s", log->n ? ", " : "", rr_type_name(q.type), SPAN_ARG(q.name));
        locate_answer(l, &q, &answer);
    }
    free(a);
    return l;
}

static void print_places(struct buf *b, const struct locate *l)
{
    size_t n;
    const struct locate_place *p = locate_places(l, &n);

    if (n == 0)
        buf_str(b, locate_text(locate_state(l)));
    for (size_t i = 0; i < n; i++) {
        if (i)
            BUF_LIT(b, ", ");
        for (const char *c = sip_transport_name(p[i].transport); *c; c++)
            buf_u8(b, ascii_lower((uint8_t)*c));
        BUF_LIT(b, " ");
        sip_addr_print_hostport(b, &p[i].addr);
    }
}

struct row {
    const char *title, *uri;
    unsigned offers;
    const char *zone[ZONE_ROWS];
    const char *asked; /* NULL: not looked at */
    const char *places;
};

static const struct row rows[] = {
    /* --- RFC 3861: im: and pres: --- */
    {"S-185: im: by _im._sip, RFC 3861 3",
     "im:bob@sip.test",
     PLAIN,
     {"_im._sip.sip.test SRV 0 0 5070 a.sip.test", "a.sip.test A 192.0.2.1",
      "sip.test A 192.0.2.9"},
     "SRV _im._sip.sip.test, AAAA a.sip.test, A a.sip.test",
     "tcp 192.0.2.1:5070, udp 192.0.2.1:5070"},
    {"S-186: pres: by _pres._sip, RFC 3861 3",
     "pres:bob@sip.test",
     PLAIN,
     {"_pres._sip.sip.test SRV 0 0 5071 a.sip.test", "_im._sip.sip.test SRV 0 0 5070 a.sip.test",
      "a.sip.test A 192.0.2.1"},
     "SRV _pres._sip.sip.test, AAAA a.sip.test, A a.sip.test",
     "tcp 192.0.2.1:5071, udp 192.0.2.1:5071"},
    {"S-187: both sets, messages go by theirs, RFC 3861 3",
     "im:bob@sip.test",
     PLAIN,
     {"_pres._sip.sip.test SRV 0 0 5071 b.sip.test", "_im._sip.sip.test SRV 0 0 5070 a.sip.test",
      "a.sip.test A 192.0.2.1", "b.sip.test A 192.0.2.2"},
     NULL,
     "tcp 192.0.2.1:5070, udp 192.0.2.1:5070"},
    {"S-188: the port of TLS means TLS, RFC 3861 5",
     "im:bob@sip.test",
     ALL,
     {"_im._sip.sip.test SRV 0 0 5061 a.sip.test", "_im._sip.sip.test SRV 1 0 5060 b.sip.test",
      "a.sip.test A 192.0.2.1", "b.sip.test A 192.0.2.2"},
     NULL,
     "tls 192.0.2.1:5061, tcp 192.0.2.2:5060, udp 192.0.2.2:5060"},
    {"S-188: TLS is not offered here: only the others",
     "im:bob@sip.test",
     PLAIN,
     {"_im._sip.sip.test SRV 0 0 5061 a.sip.test", "_im._sip.sip.test SRV 1 0 5060 b.sip.test",
      "a.sip.test A 192.0.2.1", "b.sip.test A 192.0.2.2"},
     NULL,
     "tcp 192.0.2.2:5060, udp 192.0.2.2:5060"},
    {"S-188: nothing but TLS, and it is not offered here",
     "im:bob@sip.test",
     PLAIN,
     {"_im._sip.sip.test SRV 0 0 5061 a.sip.test", "a.sip.test A 192.0.2.1"},
     NULL,
     "the domain serves only transports that are not offered here"},
    {"S-189: SRV records whose targets have no address: not the domain's own, RFC 3861 4",
     "im:bob@sip.test",
     PLAIN,
     {"_im._sip.sip.test SRV 0 0 5070 gone.sip.test", "sip.test A 192.0.2.9"},
     "SRV _im._sip.sip.test, AAAA gone.sip.test, A gone.sip.test",
     "the domain has no SIP service"},
    {"S-190: a CNAME of the domain: as if it were the initial one, RFC 3861 4",
     "im:bob@www.test",
     PLAIN,
     {"www.test CNAME sip.test", "_im._sip.sip.test SRV 0 0 5070 a.sip.test",
      "sip.test A 192.0.2.9", "a.sip.test A 192.0.2.1"},
     "SRV _im._sip.www.test, NAPTR www.test, SRV _im._sip.sip.test, AAAA a.sip.test, A a.sip.test",
     "tcp 192.0.2.1:5070, udp 192.0.2.1:5070"},
    {"S-190: the same where the answer ends with the CNAME",
     "im:bob@www.test",
     PLAIN,
     {"www.test ALIAS sip.test", "_im._sip.sip.test SRV 0 0 5070 a.sip.test",
      "a.sip.test A 192.0.2.1"},
     NULL,
     "tcp 192.0.2.1:5070, udp 192.0.2.1:5070"},
    {"CNAMEs in a circle end",
     "im:bob@a.test",
     PLAIN,
     {"a.test ALIAS b.test", "b.test ALIAS a.test"},
     NULL,
     "the domain has no SIP service"},
    {"a CNAME of an SRV name, and one of its target, are followed",
     "im:bob@sip.test",
     PLAIN,
     {"_im._sip.sip.test ALIAS srv.host.test", "srv.host.test SRV 0 0 5070 a.sip.test",
      "a.sip.test ALIAS b.sip.test", "b.sip.test A 192.0.2.1"},
     NULL,
     "tcp 192.0.2.1:5070, udp 192.0.2.1:5070"},
    {"S-196: target \".\": no such service, at once, RFC 2782",
     "im:bob@sip.test",
     PLAIN,
     {"_im._sip.sip.test SRV 0 0 0 .", "sip.test A 192.0.2.9"},
     "SRV _im._sip.sip.test",
     "the domain has no SIP service"},
    {"S-056: no _im._sip: RFC 3263 as for sip:",
     "im:bob@sip.test",
     PLAIN,
     {"_sip._udp.sip.test SRV 0 0 5070 a.sip.test", "a.sip.test A 192.0.2.1"},
     "SRV _im._sip.sip.test, NAPTR sip.test, SRV _sip._tcp.sip.test, SRV _sip._udp.sip.test, "
     "AAAA a.sip.test, A a.sip.test",
     "udp 192.0.2.1:5070"},
    {"S-058, S-195: addresses only: UDP, port 5060, RFC 3263 4.2",
     "im:bob@sip.test",
     PLAIN,
     {"sip.test A 192.0.2.9"},
     "SRV _im._sip.sip.test, NAPTR sip.test, SRV _sip._tcp.sip.test, SRV _sip._udp.sip.test, "
     "AAAA sip.test, A sip.test",
     "udp 192.0.2.9:5060"},
    {"the addresses of the additional section are used",
     "im:bob@sip.test",
     PLAIN,
     {"_im._sip.sip.test SRV 0 0 5070 a.sip.test", "+a.sip.test A 192.0.2.1",
      "+a.sip.test AAAA 2001:db8::1", "+other.test A 192.0.2.7"},
     "SRV _im._sip.sip.test",
     "tcp [2001:db8::1]:5070, tcp 192.0.2.1:5070, udp [2001:db8::1]:5070, udp 192.0.2.1:5070"},
    {"what the additional section lacks is asked for",
     "im:bob@sip.test",
     PLAIN,
     {"_im._sip.sip.test SRV 0 0 5070 a.sip.test", "+a.sip.test A 192.0.2.1"},
     "SRV _im._sip.sip.test, AAAA a.sip.test",
     "tcp 192.0.2.1:5070, udp 192.0.2.1:5070"},
    {"a port in an im: URI is nobody's",
     "im:bob@sip.test",
     PLAIN,
     {"sip.test AAAA 2001:db8::9"},
     NULL,
     "udp [2001:db8::9]:5060"},

    /* --- names --- */
    {"S-205: one label is no domain, RFC 3861 3",
     "im:bob@localhost",
     PLAIN,
     {NULL},
     "",
     "not a full domain name"},
    {"S-205: nor is an address", "im:bob@192.0.2.1", PLAIN, {NULL}, "", "not a full domain name"},
    {"S-205: nor what is local to every machine (RFC 6761)",
     "im:bob@a.localhost",
     PLAIN,
     {NULL},
     "",
     "not a full domain name"},
    {"S-444: .invalid is never asked for, RFC 7118 B",
     "im:bob@df7jal23ls0d.invalid",
     PLAIN,
     {NULL},
     "",
     "not a full domain name"},
    {"S-205: the dot at the end goes",
     "sip:bob@sip.test.;transport=udp",
     PLAIN,
     {"_sip._udp.sip.test SRV 0 0 5070 a.sip.test", "a.sip.test A 192.0.2.1"},
     "SRV _sip._udp.sip.test, AAAA a.sip.test, A a.sip.test",
     "udp 192.0.2.1:5070"},

    /* --- RFC 3263 --- */
    {"S-059: sip: does not ask for _im._sip",
     "sip:bob@sip.test",
     PLAIN,
     {"_im._sip.sip.test SRV 0 0 5070 a.sip.test", "a.sip.test A 192.0.2.1",
      "sip.test A 192.0.2.9"},
     "NAPTR sip.test, SRV _sip._tcp.sip.test, SRV _sip._udp.sip.test, AAAA sip.test, A sip.test",
     "udp 192.0.2.9:5060"},
    {"S-191: a numeric host, RFC 3263 4.1",
     "sip:u@127.0.0.1:5070",
     PLAIN,
     {NULL},
     "",
     "udp 127.0.0.1:5070"},
    {"S-191: and no port", "sip:u@127.0.0.1", PLAIN, {NULL}, "", "udp 127.0.0.1:5060"},
    {"S-191: and a transport",
     "sip:u@127.0.0.1;transport=tcp",
     PLAIN,
     {NULL},
     "",
     "tcp 127.0.0.1:5060"},
    {"S-191: sips: is TLS", "sips:u@[2001:db8::1]", ALL, {NULL}, "", "tls [2001:db8::1]:5061"},
    {"sips: and TLS not offered",
     "sips:u@192.0.2.1",
     PLAIN,
     {NULL},
     "",
     "the domain serves only transports that are not offered here"},
    {"maddr is where to go, RFC 3263 4",
     "sip:u@sip.test;maddr=192.0.2.3",
     PLAIN,
     {NULL},
     "",
     "udp 192.0.2.3:5060"},
    {"S-192: a port: addresses only, RFC 3263 4.2",
     "sip:u@sip.test:5080",
     PLAIN,
     {"sip.test A 192.0.2.9", "sip.test AAAA 2001:db8::9",
      "_sip._udp.sip.test SRV 0 0 5070 a.sip.test"},
     "AAAA sip.test, A sip.test",
     "udp [2001:db8::9]:5080, udp 192.0.2.9:5080"},
    {"S-192: a port and a name that is another's",
     "sip:u@www.test:5080;transport=tcp",
     PLAIN,
     {"www.test CNAME sip.test", "sip.test A 192.0.2.9"},
     "AAAA www.test, A www.test, AAAA sip.test",
     "tcp 192.0.2.9:5080"},
    {"S-193: a transport and no port: its SRV, RFC 3263 4.2",
     "sip:u@sip.test;transport=TCP",
     PLAIN,
     {"_sip._tcp.sip.test SRV 0 0 5070 a.sip.test", "a.sip.test A 192.0.2.1"},
     "SRV _sip._tcp.sip.test, AAAA a.sip.test, A a.sip.test",
     "tcp 192.0.2.1:5070"},
    {"S-193: sips: and transport=tcp is _sips._tcp",
     "sips:u@sip.test;transport=tcp",
     ALL,
     {"_sips._tcp.sip.test SRV 0 0 5071 a.sip.test", "a.sip.test A 192.0.2.1"},
     "SRV _sips._tcp.sip.test, AAAA a.sip.test, A a.sip.test",
     "tls 192.0.2.1:5071"},
    {"S-193: no such SRV: the addresses, and the port of the transport",
     "sip:u@sip.test;transport=tls",
     ALL,
     {"sip.test A 192.0.2.9"},
     "SRV _sips._tcp.sip.test, AAAA sip.test, A sip.test",
     "tls 192.0.2.9:5061"},
    {"a transport that is not ours asks for nothing",
     "sip:u@sip.test;transport=sctp",
     PLAIN,
     {"sip.test A 192.0.2.9"},
     "",
     "the domain serves only transports that are not offered here"},
    {"nor does one that nobody knows",
     "sip:u@sip.test;transport=pigeon",
     PLAIN,
     {"sip.test A 192.0.2.9"},
     "",
     "the domain serves only transports that are not offered here"},
    {"S-194: the zone of RFC 3263 4.1: TLS first",
     "sip:user@example.com",
     ALL,
     {"example.com NAPTR 50 50 \"s\" \"SIPS+D2T\" \"\" _sips._tcp.example.com.",
      "example.com NAPTR 90 50 \"s\" \"SIP+D2T\" \"\" _sip._tcp.example.com.",
      "example.com NAPTR 100 50 \"s\" \"SIP+D2U\" \"\" _sip._udp.example.com.",
      "_sips._tcp.example.com SRV 0 1 5061 server1.example.com",
      "_sips._tcp.example.com SRV 1 2 5061 server2.example.com",
      "_sip._tcp.example.com SRV 0 1 5060 server1.example.com",
      "_sip._udp.example.com SRV 0 1 5060 server1.example.com", "server1.example.com A 192.0.2.1",
      "server2.example.com A 192.0.2.2"},
     NULL,
     "tls 192.0.2.1:5061, tls 192.0.2.2:5061, tcp 192.0.2.1:5060, udp 192.0.2.1:5060"},
    {"S-194: sips: keeps only what is secure",
     "sips:user@example.com",
     ALL,
     {"example.com NAPTR 90 50 \"s\" \"SIP+D2T\" \"\" _sip._tcp.example.com",
      "example.com NAPTR 95 50 \"s\" \"SIPS+D2T\" \"\" _sips._tcp.example.com",
      "_sips._tcp.example.com SRV 0 1 5061 server1.example.com",
      "_sip._tcp.example.com SRV 0 1 5060 server1.example.com", "server1.example.com A 192.0.2.1"},
     "NAPTR example.com, SRV _sips._tcp.example.com, AAAA server1.example.com, A "
     "server1.example.com",
     "tls 192.0.2.1:5061"},
    {"S-194: order, then preference; not in the order of the answer",
     "sip:user@example.com",
     PLAIN,
     {"example.com NAPTR 20 10 \"s\" \"SIP+D2U\" \"\" c.example.com",
      "example.com NAPTR 10 20 \"s\" \"SIP+D2U\" \"\" b.example.com",
      "example.com NAPTR 10 10 \"S\" \"sip+d2t\" \"\" a.example.com",
      "a.example.com SRV 0 0 1 h.example.com", "b.example.com SRV 0 0 2 h.example.com",
      "c.example.com SRV 0 0 3 h.example.com", "h.example.com A 192.0.2.1"},
     NULL,
     "tcp 192.0.2.1:1, udp 192.0.2.1:2, udp 192.0.2.1:3"},
    {"S-194: SIP+D2W and others that are not offered are as if not there",
     "sip:user@example.com",
     PLAIN,
     {"example.com NAPTR 10 10 \"s\" \"SIP+D2W\" \"\" _sip._ws.example.com",
      "example.com NAPTR 11 10 \"s\" \"SIPS+D2T\" \"\" _sips._tcp.example.com",
      "example.com NAPTR 12 10 \"u\" \"SIP+D2U\" \"\" u.example.com",
      "example.com NAPTR 13 10 \"s\" \"SIP+D2U\" \"\" _sip._udp.example.com",
      "_sip._udp.example.com SRV 0 0 5070 h.example.com", "h.example.com A 192.0.2.1"},
     "NAPTR example.com, SRV _sip._udp.example.com, AAAA h.example.com, A h.example.com",
     "udp 192.0.2.1:5070"},
    {"S-194: SIP+D2W where it is offered, RFC 7118 5.5",
     "sip:user@example.com",
     EVERY,
     {"example.com NAPTR 10 10 \"s\" \"SIP+D2W\" \"\" _sip._ws.example.com",
      "_sip._ws.example.com SRV 0 0 8080 h.example.com", "h.example.com A 192.0.2.1"},
     NULL,
     "ws 192.0.2.1:8080"},
    {"NAPTR that leads nowhere: on as without",
     "sip:user@example.com",
     PLAIN,
     {"example.com NAPTR 10 10 \"s\" \"SIP+D2U\" \"\" gone.example.com", "example.com A 192.0.2.9"},
     NULL,
     "udp 192.0.2.9:5060"},
    {"S-195: no NAPTR: SRV of each transport that is offered, TLS, TCP, UDP",
     "sip:user@example.com",
     ALL,
     {"_sips._tcp.example.com SRV 0 0 5061 h.example.com",
      "_sip._tcp.example.com SRV 0 0 5060 h.example.com",
      "_sip._udp.example.com SRV 0 0 5060 h.example.com", "h.example.com A 192.0.2.1"},
     "NAPTR example.com, SRV _sips._tcp.example.com, SRV _sip._tcp.example.com, "
     "SRV _sip._udp.example.com, AAAA h.example.com, A h.example.com",
     "tls 192.0.2.1:5061, tcp 192.0.2.1:5060, udp 192.0.2.1:5060"},
    {"S-195: sips: and addresses only: TLS, 5061",
     "sips:user@example.com",
     ALL,
     {"example.com A 192.0.2.9"},
     "NAPTR example.com, SRV _sips._tcp.example.com, AAAA example.com, A example.com",
     "tls 192.0.2.9:5061"},
    {"addresses only, and UDP is turned off here",
     "sip:user@example.com",
     LOCATE_OFFER(SIP_TRANSPORT_TCP),
     {"example.com A 192.0.2.9"},
     NULL,
     "tcp 192.0.2.9:5060"},
    {"S-196: \".\" for one transport, a server for the other",
     "sip:user@example.com",
     PLAIN,
     {"_sip._tcp.example.com SRV 0 0 0 .", "_sip._udp.example.com SRV 0 0 5060 h.example.com",
      "h.example.com A 192.0.2.1"},
     NULL,
     "udp 192.0.2.1:5060"},
    {"S-196: \".\" for all of them: not the addresses",
     "sip:user@example.com",
     PLAIN,
     {"_sip._tcp.example.com SRV 0 0 0 .", "_sip._udp.example.com SRV 0 0 0 .",
      "example.com A 192.0.2.9"},
     NULL,
     "the domain has no SIP service"},
    {"S-196: priorities ascending, RFC 2782",
     "sip:u@example.com;transport=udp",
     PLAIN,
     {"_sip._udp.example.com SRV 20 0 3 h.example.com",
      "_sip._udp.example.com SRV 5 0 1 h.example.com",
      "_sip._udp.example.com SRV 10 0 2 h.example.com", "h.example.com A 192.0.2.1"},
     NULL,
     "udp 192.0.2.1:1, udp 192.0.2.1:2, udp 192.0.2.1:3"},
    {"S-200: AAAA before A, host by host, RFC 3263 4.2",
     "sip:u@example.com;transport=tcp",
     PLAIN,
     {"_sip._tcp.example.com SRV 1 0 5060 a.example.com",
      "_sip._tcp.example.com SRV 2 0 5060 b.example.com", "a.example.com A 192.0.2.1",
      "a.example.com AAAA 2001:db8::1", "b.example.com A 192.0.2.2"},
     NULL,
     "tcp [2001:db8::1]:5060, tcp 192.0.2.1:5060, tcp 192.0.2.2:5060"},
    {"addresses that nothing is sent to are left out",
     "sip:u@example.com:5060",
     PLAIN,
     {"example.com A 0.0.0.0", "example.com A 224.0.0.1", "example.com AAAA ff02::1",
      "example.com A 192.0.2.1"},
     NULL,
     "udp 192.0.2.1:5060"},

    /* --- what fails --- */
    {"S-203: NXDOMAIN is for good, RFC 3263 4",
     "im:bob@gone.test",
     PLAIN,
     {NULL},
     NULL,
     "the domain does not exist"},
    {"a domain without SIP",
     "im:bob@sip.test",
     PLAIN,
     {"www.sip.test A 192.0.2.1"},
     NULL,
     "the domain has no SIP service"},
    {"S-203: SERVFAIL is for now",
     "im:bob@sip.test",
     PLAIN,
     {"_im._sip.sip.test SRV !SERVFAIL", "sip.test A 192.0.2.9"},
     "SRV _im._sip.sip.test",
     "DNS cannot say just now"},
    {"S-203: silence is for now",
     "sip:bob@sip.test",
     PLAIN,
     {"sip.test NAPTR !silence", "sip.test A 192.0.2.9"},
     "NAPTR sip.test",
     "DNS cannot say just now"},
    {"one transport's SRV fails, the other's is good",
     "sip:bob@sip.test",
     PLAIN,
     {"_sip._tcp.sip.test SRV !SERVFAIL", "_sip._udp.sip.test SRV 0 0 5070 a.sip.test",
      "a.sip.test A 192.0.2.1"},
     NULL,
     "udp 192.0.2.1:5070"},
    {"one transport's SRV fails, the other has none: not the addresses",
     "sip:bob@sip.test",
     PLAIN,
     {"_sip._tcp.sip.test SRV !SERVFAIL", "sip.test A 192.0.2.9"},
     NULL,
     "DNS cannot say just now"},
    {"AAAA fails, A is there",
     "sip:bob@sip.test:5060",
     PLAIN,
     {"sip.test AAAA !SERVFAIL", "sip.test A 192.0.2.9"},
     NULL,
     "udp 192.0.2.9:5060"},
};

static void the_rows_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf log = {0}, places = {0};
        struct locate *l = run(rows[i].uri, rows[i].offers, rows[i].zone, &log);

        print_places(&places, l);
        if (rows[i].asked && strcmp(rows[i].asked, buf_cstr(&log)) != 0)
            fail_msg("%s: asked\n  %s\nnot\n  %s", rows[i].title, buf_cstr(&log), rows[i].asked);
        if (strcmp(rows[i].places, buf_cstr(&places)) != 0)
            fail_msg("%s: found\n  %s\nnot\n  %s", rows[i].title, buf_cstr(&places),
                     rows[i].places);
        locate_free(l);
        buf_fini(&log);
        buf_fini(&places);
    }
}

/* --- chance --- */

/* How often the server with that port was the first, of 1000. */
static void draw_firsts(const char *const *zone, unsigned firsts[8])
{
    memset(firsts, 0, 8 * sizeof *firsts);
    for (int i = 0; i < 1000; i++) {
        struct buf log = {0};
        struct locate *l = run("sip:u@example.com;transport=udp", PLAIN, zone, &log);
        size_t n;
        const struct locate_place *p = locate_places(l, &n);

        assert_true(n > 0 && p[0].addr.port < 8);
        firsts[p[0].addr.port]++;
        locate_free(l);
        buf_fini(&log);
    }
}

static void assert_near(unsigned got, unsigned want)
{
    if (got + 50 < want || got > want + 50)
        fail_msg("%u of 1000, not %u", got, want);
}

static void a_thousand_runs_follow_the_weights_within_5_percent(void **state)
{
    static const char *const zone[ZONE_ROWS] = {"_sip._udp.example.com SRV 0 10 1 a.example.com",
                                                "_sip._udp.example.com SRV 0 30 2 a.example.com",
                                                "_sip._udp.example.com SRV 0 60 3 a.example.com",
                                                "_sip._udp.example.com SRV 1 1000 4 a.example.com",
                                                "a.example.com A 192.0.2.1"};
    unsigned firsts[8];

    (void)state;
    draw_firsts(zone, firsts); /* S-196 */
    assert_near(firsts[1], 100);
    assert_near(firsts[2], 300);
    assert_near(firsts[3], 600);
    assert_int_equal(firsts[4], 0); /* a weight means nothing to another priority */
}

static void weight_zero_is_rare_beside_others_and_even_by_itself(void **state)
{
    static const char *const beside[ZONE_ROWS] = {"_sip._udp.example.com SRV 0 0 1 a.example.com",
                                                  "_sip._udp.example.com SRV 0 100 2 a.example.com",
                                                  "a.example.com A 192.0.2.1"};
    unsigned firsts[8];

    (void)state;
    draw_firsts(beside, firsts);
    assert_true(firsts[1] > 0 && firsts[1] < 40);
}

/* --- what it tells beside --- */

static void a_place_knows_what_led_to_it(void **state)
{
    static const char *const zone[ZONE_ROWS] = {
        "example.com NAPTR 10 20 \"s\" \"SIP+D2U\" \"\" x.example.com",
        "x.example.com SRV 1 2 5070 h.example.com", "h.example.com A 192.0.2.1"};
    struct buf log = {0}, text = {0};
    struct locate *l = run("sip:u@example.com", PLAIN, zone, &log);
    const struct locate_place *p;
    size_t n;

    (void)state;
    p = locate_places(l, &n);
    assert_int_equal(n, 1);
    assert_int_equal(p->why, LOCATE_BY_NAPTR);
    rr_print(&text, p->naptr);
    BUF_LIT(&text, " | ");
    rr_print(&text, p->srv);
    BUF_LIT(&text, " | ");
    rr_print(&text, p->address);
    assert_string_equal(
        buf_cstr(&text),
        "10 20 \"s\" \"SIP+D2U\" \"\" x.example.com. | 1 2 5070 h.example.com. | 192.0.2.1");
    assert_int_equal(locate_ttl(l), ZONE_TTL);
    locate_free(l);
    buf_fini(&log);
    buf_fini(&text);
}

static void addresses_of_one_host_are_one_group(void **state)
{
    static const char *const zone[ZONE_ROWS] = {
        "_im._sip.sip.test SRV 0 0 5070 a.sip.test", "_im._sip.sip.test SRV 1 0 5070 b.sip.test",
        "a.sip.test A 192.0.2.1", "a.sip.test AAAA 2001:db8::1", "b.sip.test A 192.0.2.2"};
    struct buf log = {0};
    struct locate *l = run("im:u@sip.test", PLAIN, zone, &log);
    const struct locate_place *p;
    size_t n;

    (void)state;
    p = locate_places(l, &n);
    assert_int_equal(n, 6); /* a: TCP twice, UDP twice; b: TCP, UDP */
    assert_int_equal(p[0].group, p[1].group);
    assert_int_not_equal(p[1].group, p[2].group);
    assert_int_equal(p[2].group, p[3].group);
    assert_int_not_equal(p[4].group, p[5].group);
    locate_free(l);
    buf_fini(&log);
}

static void a_failure_names_its_question(void **state)
{
    static const char *const zone[ZONE_ROWS] = {"sip.test NAPTR !SERVFAIL"};
    struct buf log = {0};
    struct locate *l = run("sip:u@sip.test", PLAIN, zone, &log);
    const struct rr_answer *a;
    struct rr_question q;

    (void)state;
    a = locate_failure(l, &q);
    assert_non_null(a);
    assert_int_equal(q.type, RR_NAPTR);
    assert_span(q.name, "sip.test");
    assert_string_equal(a->why, "SERVFAIL");
    assert_true(locate_is_temporary(locate_state(l)));
    locate_free(l);
    buf_fini(&log);
}

static void answers_nobody_asked_for_change_nothing(void **state)
{
    struct rr evil = {.name = SPAN("sip.test"), .type = RR_A, .ttl = 1};
    struct rr_answer a = {.name = SPAN("sip.test"), .rrs = &evil, .n = 1, .ttl = 1};
    struct locate_want want = {.scheme = SIP_SCHEME_SIP, .host = SPAN("sip.test"), .offers = PLAIN};
    struct locate *l = locate_new(&want, &rng);
    struct rr_question q;

    (void)state;
    locate_answer(l, &(struct rr_question){RR_A, SPAN("sip.test")}, &a);
    assert_int_equal(locate_state(l), LOCATE_ASKING);
    assert_true(locate_ask(l, &q));
    assert_int_equal(q.type, RR_NAPTR);
    assert_false(locate_ask(l, &q));
    locate_free(l);
}

/* A domain that has more of everything than is good. */
static void a_flood_of_records_is_bounded(void **state)
{
    static char lines[38][128];
    const char *zone[ZONE_ROWS] = {0};
    struct buf log = {0};
    struct locate *l;
    size_t n;

    (void)state;
    for (int i = 0; i < 38; i++) {
        snprintf(lines[i], sizeof lines[i], "_sip._udp.big.test SRV %d 0 %d h%d.big.test", i, i + 1,
                 i);
        zone[i] = lines[i];
    }
    l = run("sip:u@big.test;transport=udp", PLAIN, zone, &log);
    (void)locate_places(l, &n);
    assert_int_equal(n, 0);
    assert_int_equal(locate_state(l), LOCATE_NO_SERVICE);
    for (n = 0; log.n && n < 2 * LOCATE_SERVERS_MAX + 1; n++)
        buf_drop(&log, span_find(buf_span(&log), ',') + 1 < log.n
                           ? span_find(buf_span(&log), ',') + 1
                           : log.n);
    assert_int_equal(log.n, 0); /* one SRV, two for each of the first servers */
    locate_free(l);
    buf_fini(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rows_hold),
        cmocka_unit_test(a_thousand_runs_follow_the_weights_within_5_percent),
        cmocka_unit_test(weight_zero_is_rare_beside_others_and_even_by_itself),
        cmocka_unit_test(a_place_knows_what_led_to_it),
        cmocka_unit_test(addresses_of_one_host_are_one_group),
        cmocka_unit_test(a_failure_names_its_question),
        cmocka_unit_test(answers_nobody_asked_for_change_nothing),
        cmocka_unit_test(a_flood_of_records_is_bounded),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
