/* The per-account settings as words. */
#include "db/users.h"

enum { WORDS_MAX = 4 };
enum kind { SWITCH, CONSENT, FORM, INPUT, MARKUP, BLOCK };

static const struct {
    const char *name;
    enum kind kind;
    uint8_t standard;
    const char *help;
} settings[] = {
#define SETTING(name, kind, standard, help) {#name, kind, standard, help},
#include "db/settings.def"
#undef SETTING
};

static const char *const words[][WORDS_MAX] = {
    [SWITCH] = {"off", "on"},
    [CONSENT] = {"open", "confirm"},
    [FORM] = {"auto", "always", "never"},
    [BLOCK] = {"polite", "open"},
    [MARKUP] = {"accept", "no", "yes"}, /* enum conf_html */
    [INPUT] = {"no", "bare", "thresholds", "full"},
};

void user_settings_init(uint8_t *to)
{
    for (size_t i = 0; i < USER_SETTING__COUNT; i++)
        to[i] = settings[i].standard;
}

const char *user_setting_name(enum user_setting which)
{
    return settings[which].name;
}

const char *user_setting_help(enum user_setting which)
{
    return settings[which].help;
}

bool user_setting_find(struct span name, enum user_setting *out)
{
    for (size_t i = 0; i < USER_SETTING__COUNT; i++)
        if (span_is(name, settings[i].name)) {
            *out = (enum user_setting)i;
            return true;
        }
    return false;
}

const char *user_setting_word(enum user_setting which, uint8_t value)
{
    return value < WORDS_MAX ? words[settings[which].kind][value] : NULL;
}

bool user_setting_value(enum user_setting which, struct span word, uint8_t *out)
{
    for (size_t i = 0; i < WORDS_MAX; i++) {
        const char *w = user_setting_word(which, (uint8_t)i);

        if (w && span_is(word, w)) {
            *out = (uint8_t)i;
            return true;
        }
    }
    return false;
}

void user_settings_print(const uint8_t *from, struct buf *out)
{
    for (size_t i = 0; i < USER_SETTING__COUNT; i++) {
        const char *word = user_setting_word((enum user_setting)i, from[i]);

        if (from[i] != settings[i].standard && word)
            buf_fmt(out, "%s%s=%s", out->n ? " " : "", settings[i].name, word);
    }
}

void user_settings_parse(struct span text, uint8_t *to)
{
    user_settings_init(to);
    while (text.n && text.p) {
        struct span pair = span_first(text, span_find(text, ' '));
        struct span name = span_first(pair, span_find(pair, '='));
        enum user_setting which;

        /* what this version does not know, a later one wrote: the standard holds */
        if (user_setting_find(name, &which))
            (void)user_setting_value(which, span_skip(pair, name.n + 1), &to[which]);
        text = span_skip(text, pair.n + 1);
    }
}
