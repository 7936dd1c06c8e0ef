/* The configuration: what a file may say, and every line told about one that says it wrong. */
#include "gateway/conf/conf.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/conf/address.h"
#include "gateway/conf/keys.h"

/* Every test runs in an empty folder of its own. */
struct world {
    char folder[64], came_from[4096];
    struct conf *conf;
    struct conf_errors errs;
};

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    (void)snprintf(w->folder, sizeof w->folder, "/tmp/conf_test_XXXXXX");
    if (!getcwd(w->came_from, sizeof w->came_from) || !mkdtemp(w->folder) || chdir(w->folder))
        return -1;
    unsetenv("AIMGATE_CONFIG");
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    char command[96];

    conf_free(w->conf);
    conf_errors_fini(&w->errs);
    (void)snprintf(command, sizeof command, "rm -rf %s", w->folder);
    if (chdir(w->came_from) || system(command))
        return -1;
    free(w);
    return 0;
}

static void write_file(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");

    assert_non_null(f);
    (void)fputs(text, f);
    (void)fclose(f);
}

static enum err load(struct world *w, const char *path)
{
    enum err e;

    conf_free(w->conf);
    conf_errors_fini(&w->errs);
    e = conf_load(path, &w->conf, &w->errs);
    if (w->conf && conf_check(w->conf, &w->errs) != OK)
        e = ERR_SYNTAX;
    return e;
}

static void load_text(struct world *w, const char *text)
{
    enum err e;

    write_file("a.yaml", text);
    e = load(w, "a.yaml");
    conf_errors_print(&w->errs, stderr);
    assert_int_equal(e, OK);
}

static void folder_is(const struct world *w, const char *path, const char *tail)
{
    char expected[128];

    (void)snprintf(expected, sizeof expected, "%s%s", w->folder, tail);
    assert_string_equal(path, expected);
}

static void without_a_file_the_defaults_are_those_of_the_embedded_start(void **state)
{
    struct world *w = *state;
    const struct conf *c;

    assert_int_equal(load(w, NULL), OK);
    c = w->conf;
    assert_null(c->path);
    assert_string_equal(c->domain, "aim.localhost");
    folder_is(w, c->data, "/aimgate-data");
    assert_int_equal(c->oscar.listen.n, 1);
    assert_string_equal(c->oscar.listen.at[0].text, "127.0.0.1:5190");
    assert_int_equal(c->oscar.listen.at[0].port, 5190);
    assert_int_equal(ntohs(c->oscar.listen.at[0].at.in4.sin_port), 5190);
    assert_int_equal(c->oscar.listen.at[0].at.in4.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    assert_int_equal(c->oscar.listen_tls.n, 0);
    assert_null(c->oscar.advertise.host);
    assert_true(c->oscar.rate_limits);
    assert_int_equal(c->limits.sender_to_user.per_second, 1000);
    assert_int_equal(c->limits.sender_to_user.at_once, 10000);
    assert_int_equal(c->limits.domain.at_once, 1000000);
    assert_string_equal(c->sip.udp.at[0].text, "127.0.0.1:5060");
    assert_string_equal(c->sip.tcp.at[0].text, "127.0.0.1:5060");
    assert_int_equal(c->sip.tls.n + c->sip.ws.n + c->sip.wss.n, 0);
    assert_string_equal(c->admin.listen.at[0].text, "127.0.0.1:8090");
    assert_null(c->tls.certificate);
    assert_int_equal(c->peer_count, 0);
    assert_int_equal(c->dns.servers.n, 0);
    assert_false(c->users.knock_knock);
    assert_int_equal(c->users.foreign_watchers, CONF_CONSENT_OPEN);
    assert_string_equal(c->helper.name, "aimgate");
    assert_int_equal(c->log.level, LOG_LEVEL_INFO);
    assert_int_equal(c->log.format, CONF_LOG_TEXT);
}

static void an_empty_value_is_the_default(void **state)
{
    static const char *const texts[] = {
        "",
        "# nothing\n",
        "---\n",
        "\xEF\xBB\xBF"
        "domain:\n",
        "domain: ~\ndata: null\noscar:\nsip: {}\nadmin:\n  listen: ''\npeers:\nlog:\n  level:\n",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct world *w = *state;

        load_text(w, texts[i]);
        assert_string_equal(w->conf->domain, "aim.localhost");
        assert_string_equal(w->conf->sip.udp.at[0].text, "127.0.0.1:5060");
        assert_string_equal(w->conf->admin.listen.at[0].text, "127.0.0.1:8090");
        assert_int_equal(w->conf->log.level, LOG_LEVEL_INFO);
        assert_int_equal(w->conf->peer_count, 0);
    }
}

static const char whole[] =
    "domain: AIM.Example.ORG\n"
    "data: /var/lib/aimgate\n"
    "oscar:\n"
    "  listen: [127.0.0.1:5190, \"[::1]:5191\"]\n"
    "  advertise: aim.example.org:5190\n"
    "  rate_limits: false\n"
    "sip:\n"
    "  udp: \"[2001:db8::1]:5060\"\n"
    "  tcp: []\n"
    "  ws: \"[2001:db8::1]:8088\"\n"
    "  ws_public: true\n"
    "  ws_origins: [https://chat.example.org, 'HTTP://[2001:db8::1]:8080', '*']\n"
    "admin:\n"
    "  listen: 127.1.2.3:80\n"
    "peers:\n"
    "  - domain: sip.example.org\n"
    "    route: sip:192.0.2.1:5080;transport=tcp\n"
    "    from: [192.0.2.1, 192.0.2.2:5062, \"[2001:db8::2]:5062\", \"2001:db8::3\"]\n"
    "    limits: none\n"
    "  - domain: m\xC3\xBCller.example\n"
    "    route:\n"
    "      - sip:localhost\n"
    "      - SIP:[2001:db8::9];transport=UDP\n"
    "dns:\n"
    "  servers: [192.0.2.53, 192.0.2.54:5353]\n"
    "users: {knock_knock: true, foreign_watchers: confirm}\n"
    "helper: {name: AskMe}\n"
    "log: {level: debug, format: json}\n";

static void every_key_is_read(void **state)
{
    struct world *w = *state;
    const struct conf *c;
    const struct conf_peer *p;

    load_text(w, whole);
    c = w->conf;
    assert_string_equal(c->domain, "aim.example.org");
    assert_string_equal(c->data, "/var/lib/aimgate");
    assert_int_equal(c->oscar.listen.n, 2);
    assert_int_equal(c->oscar.listen.at[1].at.sa.sa_family, AF_INET6);
    assert_int_equal(ntohs(c->oscar.listen.at[1].at.in6.sin6_port), 5191);
    assert_string_equal(c->oscar.advertise.host, "aim.example.org");
    assert_int_equal(c->oscar.advertise.port, 5190);
    assert_false(c->oscar.rate_limits);
    assert_int_equal(c->sip.udp.n, 1);
    assert_int_equal(c->sip.tcp.n, 0);
    assert_int_equal(c->sip.ws.n, 1);
    assert_true(c->sip.ws_public);
    assert_int_equal(c->sip.ws_origins.n, 3);
    assert_string_equal(c->sip.ws_origins.at[1], "HTTP://[2001:db8::1]:8080");
    assert_int_equal(c->dns.servers.at[0].port, 53);
    assert_int_equal(c->dns.servers.at[1].port, 5353);
    assert_true(c->users.knock_knock);
    assert_int_equal(c->users.foreign_watchers, CONF_CONSENT_CONFIRM);
    assert_string_equal(c->helper.name, "AskMe");
    assert_int_equal(c->log.level, LOG_LEVEL_DEBUG);
    assert_int_equal(c->log.format, CONF_LOG_JSON);
    assert_int_equal(c->peer_count, 2);
    p = &c->peers[0];
    assert_string_equal(p->domain, "sip.example.org");
    assert_int_equal(p->routes.n, 1);
    assert_int_equal(p->routes.at[0].transport, CONF_TCP);
    assert_true(p->routes.at[0].numeric);
    assert_int_equal(p->routes.at[0].port, 5080);
    assert_int_equal(p->from.n, 4);
    assert_int_equal(p->from.at[0].port, 0);
    assert_int_equal(p->from.at[1].port, 5062);
    assert_int_equal(p->from.at[3].port, 0);
    assert_int_equal(p->limits, CONF_LIMITS_NONE);
    p = &c->peers[1];
    assert_string_equal(p->domain, "xn--mller-kva.example");
    assert_int_equal(p->routes.n, 2);
    assert_string_equal(p->routes.at[0].host, "localhost");
    assert_int_equal(p->routes.at[0].port, 5060);
    assert_int_equal(p->routes.at[0].address.at.in4.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    assert_string_equal(p->routes.at[1].host, "2001:db8::9");
    assert_int_equal(p->routes.at[1].transport, CONF_UDP);
    assert_int_equal(p->limits, CONF_LIMITS_DEFAULT);
}

static void the_file_to_start_from_says_the_defaults(void **state)
{
    struct world *w = *state;
    struct conf *standards;
    struct conf_errors errs = {0};
    const char *differ[4];
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/../dist/aimgate.yaml",
                   getenv("TESTS_DIR") ? getenv("TESTS_DIR") : "tests");
    assert_int_equal(load(w, path), OK);
    assert_int_equal(conf_load(NULL, &standards, &errs), OK);
    assert_int_equal(conf_diff(standards, w->conf, differ, 4), 1);
    assert_string_equal(differ[0], "data");
    assert_int_equal(w->conf->log.level, standards->log.level);
    assert_int_equal(w->conf->oscar.rate_limits, standards->oscar.rate_limits);
    conf_free(standards);
    conf_errors_fini(&errs);
}

#define CREDENTIALS_ARE \
    "URL FILE, or a list of them: https://certs.example.org/sip.cer /etc/aimgate/sip.pem\n"

/* What stands in the file, and all that is told about it. */
static const struct {
    const char *what, *text, *told;
} bad[] = {
    {"an unknown key", "dta: x\n",
     "a.yaml:1: dta: unknown key; the keys here are domain, data, oscar, sip, admin, tls, "
     "identity, peers, "
     "dns, limits, users, helper, "
     "log\n"},
    {"an unknown key inside", "log:\n  levle: info\n",
     "a.yaml:2: log.levle: unknown key; the keys here are level, format\n"},
    {"an unknown key with keys inside", "foo:\n  a: [1, {b: c}]\ndomain: [x]\n",
     "a.yaml:1: foo: unknown key; the keys here are domain, data, oscar, sip, admin, tls, "
     "identity, peers, "
     "dns, limits, users, helper, "
     "log\n"
     "a.yaml:3: domain: a list is not good here; write a host name such as aim.example.org\n"},
    {"a key with a dot", "log.level: info\n",
     "a.yaml:1: log.level: unknown key; the keys here are domain, data, oscar, sip, admin, tls, "
     "identity, "
     "peers, dns, limits, users, helper, log\n"},
    {"a key twice", "domain: a.example\ndomain: b.example\n",
     "a.yaml:2: domain: given twice, first in line 1; keep one\n"},
    {"a section twice", "log:\n  level: info\nlog:\n  format: json\n",
     "a.yaml:3: log: given twice, first in line 1; keep one\n"},
    {"a key of a peer twice",
     "peers:\n- domain: a.example\n  route: sip:192.0.2.1\n  domain: b.example\n",
     "a.yaml:4: peers[0].domain: given twice, first in line 2; keep one\n"},
    {"a number for a text", "domain: 5\ndata: 1.5\n",
     "a.yaml:1: domain: 5: it is not text; write a host name such as aim.example.org\n"
     "a.yaml:2: data: 1.5: it is not text (put it in quotes if it is a name); write a path\n"},
    {"no host name", "domain: not a domain\n",
     "a.yaml:1: domain: not a domain: it is not a host name; write a host name such as "
     "aim.example.org\n"},
    {"a text for a truth value", "oscar:\n  rate_limits: \"true\"\n",
     "a.yaml:2: oscar.rate_limits: true: neither true nor false; write true or false\n"},
    {"ports out of range", "oscar:\n  listen: [127.0.0.1:65536, 127.0.0.1:0, 127.0.0.1:x]\n",
     "a.yaml:2: oscar.listen: 127.0.0.1:65536: the port must be a number from 1 to 65535; write "
     "ADDRESS:PORT, or a list of them\n"
     "a.yaml:2: oscar.listen: 127.0.0.1:0: the port must be a number from 1 to 65535; write "
     "ADDRESS:PORT, or a list of them\n"
     "a.yaml:2: oscar.listen: 127.0.0.1:x: the port must be a number from 1 to 65535; write "
     "ADDRESS:PORT, or a list of them\n"},
    {"listeners that are none", "sip:\n  udp: localhost:5060\n  tcp: [127.0.0.1, ~]\n",
     "a.yaml:2: sip.udp: localhost:5060: the host must be an IPv4 address or an IPv6 address in [ "
     "]; "
     "write ADDRESS:PORT, or a list of them\n"
     "a.yaml:3: sip.tcp: an empty entry; remove it or write ADDRESS:PORT, or a list of them\n"
     "a.yaml:3: sip.tcp: 127.0.0.1: the port is missing; write ADDRESS:PORT, or a list of them\n"},
    {"keys where a value belongs", "oscar:\n  listen: {a: b}\n",
     "a.yaml:2: oscar.listen: keys inside are not good here; write ADDRESS:PORT, or a list of "
     "them\n"},
    {"a value where keys belong", "oscar: 5190\n",
     "a.yaml:1: oscar: not a section of keys; the keys here are listen, listen_tls, web, "
     "web_plain, advertise, "
     "advertise_tls, rate_limits\n"},
    {"rates that are none",
     "limits:\n  sender: 5\n  sender_to_user: 0/10\n  domain: 1/0.5\n  aim_to_sip: 1.2345/10\n"
     "  aim_subscribes: 1/9000000\n",
     "a.yaml:2: limits.sender: 5: not two numbers up to 1000000 with a / between them; write "
     "A-SECOND/AT-ONCE such as 0.5/10, or none\n"
     "a.yaml:3: limits.sender_to_user: 0/10: nothing would ever be let through; write "
     "A-SECOND/AT-ONCE such as 0.5/10, or none\n"
     "a.yaml:4: limits.domain: 1/0.5: nothing would ever be let through; write "
     "A-SECOND/AT-ONCE such as 0.5/10, or none\n"
     "a.yaml:5: limits.aim_to_sip: 1.2345/10: not two numbers up to 1000000 with a / between them; "
     "write A-SECOND/AT-ONCE such as 0.5/10, or none\n"
     "a.yaml:6: limits.aim_subscribes: 1/9000000: not two numbers up to 1000000 with a / between "
     "them; write A-SECOND/AT-ONCE such as 0.5/10, or none\n"},
    {"words that are not known", "log:\n  level: loud\n  format: TEXT\n",
     "a.yaml:2: log.level: loud: not known; write one of error|warning|info|debug\n"
     "a.yaml:3: log.format: TEXT: not known; write one of text|json\n"},
    {"no name of a list service",
     "peers:\n  - domain: b.example\n    route: sip:127.0.0.1:5080\n    list_service: a b\n",
     "a.yaml:4: peers[0].list_service: a b: it is not the name of a list service; write letters, "
     "digits, "
     "\"-\", \"_\" and \".\"; \"*\" stands for the name of the user\n"},
    {"two stars",
     "peers:\n  - domain: b.example\n    route: sip:127.0.0.1:5080\n    list_service: \"*-*\"\n",
     "a.yaml:4: peers[0].list_service: *-*: it is not the name of a list service; write letters, "
     "digits, "
     "\"-\", \"_\" and \".\"; \"*\" stands for the name of the user\n"},
    {"no screen name", "helper:\n  name: 1aimgate\n",
     "a.yaml:2: helper.name: 1aimgate: it is not a screen name; write 3 to 16 letters and digits, "
     "a "
     "letter first\n"},
    {"a bad advertisement", "oscar:\n  advertise: aim.example.org\n",
     "a.yaml:2: oscar.advertise: aim.example.org: the port is missing; write HOST:PORT\n"},
    {"listeners under TLS without a certificate",
     "oscar:\n  listen_tls: 127.0.0.1:5191\nsip:\n  tls: 127.0.0.1:5061\n  wss: "
     "127.0.0.1:5443\n",
     "a.yaml:2: oscar.listen_tls: there is no certificate for it; name one in tls.certificate, and "
     "its key in tls.key\n"
     "a.yaml:4: sip.tls: there is no certificate for it; name one in tls.certificate, and its key "
     "in tls.key\n"
     "a.yaml:5: sip.wss: there is no certificate for it; name one in tls.certificate, and its key "
     "in tls.key\n"},
    {"a sign-on over HTTPS without a certificate", "oscar:\n  web: 0.0.0.0:443\n",
     "a.yaml:2: oscar.web: there is no certificate for it; name one in tls.certificate, and its "
     "key "
     "in tls.key\n"},
    {"passwords in the clear for all the world",
     "oscar:\n  web_plain: ['[::1]:8080', '192.0.2.1:8080']\n",
     "a.yaml:2: oscar.web_plain: 192.0.2.1:8080 is not loopback, and passwords come in the clear "
     "there; use oscar.web, or 127.0.0.1 or [::1] and a web server in front\n"},
    {"a sign-on over HTTP that leads nowhere", "oscar:\n  listen: []\n  web_plain: 127.0.0.1:80\n",
     "a.yaml:3: oscar.web_plain: who signs on there is sent to oscar.listen or oscar.listen_tls, "
     "and "
     "neither is set\n"},
    {"a web listener at another's place", "oscar:\n  web_plain: 127.0.0.1:5190\n",
     "a.yaml:2: oscar.web_plain: 127.0.0.1:5190 is taken by oscar.listen; choose another port\n"},
    {"a route under TLS without a listener",
     "peers:\n- domain: a.example\n  route: sip:192.0.2.1;transport=tls\n",
     "a.yaml:3: peers[0].route: sip:192.0.2.1;transport=tls: who is called over TLS calls back "
     "over "
     "TLS, and nothing listens for it; set sip.tls\n"},
    {"WebSocket in the clear for all the world",
     "sip:\n  ws: ['127.0.0.1:8088', '192.0.2.1:8088']\n",
     "a.yaml:2: sip.ws: 192.0.2.1:8088 is not loopback, and nothing is encrypted there; use "
     "sip.wss, or write sip.ws_public: true if you mean it\n"},
    {"origins that are none",
     "sip:\n  ws_origins:\n  - chat.example.org\n  - https://chat.example.org/\n"
     "  - https://chat.example.org:443\n  - 'null'\n  - 'https://'\n",
     "a.yaml:3: sip.ws_origins: chat.example.org: no origin of a web page; write "
     "http[s]://HOST[:PORT] or \"*\", or a list of them\n"
     "a.yaml:4: sip.ws_origins: https://chat.example.org/: nothing but a host and a port may "
     "follow the //; write http[s]://HOST[:PORT] or \"*\", or a list of them\n"
     "a.yaml:5: sip.ws_origins: https://chat.example.org:443: a browser leaves out the usual port; "
     "write http[s]://HOST[:PORT] or \"*\", or a list of them\n"
     "a.yaml:6: sip.ws_origins: null: no origin of a web page; write http[s]://HOST[:PORT] or "
     "\"*\", or a list of them\n"
     "a.yaml:7: sip.ws_origins: https://: nothing but a host and a port may follow the //; write "
     "http[s]://HOST[:PORT] or \"*\", or a list of them\n"},
    {"a listener for all the world to administrate",
     "admin:\n  listen:\n  - 127.0.0.1:1\n  - 0.0.0.0:2\n",
     "a.yaml:4: admin.listen: 0.0.0.0:2 is not loopback, and nobody is asked for a password there; "
     "use 127.0.0.1 or [::1]\n"},
    {"two listeners at one place", "oscar:\n  listen: 127.0.0.1:5060\n",
     "a.yaml:2: sip.tcp: 127.0.0.1:5060 is taken by oscar.listen; choose another port\n"},
    {"files that are not there", "tls:\n  certificate: /nonexistent/cert.pem\n  ca: /\n",
     "a.yaml:2: tls.certificate: /nonexistent/cert.pem: No such file or directory; name a file "
     "that "
     "can be read\n"
     "a.yaml:2: tls.certificate: its private key is missing; name it in tls.key\n"
     "a.yaml:3: tls.ca: / is no file; name a PEM file\n"},
    {"a data folder that is a file", "data: /dev/null\n",
     "a.yaml:1: data: /dev/null is no folder; name another one\n"},
    {"peers without a domain and a route", "peers:\n  - limits: none\n  - 5\n",
     "a.yaml:2: peers[0]: domain is missing; write the domain that this peer serves\n"
     "a.yaml:2: peers[0]: route is missing; write where its SIP server is: sip:HOST:PORT\n"
     "a.yaml:3: peers: not a peer; the keys here are domain, route, from, limits, identity, "
     "identity_keys, stale_limit, scheme, html, cpim, case_sensitive, congestion_controlled, "
     "failover, legacy_202, draft_im00, date_check, store_and_forward, probe, auth_text, "
     "list_service, max_delay, max_loss, max_downtime\n"},
    {"peers whose domain and route are empty",
     "peers:\n  - domain:\n    route: \"\"\n  - domain: a.example\n    route: []\n",
     "a.yaml:2: peers[0]: domain is missing; write the domain that this peer serves\n"
     "a.yaml:2: peers[0]: route is missing; write where its SIP server is: sip:HOST:PORT\n"
     "a.yaml:4: peers[1]: route is missing; write where its SIP server is: sip:HOST:PORT\n"},
    {"peers that are no list", "peers:\n  domain: a.example\n",
     "a.yaml:2: peers: not a list; write each entry behind a dash (- domain: ...)\n"},
    {"routes that are none",
     "peers:\n- domain: a.example\n  route:\n  - mailto:x@y\n  - 'sip:'\n  - sip:a@192.0.2.1\n"
     "  - sip:192.0.2.1;lr\n  - sip:192.0.2.1;transport=sctp\n  - sip:h.example\n"
     "  - sip:192.0.2.1;transport=tls\n",
     "a.yaml:4: peers[0].route: mailto:x@y: it must begin with sip:; write "
     "sip:HOST[:PORT][;transport=udp|tcp|tls], or a list of them\n"
     "a.yaml:5: peers[0].route: sip:: the host is missing; write "
     "sip:HOST[:PORT][;transport=udp|tcp|tls], or a list of them\n"
     "a.yaml:6: peers[0].route: sip:a@192.0.2.1: the host is no address and no name; write "
     "sip:HOST[:PORT][;transport=udp|tcp|tls], or a list of them\n"
     "a.yaml:7: peers[0].route: sip:192.0.2.1;lr: only ;transport=udp, tcp or tls may follow the "
     "host; write sip:HOST[:PORT][;transport=udp|tcp|tls], or a list of them\n"
     "a.yaml:8: peers[0].route: sip:192.0.2.1;transport=sctp: the transport must be udp, tcp or "
     "tls; "
     "write sip:HOST[:PORT][;transport=udp|tcp|tls], or a list of them\n"
     "a.yaml:10: peers[0].route: sip:192.0.2.1;transport=tls: who is called over TLS calls back "
     "over TLS, and nothing listens for it; set sip.tls\n"},
    {"DNS servers that are none",
     "dns:\n  servers:\n  - 0.0.0.0\n  - 224.0.0.1\n  - '[ff02::1]'\n  - 192.0.2.1\n  - "
     "192.0.2.1:53\n",
     "a.yaml:3: dns.servers: 0.0.0.0 is no server's address; write that of a resolver\n"
     "a.yaml:4: dns.servers: 224.0.0.1 is no server's address; write that of a resolver\n"
     "a.yaml:5: dns.servers: [ff02::1] is no server's address; write that of a resolver\n"
     "a.yaml:7: warning: dns.servers: 192.0.2.1:53 stands there twice; remove one\n"},
    {"sips: is TLS, or TCP under it",
     "peers:\n- domain: a.example\n  route: [\"sips:192.0.2.1;transport=udp\", "
     "\"sips:192.0.2.1;transport=tcp\"]\n",
     "a.yaml:3: peers[0].route: sips:192.0.2.1;transport=udp: sips: is TLS, and over udp there is "
     "none; write sip:HOST[:PORT][;transport=udp|tcp|tls], or a list of them\n"
     "a.yaml:3: peers[0].route: sips:192.0.2.1;transport=tcp: who is called over TLS calls back "
     "over TLS, and nothing listens for it; set sip.tls\n"},
    {"peers that are not others",
     "domain: a.example\npeers:\n- {domain: A.example, route: \"sip:127.0.0.1:5060\"}\n"
     "- {domain: b.example, route: \"sip:192.0.2.1\"}\n- {domain: b.example, route: "
     "\"sip:192.0.2.2\"}\n",
     "a.yaml:3: peers[0].domain: a.example is the gateway's own domain; name the peer's\n"
     "a.yaml:3: peers[0].route: sip:127.0.0.1:5060 is this gateway itself; write where the peer "
     "listens\n"
     "a.yaml:5: peers[2].domain: b.example is a peer already (line 4); keep one, with a list of "
     "routes\n"},
    {"what is no YAML", "domain: [\n",
     "a.yaml:2: domain: not YAML: did not find expected node content; indent with spaces alike, "
     "and "
     "put what begins with [ in quotes\n"},
    {"an IPv6 address without quotes", "sip:\n  udp: [::1]:5060\n",
     "a.yaml:2: sip.udp: not YAML: did not find expected node content; indent with spaces alike, "
     "and "
     "put what begins with [ in quotes\n"},
    {"a tab", "domain: x\n\tdata: y\n",
     "a.yaml:2: domain: not YAML: found a tab character that violates indentation; indent with "
     "spaces alike, and put what begins with [ in quotes\n"},
    {"octets that are not UTF-8", "domain: \xFF\n",
     "a.yaml:1: not YAML: invalid leading UTF-8 octet; write the file in UTF-8\n"},
    {"a list", "- a\n- b\n",
     "a.yaml:1: not keys and values (KEY: VALUE); the keys here are domain, data, oscar, sip, "
     "admin, "
     "tls, identity, peers, dns, limits, users, helper, log\n"},
    {"an alias", "oscar: &a\n  listen:\nsip: *a\n",
     "a.yaml:3: sip: aliases are not read; write the value out\n"},
    {"a tag", "domain: !!str 5\n",
     "a.yaml:1: domain: tags (!...) are not read; write the value without\n"},
    {"certificates that peers sign with",
     "peers:\n- domain: p.example\n  route: sip:192.0.2.1\n  identity_keys:\n  - none.pem\n  - "
     "https://a.example/\n"
     "  - https://a.example/ /none.pem\n  - https://a.example/ /etc/passwd\n  - https://b.example/ "
     "/\n",
     "a.yaml:5: peers[0].identity_keys: none.pem: a URL must stand first; write " CREDENTIALS_ARE
     "a.yaml:6: peers[0].identity_keys: https://a.example/: the file is missing; "
     "write " CREDENTIALS_ARE "a.yaml:7: peers[0].identity_keys: /none.pem: No such file or "
                              "directory; name a file that can be read\n"
     "a.yaml:8: peers[0].identity_keys: https://a.example/ stands there twice, first in line 7; "
     "keep one\n"
     "a.yaml:8: peers[0].identity_keys: /etc/passwd: it holds no certificate; name a PEM file with "
     "BEGIN "
     "CERTIFICATE in it\n"
     "a.yaml:9: peers[0].identity_keys: / is no file; name a PEM file\n"},
    {"a peer whose signatures nobody could verify",
     "peers:\n- domain: p.example\n  route: sip:192.0.2.1\n  identity: required\n"
     "- domain: q.example\n  route: sip:192.0.2.2\n  identity: sometimes\nidentity:\n  freshness: "
     "0\n",
     "a.yaml:2: peers[0].identity: no certificate is named that a signature could be verified "
     "with, so all would be "
     "refused; name one in identity_keys\n"
     "a.yaml:7: peers[1].identity: sometimes: not known; write one of verify|required|off\n"
     "a.yaml:9: identity.freshness: 0: out of range; write a number of 1-3600\n"},
    {"a second document", "domain: a.example\n---\ndomain: b.example\n",
     "a.yaml:2: domain: a second document begins here; keep one\n"},
    {"a control character", "data: \"a\\0b\"\ndomain: |\n  a.example\n",
     "a.yaml:1: data: holds a line end or a control character; write it on one line\n"
     "a.yaml:2: domain: holds a line end or a control character; write it on one line\n"},
    {"too deep", "domain: [[[[[[[[[[[[[[[[[[[[",
     "a.yaml:1: domain: not good as an entry of a list; write a host name such as aim.example.org\n"
     "a.yaml:1: domain: too deep inside itself; no key needs that\n"},
};

static char *all_told(const struct conf_errors *errs)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    conf_errors_print(errs, f);
    (void)fclose(f);
    return text;
}

static void all_that_is_wrong_is_told_in_one_run_with_its_line(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *told;
        enum err e;

        write_file("a.yaml", bad[i].text);
        e = load(w, "a.yaml");
        told = all_told(&w->errs);
        if (e != ERR_SYNTAX || strcmp(told, bad[i].told) != 0)
            (void)fprintf(stderr, "%s: got:\n%s\n", bad[i].what, told);
        assert_int_equal(e, ERR_SYNTAX);
        assert_string_equal(told, bad[i].told);
        free(told);
    }
}

static void bounds_hold(void **state)
{
    struct world *w = *state;
    FILE *f = fopen("a.yaml", "w");
    char *told;

    (void)fputs("peers:\n", f);
    for (int i = 0; i < CONF_PEERS_MAX + 2; i++)
        (void)fprintf(f, "- {domain: p%d.example, route: 'sip:10.0.%d.%d'}\n", i, i / 200, i % 200);
    (void)fputs("dns:\n  servers: [", f);
    for (int i = 0; i < CONF_LIST_MAX + 2; i++)
        (void)fprintf(f, "192.0.2.%d, ", i + 1);
    (void)fputs("]\n", f);
    (void)fclose(f);
    assert_int_equal(load(w, "a.yaml"), ERR_SYNTAX);
    assert_int_equal(w->conf->peer_count, CONF_PEERS_MAX);
    assert_int_equal(w->conf->dns.servers.n, CONF_LIST_MAX);
    told = all_told(&w->errs);
    assert_string_equal(told, "a.yaml:1026: peers: more than 1024 peers; write fewer\n"
                              "a.yaml:1027: peers: more than 1024 peers; write fewer\n"
                              "a.yaml:1029: dns.servers: more than 32 entries; write fewer\n");
    free(told);

    f = fopen("a.yaml", "w");
    for (int i = 0; i <= CONF_FILE_MAX / 16; i++)
        (void)fputs("# some comment.\n", f);
    (void)fclose(f);
    assert_int_equal(load(w, "a.yaml"), ERR_IO);
    assert_null(w->conf);

    f = fopen("a.yaml", "w");
    for (int i = 0; i < 300; i++)
        (void)fprintf(f, "k%d: x\n", i);
    (void)fclose(f);
    assert_int_equal(load(w, "a.yaml"), ERR_SYNTAX);
    assert_int_equal(w->errs.n, CONF_ERRORS_MAX);
    assert_int_equal(w->errs.errors, 300);
}

static void a_file_is_looked_for_in_order(void **state)
{
    struct world *w = *state;
    char *told;

    write_file("aimgate.yaml", "domain: here.example\n");
    write_file("env.yaml", "domain: env.example\n");
    write_file("named.yaml", "domain: named.example\n");
    assert_int_equal(load(w, NULL), OK);
    assert_string_equal(w->conf->domain, "here.example");
    folder_is(w, w->conf->path, "/aimgate.yaml");
    assert_int_equal(setenv("AIMGATE_CONFIG", "env.yaml", 1), 0);
    assert_int_equal(load(w, NULL), OK);
    assert_string_equal(w->conf->domain, "env.example");
    assert_int_equal(load(w, "named.yaml"), OK);
    assert_string_equal(w->conf->domain, "named.example");
    assert_int_equal(setenv("AIMGATE_CONFIG", "gone.yaml", 1), 0);
    assert_int_equal(load(w, NULL), ERR_IO);
    assert_null(w->conf);
    told = all_told(&w->errs);
    assert_string_equal(told, "gone.yaml: cannot be opened: No such file or directory; name a file "
                              "that can be read\n");
    free(told);
    assert_int_equal(setenv("AIMGATE_CONFIG", "", 1), 0); /* empty is as good as unset */
    assert_int_equal(load(w, NULL), OK);
    assert_string_equal(w->conf->domain, "here.example");
    assert_int_equal(load(w, "."), ERR_IO);
}

static void a_relative_path_is_taken_from_the_folder_of_the_file(void **state)
{
    static const struct {
        const char *data, *is;
    } rows[] = {
        {"./d", "/sub/d"},          {"d", "/sub/d"},
        {"../d", "/sub/../d"},      {"././a/b", "/sub/a/b"},
        {"~", "/sub/aimgate-data"}, {"'2024'", "/sub/2024"},
    };
    struct world *w = *state;

    assert_int_equal(mkdir("sub", 0700), 0);
    assert_int_equal(symlink("sub/a.yaml", "link.yaml"), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[64];

        (void)snprintf(text, sizeof text, "data: %s\n", rows[i].data);
        write_file("sub/a.yaml", text);
        assert_int_equal(load(w, "sub/a.yaml"), OK);
        folder_is(w, w->conf->data, rows[i].is);
        folder_is(w, w->conf->path, "/sub/a.yaml");
    }
    assert_int_equal(load(w, "link.yaml"), OK); /* a link's folder is where the link is */
    folder_is(w, w->conf->data, "/2024");
}

static void a_peer_is_known_by_where_its_requests_come_from(void **state)
{
    static const struct {
        const char *what, *peer;
        enum conf_transport over;
        const char *source;
        bool its;
    } rows[] = {
        {"UDP, address and port of a route", "route: sip:192.0.2.1:5080", CONF_UDP,
         "192.0.2.1:5080", true},
        {"UDP, another port", "route: sip:192.0.2.1:5080", CONF_UDP, "192.0.2.1:5081", false},
        {"UDP, another address", "route: sip:192.0.2.1:5080", CONF_UDP, "192.0.2.2:5080", false},
        {"UDP, the backup", "route: [sip:192.0.2.1, sip:192.0.2.2]", CONF_UDP, "192.0.2.2:5060",
         true},
        {"TCP, any port", "route: sip:192.0.2.1:5080", CONF_TCP, "192.0.2.1:40000", true},
        {"TCP, another address", "route: sip:192.0.2.1:5080", CONF_TCP, "192.0.2.2:5080", false},
        {"IPv4 inside IPv6", "route: sip:192.0.2.1:5080", CONF_UDP, "[::ffff:192.0.2.1]:5080",
         true},
        {"from, any port", "{route: sip:192.0.2.1, from: 192.0.2.9}", CONF_UDP, "192.0.2.9:1",
         true},
        {"from, over TCP", "{route: sip:192.0.2.1, from: 192.0.2.9}", CONF_TCP, "192.0.2.9:1",
         true},
        {"from, its port", "{route: sip:192.0.2.1, from: 192.0.2.9:7}", CONF_UDP, "192.0.2.9:7",
         true},
        {"from, not its port", "{route: sip:192.0.2.1, from: 192.0.2.9:7}", CONF_UDP, "192.0.2.9:8",
         false},
        {"from replaces the routes", "{route: sip:192.0.2.1, from: 192.0.2.9}", CONF_UDP,
         "192.0.2.1:5060", false},
        {"an empty from does not", "{route: sip:192.0.2.1, from: []}", CONF_UDP, "192.0.2.1:5060",
         true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct conf_address source;
        char text[160];
        bool braces = rows[i].peer[0] == '{';

        (void)snprintf(text, sizeof text,
                       braces ? "peers:\n- {domain: a.example, %s\n"
                              : "peers:\n- domain: a.example\n  %s\n",
                       rows[i].peer + braces);
        load_text(*state, text);
        assert_null(conf_address_parse(span_str(rows[i].source), 0, &source));
        if (conf_peer_sends_from(&((struct world *)*state)->conf->peers[0], rows[i].over,
                                 &source.at.sa) != rows[i].its)
            fail_msg("%s", rows[i].what);
    }
}

static void check_warns_where_nothing_tells_two_peers_apart(void **state)
{
    static const struct {
        const char *one, *two;
        bool warns;
    } rows[] = {
        {"route: sip:192.0.2.1", "route: sip:192.0.2.2", false},
        {"route: sip:192.0.2.1", "route: sip:192.0.2.1", true},
        {"route: sip:192.0.2.1:5080", "route: sip:192.0.2.1:5081", false},
        {"route: sip:192.0.2.1:5080;transport=tcp", "route: sip:192.0.2.1:5081;transport=tcp",
         true},
        {"route: sip:192.0.2.1:5080;transport=tcp", "route: sip:192.0.2.1:5081", true},
        {"{route: sip:192.0.2.1, from: 192.0.2.3}", "{route: sip:192.0.2.1, from: 192.0.2.4}",
         false},
        {"{route: sip:192.0.2.1, from: 192.0.2.3}", "{route: sip:192.0.2.2, from: 192.0.2.3}",
         true},
        {"{route: sip:192.0.2.1, from: 192.0.2.3:1}", "{route: sip:192.0.2.1, from: 192.0.2.3:2}",
         false},
        {"{route: sip:192.0.2.1, from: 192.0.2.3}", "{route: sip:192.0.2.2, from: 192.0.2.3:2}",
         true},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[256];
        bool braces = rows[i].one[0] == '{';

        (void)snprintf(text, sizeof text,
                       braces ? "peers:\n- {domain: a.example, %s\n- {domain: b.example, %s\n"
                              : "peers:\n- domain: a.example\n  %s\n- domain: b.example\n  %s\n",
                       rows[i].one + braces, rows[i].two + braces);
        write_file("a.yaml", text);
        assert_int_equal(load(w, "a.yaml"), OK); /* a warning keeps nothing from starting */
        if (w->errs.warnings != rows[i].warns)
            fail_msg("%s and %s: %zu warnings", rows[i].one, rows[i].two, w->errs.warnings);
    }
    assert_string_equal(w->errs.at[0].text,
                        "a.yaml:3: warning: peers[1].from: 192.0.2.3:2 is shared with the peer "
                        "a.example (line 2), and nothing tells requests of the two apart: each may "
                        "speak for the other; give both a from line with a port, or two addresses");
}

static void what_a_running_gateway_keeps_is_named(void **state)
{
    static const struct {
        const char *text, *keys;
    } rows[] = {
        {"", ""},
        {"oscar: {rate_limits: false}\nlog: {level: debug}\n", ""},
        {"peers:\n- {domain: a.example, route: \"sip:192.0.2.1\"}\n", ""},
        {"domain: other.example\n", "domain "},
        {"data: /tmp\nadmin: {listen: 127.0.0.1:1}\n", "data admin.listen "},
        {"oscar: {listen: [127.0.0.1:5190, 127.0.0.1:5191]}\n", "oscar.listen "},
        {"sip: {udp: 127.0.0.1:5061, tcp: []}\n", "sip.udp sip.tcp "},
        {"sip: {lists: false}\n", "sip.lists "},
        {"sip: {lists: true}\n", ""},
    };
    struct world *w = *state;
    struct conf *running;
    struct conf_errors errs = {0};

    assert_int_equal(conf_load(NULL, &running, &errs), OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *keys[16];
        char named[256] = "";

        load_text(w, rows[i].text);
        for (size_t j = 0, n = conf_diff(running, w->conf, keys, 16); j < n; j++) {
            strcat(named, keys[j]);
            strcat(named, " ");
        }
        assert_string_equal(named, rows[i].keys);
    }
    conf_free(running);
    conf_errors_fini(&errs);
}

static void every_key_has_help_and_its_own_path(void **state)
{
    (void)state;
    for (int i = 0; i < CONF_KEY__COUNT; i++) {
        const struct conf_key *key = conf_key_get((enum conf_key_id)i);
        enum conf_key_id found;

        assert_true(key->help[0] != 0);
        assert_int_equal(conf_path_find(span_str(key->path), &found), CONF_PATH_KEY);
        assert_int_equal(found, i);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(without_a_file_the_defaults_are_those_of_the_embedded_start),
        TEST(an_empty_value_is_the_default),
        TEST(every_key_is_read),
        TEST(the_file_to_start_from_says_the_defaults),
        TEST(all_that_is_wrong_is_told_in_one_run_with_its_line),
        TEST(bounds_hold),
        TEST(a_file_is_looked_for_in_order),
        TEST(a_relative_path_is_taken_from_the_folder_of_the_file),
        TEST(a_peer_is_known_by_where_its_requests_come_from),
        TEST(check_warns_where_nothing_tells_two_peers_apart),
        TEST(what_a_running_gateway_keeps_is_named),
        TEST(every_key_has_help_and_its_own_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
