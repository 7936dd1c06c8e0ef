/* aimgate report list|del: what users reported to the operator. */

#include <jansson.h>

#include "db/reports.h"
#include "gateway/cmd/cmd.h"
#include "gateway/cmd/data.h"
#include "simple/doc/xml_time.h"

/* What others wrote is shown without anything that a terminal obeys. */
static void print_clean(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        (void)putchar(s.p[i] < 0x20 || s.p[i] == 0x7F ? ' ' : s.p[i]);
}

static bool next_line(struct span *left, struct span *line)
{
    size_t end = span_find(*left, '\n');

    *line = span_first(*left, end);
    *left = span_skip(*left, end + 1);
    return line->n > 0;
}

static json_t *text(struct span s)
{
    json_t *j = json_stringn((const char *)s.p, s.n);

    return j ? j : json_string("?");
}

static void print_json_row(const struct report *row, const char *time, bool first)
{
    json_t *lines = json_array();
    struct span left = row->evidence, line;

    while (next_line(&left, &line))
        (void)json_array_append_new(lines, text(line));
    data_row(json_pack("{s:I,s:s,s:o,s:o,s:o,s:o}", "id", (json_int_t)row->id, "time", time,
                       "reporter", text(row->reporter), "subject", text(row->subject), "words",
                       text(row->words), "evidence", lines),
             first);
}

static void print_row(const struct report *row, const char *time)
{
    struct span left = row->evidence, line;

    printf("%lld  %s  %.*s reports ", (long long)row->id, time, SPAN_ARG(row->reporter));
    print_clean(row->subject);
    if (row->words.n) {
        printf(": ");
        print_clean(row->words);
    }
    printf("\n");
    while (next_line(&left, &line)) {
        printf("    ");
        print_clean(line);
        printf("\n");
    }
}

static enum err print_all(const struct cmd_context *c, struct store *s, size_t *n)
{
    struct buf time = {0};
    struct cursor list;
    struct report row;
    enum err e = reports_list(s, &list);

    for (; e == OK && reports_next(&list, &row); ++*n) {
        buf_reset(&time);
        xml_time_print(&time, row.created);
        if (c->json)
            print_json_row(&row, buf_cstr(&time), *n == 0);
        else
            print_row(&row, buf_cstr(&time));
    }
    buf_fini(&time);
    return cursor_close(&list);
}

int cmd_report_list(const struct cmd_context *c)
{
    return data_list(c, print_all, "no reports");
}

int cmd_report_del(const struct cmd_context *c)
{
    struct store *s = NULL;
    uint64_t id;
    int status;
    enum err e;

    if (!span_number(span_str(c->argv[1]), INT64_MAX, &id))
        return cmd_refuse("%s is no number; report list shows them", c->argv[1]);
    status = data_open(c, STORE_UPDATE, &s);
    if (status != CMD_DONE)
        return status;
    e = reports_delete(s, (int64_t)id);
    if (e == ERR_NOT_FOUND)
        status = cmd_refuse("there is no report %s; report list shows them", c->argv[1]);
    else if (e)
        status = data_refuse(c, s, e);
    store_close(s);
    return status;
}
