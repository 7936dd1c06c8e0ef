/* aimgate user import: many accounts at once, all or none. Lines of NAME, a tab, PASSWORD on
 * standard input. All is read before the database is locked, so that a slow writer of those lines
 * never holds up a running daemon. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/table.h"
#include "db/store_open.h"
#include "db/store_transaction.h"
#include "gateway/cmd/data.h"
#include "gateway/cmd/password.h"
#include "gateway/cmd/user.h"
#include "mapping/address.h"

enum { PROGRESS_MS = 2000, READ_STEP = 64 * 1024 };

struct import {
    const struct cmd_context *c;
    struct buf input; /* holds passwords: wiped */
    struct arena arena;
    struct table names; /* normal forms that were in this input already */
    struct entry *entries;
    size_t n, cap;
    size_t lines, refused;
    int64_t told; /* when the last progress line was written */
};

struct entry {
    size_t line;
    struct span norm, formatted, password;
    const char *fault;        /* why it is refused; NULL: it is good */
    const char *fault_before; /* what stands between name and fault */
};

static int64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void progress(struct import *im, size_t done)
{
    int64_t now = now_ms();

    if (now - im->told < PROGRESS_MS)
        return;
    im->told = now;
    (void)fprintf(stderr, "%zu of %zu accounts\n", done, im->n);
}

static void refuse_entry(struct import *im, struct entry *e, const char *before, const char *fault)
{
    e->fault_before = before;
    e->fault = fault;
    im->refused++;
}

/* The name may be anything: what a terminal would obey is not shown. */
static void print_refusal(const struct entry *e)
{
    char shown[SCREEN_NAME_MAX + 1];
    size_t n = 0;

    for (; n < e->formatted.n && n < SCREEN_NAME_MAX; n++) {
        uint8_t c = e->formatted.p[n];

        shown[n] = (char)(c < 0x20 || c == 0x7F ? '?' : c);
    }
    shown[n] = 0;
    (void)fprintf(stderr, "line %zu: %s%s%s%s\n", e->line, shown, n ? " " : "", e->fault_before,
                  e->fault);
}

/* A buffer that grows by copying would leave passwords behind: the old one is wiped. */
static bool grow_input(struct buf *b)
{
    struct buf bigger = {.max = IMPORT_BYTES_MAX + READ_STEP};
    size_t want = b->cap ? b->cap * 2 : (size_t)READ_STEP * 4;

    if (!buf_room(&bigger, want < bigger.max ? want : bigger.max))
        return false;
    if (b->n)
        memcpy(bigger.p, b->p, b->n);
    bigger.n = b->n;
    seal_wipe(b);
    *b = bigger;
    return true;
}

static int read_input(struct import *im)
{
    struct buf *b = &im->input;

    for (;;) {
        ssize_t n;

        if (b->cap - b->n < READ_STEP && !grow_input(b))
            return cmd_refuse("out of memory; import fewer accounts at a time");
        n = read(STDIN_FILENO, b->p + b->n, READ_STEP);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cmd_refuse("standard input cannot be read: %s", strerror(errno));
        if (n == 0)
            return CMD_DONE;
        b->n += (size_t)n;
        if (b->n > IMPORT_BYTES_MAX)
            return cmd_refuse("the input is longer than 32 MiB; import fewer accounts at a time");
    }
}

static bool keep(struct import *im, const struct entry *e)
{
    if (im->n == im->cap) {
        size_t cap = im->cap ? im->cap * 2 : 1024;
        struct entry *more = realloc(im->entries, cap * sizeof *more);

        if (!more)
            return false;
        im->entries = more;
        im->cap = cap;
    }
    im->entries[im->n++] = *e;
    return true;
}

/* One line without its end: NAME, tab, PASSWORD. ERR_NOMEM is the only error: a line that is
 * refused is kept with its fault. */
static enum err read_entry(struct import *im, struct span line)
{
    size_t tab = span_find(line, '\t');
    struct entry e = {.line = im->lines,
                      .formatted = span_first(line, tab),
                      .password = span_skip(line, tab + 1)};
    const char *name_fault = user_name_fault(im->c->conf, e.formatted, &im->arena, &e.norm);
    const char *fault = password_fault(e.password);
    enum err added;

    if (tab == line.n) {
        e.formatted = (struct span){0}; /* the whole line may be a password: it is not shown */
        refuse_entry(im, &e, "", "has no tab between name and password");
    } else if (name_fault) {
        refuse_entry(im, &e, "", name_fault);
    } else if (fault) {
        refuse_entry(im, &e, "cannot be added: the password ", fault);
    } else {
        added = table_add(&im->names, e.norm, im);
        if (added == ERR_EXISTS)
            refuse_entry(im, &e, "", "is in an earlier line already");
        else if (added != OK)
            return added;
    }
    return keep(im, &e) ? OK : ERR_NOMEM;
}

static int read_entries(struct import *im)
{
    struct span rest = buf_span(&im->input);

    while (rest.n) {
        struct span line = span_first(rest, span_find(rest, '\n'));

        rest = span_skip(rest, line.n + 1);
        im->lines++;
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        if (line.n == 0)
            continue;
        if (im->n >= IMPORT_MAX)
            return cmd_refuse("more than %d accounts; import fewer at a time", IMPORT_MAX);
        if (read_entry(im, line) != OK)
            return cmd_refuse("out of memory; import fewer accounts at a time");
    }
    return CMD_DONE;
}

/* Goes on after a refusal: every one is to be told. */
static enum err add_each(struct import *im, struct store *s, const struct seal_key *key)
{
    for (size_t i = 0; i < im->n; i++) {
        struct entry *entry = &im->entries[i];
        enum err e = OK;

        if (!entry->fault)
            e = user_add_sealed(s, key, entry->norm, entry->formatted, entry->password);
        if (user_add_fault(e))
            refuse_entry(im, entry, "", user_add_fault(e));
        else if (e != OK)
            return e;
        progress(im, i + 1);
    }
    return OK;
}

static int add_all(struct import *im, struct store *s, const struct seal_key *key)
{
    enum err e = store_begin(s);

    if (e == OK)
        e = add_each(im, s, key);
    if (e == OK && im->refused == 0)
        e = store_commit(s);
    else
        store_rollback(s);
    return e == OK ? CMD_DONE : data_refuse(im->c, s, e);
}

static int run(struct import *im)
{
    struct store *s = NULL;
    struct seal_key key;
    int status = read_input(im);

    if (status == CMD_DONE)
        status = read_entries(im);
    if (status == CMD_DONE)
        status = user_open(im->c, STORE_WRITE, &s, &key);
    if (status != CMD_DONE)
        return status;
    status = add_all(im, s, &key);
    seal_key_fini(&key);
    store_close(s);
    for (size_t i = 0; i < im->n && status == CMD_DONE; i++)
        if (im->entries[i].fault)
            print_refusal(&im->entries[i]);
    if (status == CMD_DONE && im->refused)
        status = cmd_refuse("nothing was imported; mend these lines and import all of them again");
    if (status == CMD_DONE) {
        data_tell(im->c, "users added", (struct span){0});
        printf("imported %zu accounts\n", im->n);
    }
    return status;
}

int cmd_user_import(const struct cmd_context *c)
{
    struct import im = {.c = c, .told = now_ms()};
    int status;

    table_init(&im.names);
    status = run(&im);
    table_fini(&im.names);
    arena_fini(&im.arena);
    free(im.entries);
    seal_wipe(&im.input);
    return status;
}
