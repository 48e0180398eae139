/** The inside of the spool, shared by its files and nobody else. */
#ifndef TOCSIN_SPOOL_INSIDE_H
#define TOCSIN_SPOOL_INSIDE_H

#include <sqlite3.h>

#include "spool/spool.h"
#include "wire/rest.h"

enum sentence {
    PUT,
    END,
    FORGET,
    REVOKE,
    SAY_AGAIN,
    PURGE,
    FADE,
    FADE_PICTURES,
    STRIP,
    CUT_WORDS,
    CUT_PICTURES,
    CUT_BYTES,
    CUT_FATES,
    KEEP_DEVICE,
    FIND,
    EACH_FATE,
    EACH_WAITING,
    EACH_DEVICE,
    EACH_KEPT_ALERT,
    READ,
    COUNT,
    EVERY,
    END_PICTURE_OF,
    END_PICTURES_OF,
    AGAIN_PICTURES,
    KEEP_PICTURE,
    PICTURE_WAITS,
    END_PICTURE,
    DROP_PICTURE,
    PURGE_PICTURES,
    DROP_PICTURES,
    STRIP_PICTURES,
    NEXT_PICTURE,
    READ_PICTURE,
    EACH_PICTURE,
    PUT_LOOK,
    KEEP_LOOK,
    CUT_LOOKS,
    END_LOOK,
    AGAIN_LOOKS,
    DROP_LOOKS,
    FADE_LOOKS,
    STRIP_LOOKS,
    EACH_LOOK,
    SENTENCES
};

#define FATE_COLUMNS                                                           \
    21 /* what take_fate reads: a sentence's own come after                    \
        */

extern const char spool_schema[];
/** Of the version before, in the transaction at hand. */
extern const char spool_lift[];
extern const char *const spool_sentences[SENTENCES];

struct spool {
    sqlite3 *db;
    sqlite3_stmt *sentences[SENTENCES];
    bool began;    /* a transaction is open */
    bool truncate; /* what it ends of a child is not left in the log either */
    bool damaged;  /* and there was no room for another one */
    struct diag absent; /* why it is not there; db is one in memory then */
    enum status failed;
    struct diag why;
    enum status unread; /* of the last question */
    struct diag unread_why;
    uint8_t key[REST_KEY_SIZE];
    uint8_t *opened; /* what was read last */
};

void spool_bind_text(sqlite3_stmt *statement, int at, const char *text);
sqlite3_stmt *spool_say(struct spool *spool, enum sentence which);
/** A question, to be ended so: what it has told is all there is, or unread says
 *  that it may not be. */
sqlite3_stmt *spool_ask(struct spool *spool, enum sentence which);
void spool_asked(struct spool *spool, sqlite3_stmt *query);
/** The same inside the transaction at hand, which begins here if need be. */
sqlite3_stmt *spool_stage(struct spool *spool, enum sentence which);
/** Step a statement that gives no rows; a failure is remembered. */
void spool_done(struct spool *spool, sqlite3_stmt *statement);
/** One that takes a text and no more, staged and done. */
void spool_run_on(struct spool *spool, enum sentence which, const char *text);
void spool_bind_bytes(sqlite3_stmt *statement, int at, const void *bytes,
                      size_t size);
void spool_take_fate(struct fate *fate, sqlite3_stmt *row);
/** false: they could not be read to the end. */
bool spool_give_fates(sqlite3_stmt *query,
                      bool (*each)(void *to, const struct fate *fate),
                      void *to);

/** The same of a question. */
void spool_tell_fates(struct spool *spool, sqlite3_stmt *query,
                      bool (*each)(void *to, const struct fate *fate),
                      void *to);

/* spool_read.c */
void read_port(struct gateway_spool *port);
/* In the column `revoked`: else since when the centre does not know it, in
 * which an earlier version sees one that is revoked; 0: neither. */
#define DEVICE_REVOKED 1

/* spool_letters.c: what a handheld has signed, sealed */
/** In heap memory; the size of what is sealed is set. */
uint8_t *letter_seal(const struct spool *spool, const struct fate *fate,
                     const Tocsin__V1__SignedAnswer *answer, size_t *size);
/** Valid until the next one is opened; false: it does not open. */
bool letter_open(struct spool *spool, const struct fate *fate,
                 const void *sealed, size_t size,
                 Tocsin__V1__SignedAnswer *answer);

/* spool_open.c */
#define SEAL_NAME (2 * 8 + 1)
enum status spool_open_tables(struct spool *spool,
                              const struct spool_owner *owner,
                              struct diag *why);
/** The key that it is sealed with, as `about` names it. */
const char *spool_seal_name(char out[SEAL_NAME],
                            const uint8_t key[REST_KEY_SIZE]);
/** Of today's secret: 0, and of those before, from 1 on; false: no such one. */
bool spool_key_of(const struct spool_owner *owner, size_t number,
                  uint8_t key[REST_KEY_SIZE]);

/* spool_leaves.c */
/** Into another one, in the transaction at hand, what the leaves of the damaged
 *  file have that was not taken over yet. */
enum status spool_take_leaves(sqlite3 *db, const char *path,
                              const struct spool_owner *owner,
                              struct diag *why);

/* spool_rewrite.c: inside the transaction that is open */
/** Seal what an earlier version has left in the clear. */
enum status spool_lift_letters(struct spool *spool, struct diag *why);
/** Seal what was sealed with a former key. */
enum status spool_reseal(struct spool *spool,
                         const uint8_t former[REST_KEY_SIZE], struct diag *why);

/* spool_pictures.c */
void pictures_port(struct gateway_spool *port);
/** Its answer was refused. */
void pictures_end_of(struct spool *spool, const struct fate *fate);

/* spool_keep.c */
void keep_port(struct gateway_spool *port);

/* spool_looks.c */
void looks_say_again(struct spool *spool);
void looks_port(struct gateway_spool *port);

void spool_take_text(char *out, size_t room, sqlite3_stmt *row, int at);

#endif
