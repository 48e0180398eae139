/** What the files of tocsin-gateway share. */
#ifndef TOCSIN_GATEWAYD_DAEMON_H
#define TOCSIN_GATEWAYD_DAEMON_H

#include <tocsin/bundle.h>

#include "gateway/gateway.h"
#include "http/http.h"
#include "lib/common.h"
#include "lib/terminal_daemon.h"
#include "spool/cache.h"
#include "spool/spool.h"

#define EXIT_DONE 0
#define EXIT_LOCAL 1
#define EXIT_USAGE 2

#define PATH_ROOM 4096

/** Where everything of one gateway is. */
struct place {
    char bundle[PATH_ROOM];
    const char *own_key;       /* or NULL */
    const char *former_bundle; /* or NULL: BUNDLE.old and so on */
    const char *former_key;    /* of the bundle before, or NULL */
    char store[PATH_ROOM];
    char certificate[PATH_ROOM];
    char certificate_key[PATH_ROOM];
};

struct run_options {
    const char *listen;
    const char *local; /* "" or NULL: no plain listener */
    size_t cache_bytes;
    struct gateway_limits limits;
    struct http_limits http;
};

/** What a gateway's alerts, pictures and standing are read from. */
struct world {
    struct tocsin_store *store;
    const struct bundle *bundle;
    struct tocsin_terminal *terminal;
    struct cache *cache;
    struct http *http;
    struct arena outer;
    struct arena alert;
    struct arena withdrawal;
    int64_t unread_said_ms; /* monotonic; 0: never */
    unsigned unread;        /* questions since */
};

/* world.c */
void world_init(struct world *world);
void world_done(struct world *world);
/** The port's questions; arg of each is the world. */
bool world_each_alert(void *arg, const struct alerts_asked *asked,
                      bool (*each)(void *to, const struct gateway_alert *alert),
                      void *to);
bool world_find_picture(void *arg, const uint8_t hash[32],
                        struct gateway_picture *out);
bool world_alert_is_held(void *arg, const char *alert_id);
bool world_alert_is_over(void *arg, const char *alert_id);
bool world_picture_load(void *arg, const uint8_t hash[32], uint8_t **bytes,
                        size_t *size);
void world_picture_keep(void *arg, const uint8_t hash[32], const char *alert_id,
                        const uint8_t *bytes, size_t size);
bool world_picture_drop(void *arg, const char *alert_id);
void world_metrics(void *arg, void (*line)(void *to, const char *text),
                   void *to);
void world_standing(const struct world *world, struct gateway_world *out);

/* ports.c */
void world_port(struct world *world, struct gateway_port *out);

/* formers.c */
/** Secrets of the bundles that it had before its key was replaced; to be wiped.
 */
struct formers {
    uint8_t secrets[TOCSIN_FORMERS_MAX][KEY_SIZE];
    size_t count;
};
/** Fails: STATUS_USAGE, the one that was named is of no use. */
enum status formers_load(const struct place *place, const char *id,
                         struct formers *formers, struct diag *why);

/* notify.c */
/** To systemd, where it listens; else nothing. */
void notify(const char *text);
/** How often it wants to hear "WATCHDOG=1"; 0: not at all. */
int64_t notify_watchdog_ms(void);

/* run.c, look.c */
int command_run(const struct place *place, const struct run_options *options);
int command_status(const struct place *place, bool json);
int command_spool(const struct place *place, bool json);

#endif
