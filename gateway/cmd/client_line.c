#include "gateway/cmd/client_line.h"

#include "mapping/name.h"

/* How many words a command takes behind it: a name, a text, or none. */
enum takes { NOTHING, NAME, TEXT };

static const struct {
    const char *word;
    enum client_line_is is;
    enum takes takes;
} commands[] = {
    {"/away", LINE_AWAY, TEXT},    {"/back", LINE_BACK, NOTHING}, {"/add", LINE_ADD, NAME},
    {"/who", LINE_WHO, NOTHING},   {"/to", LINE_TO, NAME},        {"/help", LINE_HELP, NOTHING},
    {"/quit", LINE_QUIT, NOTHING}, {"/exit", LINE_QUIT, NOTHING},
};

static void read_command(struct span line, struct client_line *out)
{
    size_t space = span_find(line, ' ');
    struct span word = span_first(line, space), rest = span_trim(span_skip(line, space));

    *out = (struct client_line){.is = LINE_UNKNOWN, .name = word};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (!span_case_is(word, commands[i].word))
            continue;
        out->is = commands[i].is;
        if (commands[i].takes == TEXT)
            out->text = rest;
        else if (commands[i].takes == NAME && rest.n == 0)
            out->is = LINE_NEEDS_NAME;
        else if (commands[i].takes == NAME)
            out->name = rest;
    }
    if (out->is == LINE_AWAY && out->text.n == 0)
        out->is = LINE_BACK;
}

static bool is_name(struct span s, const struct client_people *known, bool has_partner)
{
    char norm[SCREEN_NAME_MAX + 1];
    size_t n;

    if (client_people_find(known, s))
        return true;
    if (s.n == 0 || name_norm(s, norm, &n) == NAME_BAD)
        return false;
    return span_find(s, ' ') == s.n || !has_partner;
}

void client_line_read(struct span line, const struct client_people *known, bool has_partner,
                      struct client_line *out)
{
    size_t colon;

    line = span_trim(line);
    *out = (struct client_line){.is = line.n ? LINE_SAY : LINE_EMPTY, .text = line};
    if (span_starts(line, SPAN("//"))) {
        out->text = span_skip(line, 1);
        return;
    }
    if (span_starts(line, SPAN("/"))) {
        read_command(line, out);
        return;
    }
    colon = span_search(line, SPAN(": "));
    if (colon < line.n && is_name(span_trim(span_first(line, colon)), known, has_partner)) {
        out->name = span_trim(span_first(line, colon));
        out->text = span_trim(span_skip(line, colon + 2));
    }
}
