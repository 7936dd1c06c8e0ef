/* The schema and its numbered steps. Step NNN is db/schema/NNN.sql, built into the program; the
 * database remembers the last one it took (user_version). A step runs in one transaction: it
 * happened, or it did not. */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include "db/store.h"

struct migration {
    int version; /* 1, 2, 3 … without gaps */
    const char *sql;
};

extern const struct migration migrations[];
extern const size_t migrations_count;

/* Takes all steps that are still to take. ERR_NEWER when the database is ahead of the last one. */
enum err migrate(struct store *s, const struct migration *steps, size_t n);
/* The version a database is at; -1 when it cannot be read. */
int migrate_version(struct store *s);

#endif
