/** The inside of the spool, shared by its files and nobody else. */
#ifndef TOCSIN_SPOOL_INSIDE_H
#define TOCSIN_SPOOL_INSIDE_H

#include <sqlite3.h>

#include "spool/spool.h"

enum sentence {
    PUT,
    END,
    FORGET,
    REVOKE,
    SAY_AGAIN,
    PURGE,
    STRIP,
    KEEP_DEVICE,
    FIND,
    EACH_FATE,
    EACH_WAITING,
    EACH_DEVICE,
    EACH_KEPT_ALERT,
    READ,
    COUNT,
    EVERY,
    SENTENCES
};

extern const char spool_schema[];
extern const char *const spool_sentences[SENTENCES];

struct spool {
    sqlite3 *db;
    sqlite3_stmt *sentences[SENTENCES];
    bool began; /* a transaction is open */
    enum status failed;
    struct diag why;
};

void spool_bind_text(sqlite3_stmt *statement, int at, const char *text);
void spool_take_text(char *out, size_t room, sqlite3_stmt *row, int at);

#endif
