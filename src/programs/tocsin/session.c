#include "tocsin/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tocsin/json.h>

#include "common/numbers.h"
#include "common/say.h"
#include "tocsin/maintenance.h"

#define TIMEOUT_MS 10000

void session_init(struct session *session)
{
    const struct option_row rows[SESSION_ROWS] = {
        {.name = "key",
         .value = "BUNDLE",
         .text = &session->key,
         .help = "whose key: a bundle (or $TOCSIN_KEY)"},
        {.name = "home",
         .value = "HOME",
         .text = &session->home,
         .help = "a broker's home on this machine: its administrator"},
        {.name = "own-key",
         .value = "FILE",
         .text = &session->own_key,
         .help = "the key file, where the bundle has no seed"},
        {.name = "command",
         .value = "ENDPOINT",
         .text = &session->command,
         .help = "another address of the command desk"},
        {.name = "timeout",
         .value = "SECONDS",
         .text = &session->timeout,
         .help = "wait so long for an answer (10)"},
        {.name = "json", .flag = &session->json, .help = "print JSON"},
    };

    memset(session, 0, sizeof *session);
    memcpy(session->rows, rows, sizeof rows);
    session->timeout_ms = TIMEOUT_MS;
}

void session_done(struct session *session)
{
    tocsin_client_close(session->client);
    tocsin_bundle_free(session->detour);
    tocsin_bundle_free(session->bundle);
    maintenance_stop(session->maintenance);
    pool_done(&session->pool);
}

struct option_table session_options(struct session *session)
{
    return (struct option_table){session->rows, SESSION_ROWS};
}

static enum outcome read_timeout(struct session *session)
{
    double seconds;

    if (session->timeout == NULL)
        return OUTCOME_DONE;
    if (!number_real(session->timeout, &seconds) || seconds <= 0 ||
        seconds > 86400) {
        complain("--timeout: must be seconds, above 0");
        return OUTCOME_USAGE;
    }
    session->timeout_ms = (int)(seconds * 1000);
    return OUTCOME_DONE;
}

const char *session_home_file(struct session *session, const char *name)
{
    char *room =
        pool_take(&session->pool, strlen(session->home) + strlen(name) + 2);

    (void)stpcpy(stpcpy(stpcpy(room, session->home), "/"), name);
    return room;
}

static enum outcome find_key(struct session *session, const char **path)
{
    const char *fallback = session->home == NULL ? getenv("TOCSIN_KEY") : NULL;

    if (session->rescue != NULL) {
        *path = session_home_file(session, "keys/broker.key");
        return OUTCOME_DONE;
    }
    *path = session->key != NULL ? session->key : fallback;
    if (*path != NULL && (*path)[0] != '\0')
        return OUTCOME_DONE;
    if (session->home == NULL) {
        complain("whose key? Give --key BUNDLE or --home HOME, or set "
                 "TOCSIN_KEY");
        return OUTCOME_USAGE;
    }
    *path = session_home_file(session, "administrator.json");
    return OUTCOME_DONE;
}

static enum outcome load_bundle(const struct session *session, const char *path,
                                struct tocsin_bundle **bundle)
{
    struct tocsin_diag why = {0};
    enum tocsin_status status =
        session->rescue != NULL
            ? tocsin_bundle_owner(bundle, path, session->rescue, &why)
            : tocsin_bundle_load(bundle, path, session->own_key, &why);

    if (status == TOCSIN_OK)
        return OUTCOME_DONE;
    complain("%s", why.text);
    if (status == TOCSIN_MISSING && session->key == NULL &&
        session->home != NULL && session->rescue == NULL)
        complain("give an administrator's bundle with --key; where none is "
                 "left: tocsin enrol administrator ID --home %s --rescue",
                 session->home);
    return OUTCOME_LOCAL;
}

#define ENDING_MS (183LL * 24 * 3600 * 1000)

/* On that day no alert goes out, in the middle of a case maybe. */
static void warn_of_end(const struct tocsin_bundle *bundle)
{
    int64_t until_ms = tocsin_bundle_certified_until(bundle);
    int64_t now_ms = (int64_t)time(NULL) * 1000;
    bool over = until_ms < now_ms;
    char text[TIME_TEXT_MAX];

    if (until_ms == 0 || until_ms > now_ms + ENDING_MS)
        return;
    complain("the certificate of %s %s %s: no alert of it is taken %s; it is "
             "renewed by: tocsin enrol centre %s ... --authority FILE",
             tocsin_bundle_id(bundle), over ? "ended" : "ends",
             time_text(until_ms, text), over ? "any more" : "after that",
             tocsin_bundle_id(bundle));
}

static void take_home(struct tocsin_bundle *bundle,
                      const struct maintenance *maintenance)
{
    tocsin_bundle_endpoints(bundle, maintenance_home(maintenance, 0),
                            maintenance_home(maintenance, 1),
                            maintenance_home(maintenance, 2));
}

/* With a home and no broker on it, we run one for as long as we need it. Where
 * it listens must never get into the bundles that are made: hence the detour.
 * Where the home's broker is its tocsin.conf says, and not who was enrolled
 * before that was changed. */
static enum outcome find_broker(struct session *session, const char *path)
{
    const char *endpoint = session->command;
    enum outcome outcome = OUTCOME_DONE;

    if (endpoint == NULL && session->home != NULL)
        outcome = maintenance_start(&session->maintenance, session->home,
                                    !session->waits);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (session->maintenance != NULL)
        take_home(session->bundle, session->maintenance);
    if (session->maintenance != NULL)
        endpoint = maintenance_endpoint(session->maintenance);
    if (endpoint == NULL)
        return OUTCOME_DONE;
    outcome = load_bundle(session, path, &session->detour);
    if (outcome == OUTCOME_DONE)
        tocsin_bundle_endpoints(session->detour, endpoint, NULL, NULL);
    return outcome;
}

bool session_is_alone(const struct session *session)
{
    return session->maintenance != NULL &&
           maintenance_endpoint(session->maintenance) != NULL;
}

/* tocsind has refused to serve the home: either another one does, which then
 * answers, or its reason is what the administrator must know. */
static enum outcome check_served(struct session *session)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Heartbeat heartbeat = TOCSIN__V1__HEARTBEAT__INIT;
    const Tocsin__V1__Reply *reply;
    enum outcome outcome;

    if (session->maintenance == NULL ||
        maintenance_endpoint(session->maintenance) != NULL)
        return OUTCOME_DONE;
    request.body_case = TOCSIN__V1__REQUEST__BODY_HEARTBEAT;
    request.heartbeat = &heartbeat;
    outcome = session_ask(session, &request, &reply);
    if (outcome == OUTCOME_UNREACHABLE)
        maintenance_explain(session->maintenance);
    return outcome;
}

enum outcome session_open(struct session *session)
{
    struct tocsin_diag why = {0};
    const char *path = NULL;
    enum tocsin_status status;
    enum outcome outcome = read_timeout(session);

    if (outcome == OUTCOME_DONE)
        outcome = find_key(session, &path);
    if (outcome == OUTCOME_DONE)
        outcome = load_bundle(session, path, &session->bundle);
    if (outcome == OUTCOME_DONE)
        warn_of_end(session->bundle);
    if (outcome == OUTCOME_DONE)
        outcome = find_broker(session, path);
    if (outcome != OUTCOME_DONE)
        return outcome;
    status = tocsin_client_open(
        &session->client,
        session->detour != NULL ? session->detour : session->bundle, &why);
    return status == TOCSIN_OK ? check_served(session)
                               : outcome_say(status, &why, NULL);
}

enum tocsin_status session_try(struct session *session,
                               Tocsin__V1__Request *request,
                               const Tocsin__V1__Reply **reply,
                               struct tocsin_diag *why)
{
    *reply = NULL;
    return tocsin_client_call(session->client, request, reply,
                              session->timeout_ms, why);
}

enum outcome session_ask(struct session *session, Tocsin__V1__Request *request,
                         const Tocsin__V1__Reply **reply)
{
    struct tocsin_diag why = {0};
    enum tocsin_status status = session_try(session, request, reply, &why);

    return status == TOCSIN_OK ? reply_outcome(*reply)
                               : outcome_say(status, &why, NULL);
}

enum outcome reply_outcome(const Tocsin__V1__Reply *reply)
{
    const char *word = "refused";

    switch (reply->status) {
    case TOCSIN__V1__STATUS__STATUS_OK:
    case TOCSIN__V1__STATUS__STATUS_RECORDED:
    case TOCSIN__V1__STATUS__STATUS_DUPLICATE:
        return OUTCOME_DONE;
    case TOCSIN__V1__STATUS__STATUS_NOT_FOUND:
        word = "not found";
        break;
    case TOCSIN__V1__STATUS__STATUS_DENIED:
        word = "denied";
        break;
    case TOCSIN__V1__STATUS__STATUS_CONFLICT:
        word = "conflict";
        break;
    case TOCSIN__V1__STATUS__STATUS_INVALID:
        word = "invalid";
        if (strcmp(reply->field, "body") == 0) /* all that was asked */
            word = "the broker is of an earlier version than this program";
        break;
    default:
        break;
    }
    if (reply->field[0] != '\0')
        complain("%s: %s: %s", word, reply->field, reply->reason);
    else
        complain("%s: %s", word, reply->reason);
    return OUTCOME_REFUSED;
}

void session_print(const ProtobufCMessage *message, bool one_line)
{
    char *text = tocsin_to_json(message, one_line ? 0 : 2);

    say_json(stdout, text);
    free(text);
}
