/* Random histories of two users of ours on AIM and one of a peer domain who write to each other
 * while sessions stall and break, the link is lost, accounts go, people are blocked and the gateway
 * is killed; held against a ledger. In the end each message was either shown, or its sender was
 * told that it was not; never both, and never neither.
 *
 * It may be open only where the sender was gone before he could hear: his session broke, or the
 * gateway was killed, with the answer on its way; and where the far end answers nothing. Whom the
 * recipient blocks is told nothing. Twice it is shown only where a kill, a broken session or a far
 * end that says nothing lies between, and then as the same message.
 *
 * A failure names the history: HISTORY=n runs it alone, and says what happens; HISTORIES=n runs
 * so many. */
#include <time.h>

#include "tests/scenario/world.h"

static struct world w;

enum {
    HISTORIES = 150,
    HISTORIES_MAX = 20000,
    STEPS = 40,
    PEOPLE = 3,
    CAROL = 2, /* of sip.example.org; the others are ours, on AIM */
    MESSAGES = 250,
    FULL = 100, /* as many as wait for one user */
    SILENT = 0, /* what carol answers: nothing */
};

struct letter {
    unsigned from, to;
    char text[24], call_id[24];
    uint32_t id, serial; /* of AIM's request, in its session; the cookie */
    unsigned session;
    time_t written;
    bool acked_for, imdn; /* its sender asked for an ack; for receipts */
    int status;           /* what carol was answered */
    unsigned acks, errors, shown, receipts, refusals;
    bool noticed;        /* the helper said that it failed */
    bool excused;        /* its sender may know nothing of it */
    bool unsure;         /* it may come twice */
    bool unheard;        /* carol did not answer it */
    bool parted;         /* the link was cut: that it was shown she may not hear */
    uint8_t cookie[8];   /* as it was shown */
    char shown_as[64];   /* the same by SIP: its Call-ID and CSeq */
    char receipt_as[64]; /* the last receipt, which may come again: its Call-ID */
};

struct person {
    struct aim aim;
    char name[48], uri[64];
    unsigned session;
    bool stalled, deaf, deleted, blocks[PEOPLE];
};

struct history {
    unsigned number, step;
    uint64_t chance;
    bool loud, cut;
    bool from_kernel; /* what is read now came before */
    int manner;       /* what carol answers */
    struct person who[PEOPLE];
    struct letter letters[MESSAGES];
    unsigned n;
};

/* What happened in all histories: a property that nothing touches proves nothing. */
static struct {
    unsigned delivered, stored, failed, late, kills, breaks, noticed, receipts, twice, full;
} seen;

static unsigned dice(struct history *h, unsigned n)
{
    h->chance ^= h->chance << 13;
    h->chance ^= h->chance >> 7;
    h->chance ^= h->chance << 17;
    return (unsigned)(h->chance >> 33) % n;
}

static void note(const struct history *h, const char *what, const char *more)
{
    if (h->loud)
        (void)fprintf(stderr, "%u: %s %s\n", h->step, what, more);
}

static void wrong(const struct history *h, const struct letter *l, const char *what)
{
    fail_msg("history %u, step %u: \"%s\" from %s to %s: %s (status %d, acks %u, errors %u, shown "
             "%u, receipts %u, refusals %u, noticed %d, imdn %d)",
             h->number, h->step, l->text, h->who[l->from].name, h->who[l->to].name, what, l->status,
             l->acks, l->errors, l->shown, l->receipts, l->refusals, l->noticed, l->imdn);
}

/* ---- what they hear ---- */

static struct letter *shown_in(struct history *h, unsigned to, struct span text)
{
    for (unsigned i = 0; i < h->n; i++)
        if (h->letters[i].to == to && span_search(text, span_str(h->letters[i].text)) < text.n)
            return &h->letters[i];
    return NULL;
}

static void is_shown(struct history *h, struct letter *l, bool same)
{
    l->shown++;
    note(h, "  shown:", l->text);
    if (l->shown > 1 && !l->unsure)
        wrong(h, l, "is shown again");
    if (l->shown > 1 && !same)
        wrong(h, l, "is shown again as another one");
    seen.twice += l->shown > 1;
}

/* What is shown long after it was written says when that was. */
static void has_time(const struct history *h, const struct letter *l, time_t sent)
{
    if (h->from_kernel || time(NULL) - l->written <= 60)
        return;
    seen.late++;
    if (sent < l->written || sent > l->written + 1)
        wrong(h, l, "came late, and not with its time");
}

/* "Your message to NAME, sent at TIME, could not be delivered." */
static void helper_says(struct history *h, unsigned to, const char *words)
{
    char about[128], when[32];

    note(h, "  helper:", words);
    for (unsigned i = 0; i < h->n; i++) {
        struct letter *l = &h->letters[i];

        if (l->from != to || !strstr(words, "could not be delivered"))
            continue;
        (void)strftime(when, sizeof when, "%FT%TZ", gmtime(&l->written));
        (void)snprintf(about, sizeof about, "Your message to %s, sent at %s,", h->who[l->to].name,
                       when);
        l->noticed |= strstr(words, about) != NULL;
    }
    seen.noticed++;
}

static void im_comes(struct history *h, unsigned who, struct span body)
{
    struct span rest = body, stamp;
    struct aim_person from;
    struct letter *l;
    char words[512];

    (void)aim_take(&rest, 10);
    aim_person(&rest, &from);
    if (!strcmp(from.name, "aimgate")) {
        for (size_t i = 0; i < rest.n && i < sizeof words - 1; i++)
            words[i] = rest.p[i] ? (char)rest.p[i] : ' ';
        words[rest.n < sizeof words - 1 ? rest.n : sizeof words - 1] = 0;
        helper_says(h, who, words);
        return;
    }
    l = shown_in(h, who, rest);
    if (!l)
        return;
    is_shown(h, l, l->shown == 0 || !memcmp(l->cookie, body.p, 8));
    memcpy(l->cookie, body.p, 8);
    stamp = aim_tlv(rest, 0x16);
    has_time(h, l, stamp.n == 4 ? (time_t)aim_u32(&stamp) : 0);
}

static void aim_hears(struct history *h, unsigned who)
{
    struct person *p = &h->who[who];
    struct aim_heard s;

    while (aim_is_on(&p->aim) && !p->stalled && !p->deaf && aim_next(&p->aim, &s)) {
        uint32_t serial = 0;

        if (s.family == 4 && s.subtype == 7)
            im_comes(h, who, s.body);
        if (s.family == 4 && s.subtype == 0xC) {
            (void)aim_u32(&s.body);
            serial = aim_u32(&s.body);
        }
        for (unsigned i = 0; i < h->n && s.family == 4; i++) {
            struct letter *l = &h->letters[i];

            if (l->from != who || l->session != p->session)
                continue;
            l->acks += serial && l->serial == serial;
            l->errors += s.subtype == 1 && l->id == s.id;
            if (l->acks + l->errors > 1)
                wrong(h, l, "has two answers");
        }
    }
}

/* An IMDN, or what the helper says. */
static bool is_about_a_letter(struct history *h, const struct sip_heard *m)
{
    char id[48];

    if (!strncmp(m->from_user, "aimgate@", 8)) {
        helper_says(h, CAROL, m->body);
        return true;
    }
    if (!strstr(m->body, "<message-id>"))
        return false;
    for (unsigned i = 0; i < h->n; i++) {
        struct letter *l = &h->letters[i];

        (void)snprintf(id, sizeof id, "<message-id>%s<", l->call_id);
        if (!strstr(m->body, id) || !strncmp(m->call_id, l->receipt_as, 63))
            continue;
        (void)snprintf(l->receipt_as, sizeof l->receipt_as, "%.63s", m->call_id);
        l->receipts += strstr(m->body, "<delivered/>") != NULL;
        l->refusals += strstr(m->body, "<failed/>") != NULL;
        seen.receipts++;
        note(h, "  receipt:", strstr(m->body, "<failed/>") ? "failed" : "delivered");
    }
    return true;
}

static time_t date_of(const char *text)
{
    const char *line = strstr(text, "\r\nDate: ");
    struct tm t = {0};

    return line && strptime(line + 8, "%a, %d %b %Y %T GMT", &t) ? timegm(&t) : 0;
}

static void carol_reads(struct history *h, const struct sip_heard *m)
{
    struct letter *l = shown_in(h, CAROL, span_str(m->body));
    char as[64];

    if (!l) {
        sip_answers(&w, 200);
        return;
    }
    (void)snprintf(as, sizeof as, "%.50s %u", m->call_id, m->cseq);
    if (h->manner / 100 == 2 && strcmp(as, l->shown_as) != 0) {
        (void)snprintf(l->shown_as, sizeof l->shown_as, "%s", as);
        is_shown(h, l, true);
        has_time(h, l, date_of(m->text));
    }
    l->unheard |= h->manner == SILENT;
    l->unsure |= h->manner == SILENT;
    if (h->manner != SILENT)
        sip_answers(&w, h->manner);
}

static void carol_hears(struct history *h)
{
    struct sip_heard m;

    while (sip_next(&w, &m, true)) {
        if (!strcmp(m.method, "MESSAGE") && !is_about_a_letter(h, &m))
            carol_reads(h, &m);
        else if (m.method[0])
            sip_answers(&w, strcmp(m.method, "SUBSCRIBE") ? 200 : 404);
        for (unsigned i = 0; i < h->n && m.status; i++)
            if (!strcmp(h->letters[i].call_id, m.call_id) && m.status >= 200)
                h->letters[i].status = m.status;
    }
}

/* ---- sessions ---- */

static bool is_told(const struct letter *l)
{
    return l->from == CAROL ? l->status != 0 : l->acks + l->errors > 0;
}

/* His session is over: what he was not told yet he will not be told, and what was under way to him
 * may come again. */
static void goes(struct history *h, unsigned who)
{
    struct person *p = &h->who[who];

    aim_hears(h, who);
    for (unsigned i = 0; i < h->n; i++) {
        struct letter *l = &h->letters[i];

        l->excused |= l->from == who && !is_told(l);
        l->unsure |= l->to == who && p->deaf;
    }
    seen.breaks += p->stalled || p->deaf;
    aim_sign_off(&p->aim);
    p->stalled = p->deaf = false;
}

static void comes(struct history *h, unsigned who)
{
    struct person *p = &h->who[who];

    if (aim_is_on(&p->aim) || p->deleted)
        return;
    note(h, "signs on:", p->name);
    assert_true(aim_sign_on(&p->aim, &w, p->name));
    p->session++;
    (void)aim_send(&p->aim, 4, 0x10, NULL, 0);
}

static void all_hear(struct history *h)
{
    carol_hears(h);
    for (unsigned i = 0; i < CAROL; i++) {
        aim_hears(h, i);
        if (aim_is_on(&h->who[i].aim) && net_double_is_closed(h->who[i].aim.line)) {
            note(h, "is hung up on:", h->who[i].name);
            goes(h, i);
        }
    }
}

static void pass(struct history *h, unsigned seconds)
{
    for (; seconds > 0; seconds--) {
        world_pass(&w, SECOND);
        all_hear(h);
        for (unsigned i = 0; i < CAROL && seconds % 30 == 0; i++)
            if (aim_is_on(&h->who[i].aim))
                aim_frame(&h->who[i].aim, 5, (struct span){0});
    }
}

/* ---- what they do ---- */

static struct letter *new_letter(struct history *h, unsigned from, unsigned to)
{
    struct letter *l = &h->letters[h->n];

    *l = (struct letter){.from = from, .to = to, .written = time(NULL)};
    (void)snprintf(l->text, sizeof l->text, "no %u in %u.", h->n, h->number);
    (void)snprintf(l->call_id, sizeof l->call_id, "o%un%u", h->n++, h->number);
    l->excused = h->who[to].blocks[from];
    if (h->loud)
        (void)fprintf(stderr, "%u: %s writes \"%s\" to %s\n", h->step, h->who[from].name, l->text,
                      h->who[to].name);
    return l;
}

static void carol_writes(struct history *h, struct letter *l, unsigned expires)
{
    const struct person *to = &h->who[l->to];
    struct buf b = {0}, body = {0};
    char when[32];

    (void)strftime(when, sizeof when, "%FT%TZ", gmtime(&l->written));
    if (l->imdn)
        buf_fmt(&body,
                "From: <im:%s>\r\nTo: <im:%s>\r\nDateTime: %s\r\nNS: imdn "
                "<urn:ietf:params:imdn>\r\nimdn.Message-ID: %s\r\n"
                "imdn.Disposition-Notification: positive-delivery, negative-delivery\r\n\r\n"
                "Content-Type: text/plain\r\n\r\n",
                h->who[CAROL].uri, to->uri, when, l->call_id);
    buf_str(&body, l->text);
    buf_fmt(&b,
            "MESSAGE sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5080;branch=z9hG4bK%s\r\n"
            "Max-Forwards: 70\r\nFrom: <sip:%s>;tag=f\r\nTo: <sip:%s>\r\nCall-ID: %s\r\n"
            "CSeq: 1 MESSAGE\r\nContent-Type: %s\r\nExpires: %u\r\nContent-Length: %zu\r\n\r\n",
            to->uri, l->call_id, h->who[CAROL].uri, to->uri, l->call_id,
            l->imdn ? "message/cpim" : "text/plain", expires, body.n);
    buf_add(&b, buf_span(&body));
    net_double_datagram(w.net, 5080, buf_span(&b));
    buf_fini(&body);
    buf_fini(&b);
    world_settle(&w);
}

static void writes(struct history *h, unsigned from, unsigned to)
{
    struct person *p = &h->who[from];
    unsigned flags = dice(h, 4);
    struct letter *l;

    if (from == to || h->n == MESSAGES)
        return;
    if (from == CAROL ? h->cut : !aim_is_on(&p->aim) || p->stalled || p->deaf)
        return;
    pass(h, 1); /* the helper tells them apart by their second */
    if (from != CAROL && !aim_is_on(&p->aim))
        return;
    l = new_letter(h, from, to);
    if (from == CAROL) {
        l->imdn = flags == 0;
        carol_writes(h, l, dice(h, 3) ? 86400 : 120);
    } else {
        l->acked_for = flags & AIM_ACK;
        l->serial = w.serial + 1;
        l->session = p->session;
        l->id = aim_says_so(&p->aim, h->who[to].name, 0, span_str(l->text), flags);
    }
    all_hear(h);
}

static void blocks_or_not(struct history *h, unsigned who, unsigned whom)
{
    struct person *p = &h->who[who];

    if (who == whom || !aim_is_on(&p->aim) || p->stalled || p->deaf)
        return;
    p->blocks[whom] = !p->blocks[whom];
    note(h, p->blocks[whom] ? "blocks" : "unblocks", h->who[whom].name);
    for (unsigned i = 0; i < h->n; i++)
        h->letters[i].excused |= h->letters[i].from == whom && h->letters[i].to == who;
    aim_lists(&p->aim, p->blocks[whom], h->who[whom].name, 0, (uint16_t)(10 + whom), 3);
}

/* kill -9. What was in a kernel still arrives. */
static void is_killed(struct history *h)
{
    note(h, "the gateway is killed", "");
    seen.kills++;
    for (unsigned i = 0; i < CAROL; i++)
        h->who[i].stalled = h->who[i].deaf = false;
    h->from_kernel = true;
    all_hear(h);
    h->from_kernel = false;
    for (unsigned i = 0; i < h->n; i++) {
        h->letters[i].excused |= !is_told(&h->letters[i]);
        h->letters[i].unsure = true;
    }
    world_crashes(&w);
    for (unsigned i = 0; i < CAROL; i++)
        if (aim_is_on(&h->who[i].aim)) {
            aim_forget(&h->who[i].aim);
            aim_sign_off(&h->who[i].aim);
        }
    net_double_cut(w.net, h->cut);
}

static void link_comes_or_goes(struct history *h)
{
    all_hear(h);
    h->cut = !h->cut;
    note(h, h->cut ? "the link is cut" : "the link is there again", "");
    for (unsigned i = 0; i < h->n; i++) { /* an answer to her is lost */
        h->letters[i].parted = true;
        h->letters[i].excused |= h->letters[i].from == CAROL && !is_told(&h->letters[i]);
    }
    net_double_cut(w.net, h->cut);
}

static void session_fails(struct history *h, unsigned who)
{
    struct person *p = &h->who[who];

    if (!aim_is_on(&p->aim) || p->stalled || p->deaf) {
        if (aim_is_on(&p->aim))
            goes(h, who);
        return;
    }
    aim_hears(h, who);
    p->stalled = dice(h, 2);
    p->deaf = !p->stalled;
    note(h, p->stalled ? "takes nothing:" : "acknowledges nothing:", p->name);
    if (p->stalled)
        net_double_stall(p->aim.line, true);
    else
        net_double_deafen(p->aim.line);
}

static void is_deleted(struct history *h, unsigned who)
{
    if (h->who[who].deleted)
        return;
    note(h, "is deleted:", h->who[who].name);
    all_hear(h);
    h->who[who].deleted = true;
    for (unsigned i = 0; i < h->n; i++)
        h->letters[i].excused |= h->letters[i].from == who;
    world_deletes(&w, h->who[who].name);
    if (aim_is_on(&h->who[who].aim))
        goes(h, who);
}

static void fills(struct history *h, unsigned to)
{
    if (aim_is_on(&h->who[to].aim))
        return;
    for (unsigned i = 0; i < FULL + 2; i++)
        writes(h, CAROL, to);
    seen.full++;
}

static void step(struct history *h)
{
    static const int manners[] = {200, 200, 200, 202, 200, 403,   404,
                                  480, 486, 500, 503, 603, SILENT};
    unsigned who = dice(h, CAROL), any = dice(h, PEOPLE);

    switch (dice(h, 16)) {
    case 0: h->manner = manners[dice(h, sizeof manners / sizeof *manners)]; break;
    case 1: session_fails(h, who); break;
    case 2: blocks_or_not(h, who, any); break;
    case 3: pass(h, dice(h, 12)); break;
    case 4: pass(h, dice(h, 4) ? 3 : 150); break;
    case 5:
        switch (dice(h, 12)) {
        case 0: is_deleted(h, who); break;
        case 1:
        case 2:
        case 3: is_killed(h); break;
        case 4: fills(h, who); break;
        default: link_comes_or_goes(h);
        }
        break;
    case 6:
    case 7:
        if (aim_is_on(&h->who[who].aim)) {
            note(h, "signs off:", h->who[who].name);
            goes(h, who);
        } else {
            comes(h, who);
        }
        break;
    default: writes(h, any, dice(h, PEOPLE));
    }
    all_hear(h);
}

/* ---- the ledger ---- */

static void check(const struct history *h, const struct letter *l)
{
    bool failed = l->noticed || l->refusals || l->errors || l->status >= 300;
    bool stays_silent = l->from != CAROL && !l->acked_for; /* he is told only of a failure */

    seen.delivered += l->shown > 0;
    seen.failed += failed;
    seen.stored += l->status == 202;
    if (l->shown && failed && !l->unsure && !l->unheard)
        wrong(h, l, "is shown, and its sender was told that it failed");
    if (l->receipts && !l->shown)
        wrong(h, l, "has a receipt, and is not shown");
    if (l->receipts > 1 || l->refusals > 1 || (l->receipts && l->refusals))
        wrong(h, l, "has two receipts");
    if (l->excused)
        return;
    if (!is_told(l) && !stays_silent)
        wrong(h, l, "has no answer");
    if (!l->shown && !failed)
        wrong(h, l, "is lost, and its sender does not know it");
    if (l->imdn && l->shown && !l->receipts && !l->unsure && !l->parted)
        wrong(h, l, "is shown, and has no receipt");
}

static void ends(struct history *h)
{
    h->step++;
    h->manner = 200;
    for (unsigned i = 0; i < CAROL; i++)
        if (aim_is_on(&h->who[i].aim))
            goes(h, i);
    if (h->cut)
        link_comes_or_goes(h);
    for (unsigned i = 0; i < CAROL; i++)
        comes(h, i);
    pass(h, 240);
    for (unsigned i = 0; i < h->n; i++)
        check(h, &h->letters[i]);
    for (unsigned i = 0; i < CAROL; i++)
        aim_sign_off(&h->who[i].aim);
    sip_forget(&w);
}

static void names(unsigned number, struct person who[PEOPLE])
{
    for (unsigned i = 0; i < CAROL; i++) {
        (void)snprintf(who[i].name, sizeof who[i].name, "%s%u", i ? "his" : "her", number);
        (void)snprintf(who[i].uri, sizeof who[i].uri, "%s@aim.test", who[i].name);
    }
    (void)snprintf(who[CAROL].name, sizeof who[CAROL].name, "carol%u@sip.example.org", number);
    (void)snprintf(who[CAROL].uri, sizeof who[CAROL].uri, "%s", who[CAROL].name);
}

static void one_history(unsigned number, bool loud)
{
    static struct history h;

    h = (struct history){.number = number,
                         .chance = (number + 1) * 0x9E3779B97F4A7C15u,
                         .loud = loud,
                         .manner = 200};
    names(number, h.who);
    world_make(&w, WORLD_FREE);
    world_users_begin(&w);
    for (unsigned i = 0; i < CAROL; i++)
        world_user(&w, h.who[i].name);
    world_users_end(&w);
    for (unsigned i = 0; i < CAROL; i++)
        comes(&h, i);
    for (h.step = 1; h.step <= STEPS; h.step++)
        step(&h);
    ends(&h);
    world_end(&w);
}

static void each_message_ends_in_one_outcome_that_its_sender_learns(void **state)
{
    const char *alone = getenv("HISTORY"), *wanted = getenv("HISTORIES");
    unsigned count = wanted ? (unsigned)atoi(wanted) : HISTORIES;

    (void)state;
    if (alone) {
        one_history((unsigned)atoi(alone), true);
        return;
    }
    for (unsigned n = 0; n < count && n < HISTORIES_MAX; n++)
        one_history(n, false);
    print_message("# delivered %u, stored %u, failed %u, late %u, kills %u, breaks %u, noticed %u, "
                  "receipts %u, twice %u, full %u\n",
                  seen.delivered, seen.stored, seen.failed, seen.late, seen.kills, seen.breaks,
                  seen.noticed, seen.receipts, seen.twice, seen.full);
    if (seen.delivered < 3 * count || seen.stored < count || seen.failed < count ||
        seen.late < count / 5 || seen.kills < count / 4 || seen.breaks < count / 2 ||
        seen.noticed < count / 5 || seen.receipts < count / 2 || seen.full < count / 50)
        fail_msg("too little happened");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_ends_in_one_outcome_that_its_sender_learns),
    };

    return cmocka_run_group_tests_name("scenario/outcome", tests, NULL, NULL);
}
