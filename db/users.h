/* Local accounts. A user has one normalised screen name (mapping/name.h makes it), by which all
 * others know it, and an id that is never given out twice. The password is a sealed blob here,
 * which the caller seals and opens. */
#ifndef DB_USERS_H
#define DB_USERS_H

#include "base/buf.h"
#include "db/store.h"

enum user_setting {
#define SETTING(name, kind, standard, help) USER_##name,
#include "db/settings.def"
#undef SETTING
    USER_SETTING__COUNT
};

enum user_consent { CONSENT_OPEN, CONSENT_CONFIRM };
enum user_block { BLOCK_POLITE, BLOCK_OPEN };
enum user_form { FORM_AUTO, FORM_ALWAYS, FORM_NEVER };

struct user_row {
    int64_t id;
    struct span name;                      /* normalised */
    struct span formatted;                 /* as shown: capitals and spaces */
    struct span password;                  /* sealed */
    uint8_t settings[USER_SETTING__COUNT]; /* index: enum user_setting; value: 0/1 or one of the
                                              enums above */
    int64_t created;
    uint16_t warning; /* how far others have warned him, tenths of a percent ... */
    int64_t warned;   /* ... and when that was so; users_add leaves both 0 */
};

/* Everything standard in `settings`. */
void user_settings_init(uint8_t *settings);
const char *user_setting_name(enum user_setting which);
const char *user_setting_help(enum user_setting which);
/* By its name; false when there is none such. */
bool user_setting_find(struct span name, enum user_setting *out);
/* The word for a value ("on", "confirm"), NULL when there is none; and back. */
const char *user_setting_word(enum user_setting which, uint8_t value);
bool user_setting_value(enum user_setting which, struct span word, uint8_t *out);
/* As they stand in the database: "name=word name=word", only what is not standard. */
void user_settings_print(const uint8_t *settings, struct buf *out);
void user_settings_parse(struct span text, uint8_t *settings);

/* The name no account may have: the helper buddy. */
bool user_name_is_reserved(struct span name);

/* ERR_EXISTS; ERR_RESERVED when the name is the helper's or held by a binding. row->id is ignored,
 * *id set. */
enum err users_add(struct store *s, const struct user_row *row, int64_t *id);
/* Everything of theirs goes too (contacts, roster, privacy, publications); messages stored for them
 * count as expired from now on, so that their senders are told. ERR_NO_USER. Several statements. */
enum err users_delete(struct store *s, struct span name);
enum err users_set_password(struct store *s, struct span name,
                            struct span sealed); /* ERR_NO_USER */
/* The new spelling must normalise to the same name: the caller sees to that. ERR_NO_USER. */
enum err users_set_formatted(struct store *s, struct span name, struct span formatted);
/* Where `authorisation` comes on, whoever has him on his list by then is authorised. ERR_NO_USER.
 * Several statements. */
enum err users_set_settings(struct store *s, struct span name, const uint8_t *settings);
enum err users_set_warning(struct store *s, struct span name, uint16_t warning,
                           int64_t warned); /* ERR_NO_USER */
/* ERR_NO_USER when there is none. */
enum err users_find(struct store *s, struct span name, struct arena *a, struct user_row *out);
enum err users_find_id(struct store *s, int64_t id, struct arena *a, struct user_row *out);
/* Sorted by name. */
enum err users_list(struct store *s, struct cursor *c);
bool users_next(struct cursor *c, struct user_row *out);
enum err users_count(struct store *s, int64_t *out);

#endif
