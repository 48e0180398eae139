/** The inside of a running terminal, shared by its files and nobody else. */
#ifndef TOCSIN_LIB_TERMINAL_RUNNING_H
#define TOCSIN_LIB_TERMINAL_RUNNING_H

#include "lib/terminal_daemon.h"
#include "link/client.h"
#include "terminal/terminal.h"

enum { FIELD, FEED, LINES };

struct tocsin_terminal {
    struct tocsin_store *store;
    struct tocsin_terminal_options options;
    struct daemon_hooks hooks;
    char software[61]; /* a copy: the core may be made anew */
    struct terminal *core;
    void *context;
    struct line *lines[LINES];
    unsigned connects;
    enum line_state state;
    int64_t look_ms; /* monotonic: when to look whether the disk is roomy */
    int64_t look_pause_ms;
    bool said_unpurged; /* since it cannot be purged */
    int64_t busy_ms;    /* monotonic: since when a program writes; 0: none */
    bool said_busy;
    bool held; /* in memory because of that, not because the disk is full */
    struct pulse pulse;
    int64_t beat_ms; /* monotonic: when the pulse was written */
};

/* terminal.c */
void running_note(void *arg, enum log_level level, const char *event,
                  const char *text);
enum status running_open_core(struct tocsin_terminal *terminal,
                              struct diag *why);

/* terminal_running.c */
/** store_mend, and a word of it in the log. */
enum status running_mend(struct tocsin_terminal *terminal, struct diag *why);
/** It could not be opened, and is in memory until there is room. */
enum status running_begin_full(struct tocsin_terminal *terminal,
                               struct diag *why);
/** Leave a sign of life, and how fresh the picture is. */
void running_beat(struct tocsin_terminal *terminal, struct moment now);
enum status running_look_for_room(struct tocsin_terminal *terminal,
                                  struct moment now, struct diag *why);
/** What terminal_settle has come to: STATUS_OK when it can go on. */
enum status running_settled(struct tocsin_terminal *terminal,
                            enum status status, struct moment now,
                            struct diag *why);

#endif
