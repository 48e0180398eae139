/** What every command has: the options for all, the key, the line to a broker.
 */
#ifndef TOCSIN_PROGRAM_SESSION_H
#define TOCSIN_PROGRAM_SESSION_H

#include <stdbool.h>

#include <tocsin/client.h>

#include "common/options.h"
#include "common/outcome.h"
#include "tocsin/pool.h"

#define SESSION_ROWS 6

struct session {
    struct option_row rows[SESSION_ROWS];
    const char *key;
    const char *home;
    const char *own_key;
    const char *command;
    const char *timeout;
    bool json;
    const char *rescue; /* the authority's key: come as who has the home and
                         * that, not as a principal; or NULL */
    bool waits;         /* for long: it must not have the home meanwhile */
    int timeout_ms;
    struct tocsin_bundle *bundle; /* with the broker's proper addresses */
    struct tocsin_bundle *detour; /* the same with another address, or NULL */
    struct tocsin_client *client;
    struct pool pool;
    struct maintenance *maintenance; /* a broker of our own, or NULL */
};

void session_init(struct session *session);
void session_done(struct session *session);

/** The options that stand before or after every command. */
struct option_table session_options(struct session *session);

/** The broker is one of our own, without a feed: nobody else hears. */
bool session_is_alone(const struct session *session);

/** Where a file of session->home is; in the session's pool. */
const char *session_home_file(struct session *session, const char *name);

/** Load the key and open the line; said on stderr when it fails. */
enum outcome session_open(struct session *session);

/**
 * Ask, wait, and say on stderr what was refused.
 * Gives: *reply, valid until the next question; OK, RECORDED or DUPLICATE.
 */
enum outcome session_ask(struct session *session, Tocsin__V1__Request *request,
                         const Tocsin__V1__Reply **reply);

/** The same without words. *reply may have any status, NULL: no reply at all.
 */
enum tocsin_status session_try(struct session *session,
                               Tocsin__V1__Request *request,
                               const Tocsin__V1__Reply **reply,
                               struct tocsin_diag *why);

/** OUTCOME_DONE when the reply is OK, RECORDED or DUPLICATE; else says why. */
enum outcome reply_outcome(const Tocsin__V1__Reply *reply);

/** Print a message as JSON: one line, or pretty. Controls are escaped. */
void session_print(const ProtobufCMessage *message, bool one_line);

/**
 * Lay a page after the others. What is in *whole (NULL at first) keeps its
 * lists; every other field is the newest page's. Free with free_unpacked.
 */
void page_append(ProtobufCMessage **whole, const ProtobufCMessage *page);

enum page { PAGE_STRANGE, PAGE_LAST, PAGE_MORE };

/** Appends what is in the reply and makes the request ask for what follows;
 *  PAGE_STRANGE when the reply is of another kind or leads nowhere. */
typedef enum page page_take(struct session *session,
                            Tocsin__V1__Request *request,
                            const Tocsin__V1__Reply *reply,
                            ProtobufCMessage **whole);

/** Ask until the last page; *whole is to be freed in any case. */
enum outcome page_all(struct session *session, Tocsin__V1__Request *request,
                      page_take *take, ProtobufCMessage **whole);

#endif
