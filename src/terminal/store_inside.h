/** The inside of the store, shared by its files and nobody else. */
#ifndef TOCSIN_TERMINAL_STORE_INSIDE_H
#define TOCSIN_TERMINAL_STORE_INSIDE_H

#include <sqlite3.h>
#include <sys/types.h>

#include "sqlite/sqlite.h"
#include "terminal/store.h"
#include "wire/rest.h"

#define STORE_PATH_MAX 4096
#define STORE_PURPOSE "tocsin/v1/terminal-store" /* of the key of its own */

enum sentence {
    KEEP_MARKS,
    KEEP_ALERT,
    KEEP_WITHDRAWAL,
    STRIP,
    STRIP_ANSWERS,
    DROP,
    KEEP_THUMBNAIL,
    PICTURE_OF,
    PICTURE_USERS,
    EACH,
    READ_ALERT,
    KEEP_TOLD,
    END_TOLD,
    EACH_UNTOLD,
    KEEP_STATE,
    READ_STATE,
    QUEUE,
    QUEUE_LOOK,
    RAISE_RUNG,
    END_LOOK,
    CUT_LOOKS,
    END_MACHINE,
    END_PERSONAL,
    IS_FOUND,
    FORGET_FOUND,
    SAY_AGAIN,
    /* as enum lane_of has them */
    NEXT_ANSWER,
    NEXT_ANSWER_CALM,
    NEXT_ANSWER_MACHINE,
    FATE,
    KEEP_WORD,
    STRIP_WORDS,
    EACH_ANSWER,
    ADD_WANTED,
    STRIP_WANTED,
    READ_WANTED,
    COUNT_ANSWERS,
    ADD_PHOTOGRAPH,
    NEXT_PHOTOGRAPH,
    READ_PHOTOGRAPH,
    END_PHOTOGRAPH,
    END_PHOTOGRAPH_OF,
    PHOTOGRAPHS_AGAIN,
    STRIP_PHOTOGRAPHS,
    PURGE_PHOTOGRAPHS,
    COUNT_PHOTOGRAPHS,
    DATA_VERSION,
    SENTENCES
};

/* One bit each in the column marks. On disk: add at the end. */
enum mark {
    MARK_EXERCISE = 1,
    MARK_WITHDRAWN = 2,
    MARK_EXPIRED = 4,
    MARK_GONE = 8,
    MARK_BARE = 16,
    MARK_FOR_US = 32,
    MARK_WAS_FOR_US = 64,
    MARK_PICTURE_HERE = 128,
    MARK_PNG = 256,
    MARK_WAITS = 512 /* for its ring; earlier versions knew none */
};

extern const char store_schema[];
extern const char *const store_sentences[SENTENCES];

struct store {
    sqlite3 *db;
    sqlite3 *disk; /* while it is full and db is in memory; else NULL */
    /* CORRUPT, FULL, DISK: why the file cannot be opened as it is. db is one in
     * memory then, until store_mend; torn is what can be read of a damaged one.
     */
    struct diag unopened;
    sqlite3 *torn;
    bool failing; /* the disk, which did not take another one */
    sqlite3_stmt *sentences[SENTENCES];
    char folder[STORE_PATH_MAX];
    uint8_t rest[REST_KEY_SIZE];
    bool has_secret;
    ino_t inode; /* of the file that is open */
    int daemon_fd;
    bool locked;
    bool began;    /* a transaction is open */
    bool waits;    /* for who writes: what is staged is kept meanwhile */
    bool truncate; /* something was taken away: not even in the log */
    struct staged *first_staged;
    struct staged *last_staged;
    bool own_answer;      /* put in by this very handle */
    int64_t version;      /* data_version as last seen */
    int64_t disk_version; /* of the full disk, when it was left */
    enum status failed;
    struct diag why;
    struct store_waiting waiting;
    int64_t wait_began_ms;
    bool wait_said;
};

#define DAEMON_PATIENCE_MS 100 /* its loop goes on meanwhile with nothing */

/** A statement ready to be bound; outside of any transaction when only read. */
sqlite3_stmt *store_say(struct store *store, enum sentence which);
void store_fail(struct store *store, const char *doing);
enum status store_prepare(struct store *store, struct diag *why);
void store_unprepare(struct store *store);
/** Open the file; its tables are another step. */
enum status store_open_database(struct store *store, const char *name,
                                struct diag *why);

/* store_unopened.c */
/** The file and its tables; where that fails with CORRUPT, FULL or DISK one in
 *  memory instead. */
enum status store_open_files(struct store *store,
                             const struct store_owner *owner, struct diag *why);
/** An empty one in memory; what was open is what can be read of a damaged one.
 */
enum status store_leave_unopened(struct store *store,
                                 const struct store_owner *owner,
                                 const struct diag *reason, struct diag *why);
/** One that was not opened because the disk was full, or failed. Fails:
 *  STATUS_FULL: as it was, whatever the disk says. It may be damaged, which is
 *  STATUS_OK. */
enum status store_open_late(struct store *store,
                            const struct store_owner *owner, struct diag *why);

/* store_leaves.c */
/** Into this store what the leaves of the damaged file have that was not taken
 *  over yet. key: the node's public one; NULL: not known. */
enum status store_take_leaves(struct store *store, const uint8_t *key,
                              struct store_mended *out, struct diag *why);

/* store_memory.c */
/** What is committed, as a database of its own; NULL: it cannot be read. */
sqlite3 *store_copy_of(sqlite3 *disk);
enum status store_find_room(const struct store *store, struct diag *why);

/* store_wait.c */
#define STORE_WRITER_MAX 60
/** Who writes to it now, in words. */
void store_writer(const struct store *store, char text[STORE_WRITER_MAX]);

/* store_tables.c */
enum status tables_open(struct store *store, const struct store_owner *owner,
                        struct diag *why);
/** The row's first column; false: it is not of this version. */
bool store_take_state(struct terminal_state *out, sqlite3_stmt *row);

/* store_staged.c */
/** The same inside the transaction at hand, which begins here if need be. */
sqlite3_stmt *store_stage(struct store *store, enum sentence which);
/** Step a statement that gives no rows; a failure is remembered. */
void store_done(struct store *store, sqlite3_stmt *statement);
/** For what must not stay staged when its commit fails. Fails: STATUS_BUSY:
 *  nothing of it may be staged now. */
enum status store_begin(struct store *store, struct diag *why);
/** Fails: STATUS_BUSY, of the daemon alone: it stays staged, to be tried again;
 *  STATUS_FULL, STATUS_DISK, STATUS_CORRUPT: all of it is gone. */
enum status store_commit(struct store *store, struct diag *why);
void staged_forget(struct store *store);

void bind_text(sqlite3_stmt *statement, int at, const char *text);
void bind_blob(sqlite3_stmt *statement, int at, struct blob blob);
struct blob column_blob(sqlite3_stmt *statement, int at);

/* store_alerts.c */
/** Alerts by their ids: read all at once, so that nobody is given a row while
 *  the reading goes on; he may print it to a pager. */
struct ids {
    char (*ids)[ULID_SIZE + 1];
    size_t count;
    size_t room;
};
/** What the rows' first column says. Fails: STATUS_DISK; nothing to free. */
enum status ids_read(struct ids *ids, struct store *store, sqlite3_stmt *rows,
                     struct diag *why);
void ids_done(struct ids *ids);

/** bare ones too where everything is true. */
struct alert_reading {
    const char *alert_id;
    bool everything;
    bool (*each)(void *arg, const struct stored *stored);
    void *arg;
    bool going; /* each gave true, or was not called */
};
enum status alerts_read(struct store *store, struct alert_reading *reading,
                        struct diag *why);
void alerts_keep(void *arg, const struct holding *holding,
                 struct blob document);
void alerts_strip(void *arg, const char *alert_id);
void alerts_drop(void *arg, const char *alert_id);
void alerts_keep_thumbnail(void *arg, const char *alert_id, struct blob image);

/* store_pictures.c */
bool alerts_keep_picture(void *arg, const struct holding *holding,
                         struct blob image);
/** The file of what this alert shows, unless another one shows it too. */
void pictures_remove(struct store *store, const char *alert_id);
/** A newer revision with another picture, or none: the old one goes. */
void pictures_replace(struct store *store, const struct holding *holding);
bool pictures_here(const struct store *store, const struct holding *holding);
void pictures_sweep(struct store *store);

/* store_wanted.c */
#define WANTED_MAX 60
/** Another WANTED_VERSION for each change of it: what is stored was so. */
void wanted_normal(char out[WANTED_MAX + 1], const char *text);
/** Stage what an alert seeks by a number. */
void wanted_note(struct store *store, const char *alert_id,
                 struct blob document);
/** Of all that is held, once, in a store of an earlier version: it knew of
 *  nothing, or wrote it otherwise. */
enum status wanted_begin(struct store *store, struct diag *why);

/* store_told.c */
/** A store of an earlier version: what was answered SHOWN was told. */
enum status told_begin(struct store *store, struct diag *why);

/* store_photographs.c */
void photographs_put(struct store *store, const struct new_answer *answer);
/** Its answer was refused: so is it. */
void photographs_end_of(struct store *store, const struct answer_end *end);
bool photographs_next(void *arg, int64_t after, struct photograph *out);
size_t photographs_read(void *arg, int64_t row, uint32_t offset, uint8_t *out,
                        size_t room);
void photographs_end(void *arg, const struct answer_end *end);
void photographs_purge(void *arg, const char *alert_id);

/* store_resign.c */
/** With the node's key of today; in the transaction that is open. */
enum status store_resign(struct store *store, const uint8_t secret[KEY_SIZE],
                         struct diag *why);

/* store_answers.c */
void answers_queue(void *arg, const struct machine_answer *answer);
void answers_end(void *arg, const struct answer_end *end);
void answers_say_again(void *arg);
/** Durable when it returns STATUS_OK. */
enum status answers_look(struct store *store, const char *alert_id,
                         const struct new_look *look, struct diag *why);
void answers_keep_word(void *arg, const struct answer_word *word);
bool answers_next(void *arg, enum lane_of lane, int64_t after,
                  struct queued_answer *out);

#endif
