/** The inside of the spool, shared by its files and nobody else. */
#ifndef TOCSIN_SPOOL_INSIDE_H
#define TOCSIN_SPOOL_INSIDE_H

#include <sqlite3.h>

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

#endif
