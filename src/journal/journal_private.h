/** What the files of the journal share; nobody else includes it. */
#ifndef TOCSIN_JOURNAL_JOURNAL_PRIVATE_H
#define TOCSIN_JOURNAL_JOURNAL_PRIVATE_H

#include <sqlite3.h>

#include "journal/journal.h"

struct journal {
    sqlite3 *db;
    sqlite3_stmt *insert;
    sqlite3_stmt *mark;
    sqlite3_stmt *find;
    uint64_t base;
    uint8_t base_chain[CHAIN_SIZE];
    uint64_t head;
    uint8_t chain[CHAIN_SIZE];
};

/** The chain's hash with this record at its end. */
void journal_link(uint8_t chain[CHAIN_SIZE], const struct record *record);

#endif
