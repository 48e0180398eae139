/* Questions under way on one line: each is sent again until it is answered. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include <tocsin/client.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "lib/common.h"
#include "link/client.h"
#include "wire/decode.h"

#define WINDOW 64
#define ARENA_ROOM (4 << 20)
#define RESEND_MS 2000
#define RECONNECT_MS 100

/* The line is up, but libzmq has not attached its pipe yet, or it is full. */
#define PIPE_PAUSE_MS 5
/* Not up: the monitor wakes us when it is, this is only the fallback. */
#define DOWN_PAUSE_MS 250

#define BUSY_MIN_MS 20
#define UNAVAILABLE_PAUSE_MS 500

struct question {
    uint8_t id[REQUEST_ID_SIZE];
    const uint8_t *bytes; /* NULL: the place is free */
    size_t size;
    size_t number;
    int64_t due_ms; /* when to send it, or send it again */
};

/* An id that a request was given and that no answer has taken back yet: it may
 * be asked again with it, on another line too. */
struct fresh {
    uint8_t id[REQUEST_ID_SIZE];
    struct fresh *next;
};

static struct fresh *fresh_ids;
static pthread_mutex_t fresh_lock = PTHREAD_MUTEX_INITIALIZER;

struct tocsin_client {
    void *context;
    struct line *line;
    char endpoint[ENDPOINT_MAX + 1];
    unsigned connects; /* as of the last look */
    char later[200];   /* why the broker said UNAVAILABLE last; "": not */
    struct arena arena;
    struct question window[WINDOW];
    size_t under_way;
    bool streams; /* a pipeline has the window, and is in a callback maybe */
};

static const char *desk_of(const struct bundle *bundle)
{
    bool field = bundle->role == TOCSIN__V1__ROLE__ROLE_CHECKPOINT ||
                 bundle->role == TOCSIN__V1__ROLE__ROLE_GATEWAY;

    return field ? bundle->field : bundle->command;
}

enum tocsin_status tocsin_client_open(struct tocsin_client **out,
                                      const struct tocsin_bundle *bundle,
                                      struct tocsin_diag *why)
{
    struct tocsin_client *client = must_calloc(1, sizeof *client);
    struct line_setup setup = {.kind = LINE_DESK,
                               .broker_key = bundle->inner.broker_key,
                               .key = &bundle->inner.key,
                               .frame_max = DESK_FRAME_MAX,
                               .reconnect_ms = RECONNECT_MS};
    struct diag inner = {0};
    enum status status;

    *out = NULL;
    lib_start();
    snprintf(client->endpoint, sizeof client->endpoint, "%s",
             desk_of(&bundle->inner));
    setup.endpoint = client->endpoint;
    arena_init(&client->arena, ARENA_ROOM);
    client->context = line_context_new();
    status = line_open(&client->line, client->context, &setup, &inner);
    if (status != STATUS_OK) {
        tocsin_client_close(client);
        return lib_fail(why, TOCSIN_USAGE, "%s", inner.text);
    }
    *out = client;
    return TOCSIN_OK;
}

void tocsin_client_close(struct tocsin_client *client)
{
    if (client == NULL)
        return;
    line_close(client->line);
    line_context_free(client->context);
    arena_done(&client->arena);
    free(client);
}

/* ---- what is under way ----------------------------------------------------
 */

/* A reply is matched by the request's id, so it is looked up in the bytes. */
static enum tocsin_status put_question(struct tocsin_client *client,
                                       const uint8_t *bytes, size_t size,
                                       struct tocsin_diag *why)
{
    struct question *free_place = client->window;
    const Tocsin__V1__Request *request;
    struct diag inner = {0};

    if (size > DESK_FRAME_MAX)
        return lib_fail(why, TOCSIN_USAGE,
                        "request of %zu bytes; at most %d can be sent", size,
                        DESK_FRAME_MAX);
    arena_reset(&client->arena);
    request = decode(&client->arena, &tocsin__v1__request__descriptor, bytes,
                     size, &inner);
    if (request == NULL)
        return lib_fail(why, TOCSIN_USAGE, "request: %s", inner.text);
    if (request->request_id.len != REQUEST_ID_SIZE)
        return lib_fail(why, TOCSIN_USAGE, "request_id: is not %d bytes",
                        REQUEST_ID_SIZE);
    while (free_place->bytes != NULL)
        free_place++;
    memcpy(free_place->id, request->request_id.data, REQUEST_ID_SIZE);
    free_place->bytes = bytes;
    free_place->size = size;
    free_place->due_ms = 0;
    client->under_way++;
    return TOCSIN_OK;
}

static void forget(struct tocsin_client *client, struct question *question)
{
    question->bytes = NULL;
    client->under_way--;
}

static void forget_all(struct tocsin_client *client)
{
    for (size_t i = 0; i < WINDOW; i++)
        client->window[i].bytes = NULL;
    client->under_way = 0;
}

/* The broker answers on the connection that asked: a new one, all again. */
static void note_reconnect(struct tocsin_client *client)
{
    unsigned connects = line_connects(client->line);

    if (connects == client->connects)
        return;
    client->connects = connects;
    for (size_t i = 0; i < WINDOW; i++)
        client->window[i].due_ms = 0;
}

/* Sends what is due. Returns when to look again, at the latest. */
static int64_t send_due(struct tocsin_client *client, int64_t now)
{
    int64_t next = now + RESEND_MS;

    for (size_t i = 0; i < WINDOW; i++) {
        struct question *question = client->window + i;

        if (question->bytes == NULL)
            continue;
        if (question->due_ms <= now) {
            if (!line_send(client->line, question->bytes, question->size))
                return now + (line_state(client->line) == LINE_UP
                                  ? PIPE_PAUSE_MS
                                  : DOWN_PAUSE_MS);
            question->due_ms = now + RESEND_MS;
        }
        if (question->due_ms < next)
            next = question->due_ms;
    }
    return next;
}

/* A frame that the broker could not decode has no id: with one question under
 * way it can only be that one. */
static struct question *asked(struct tocsin_client *client,
                              const Tocsin__V1__Reply *reply)
{
    bool nameless = reply->request_id.len == 0 && client->under_way == 1 &&
                    reply->status == TOCSIN__V1__STATUS__STATUS_INVALID;

    for (size_t i = 0; i < WINDOW; i++) {
        struct question *question = client->window + i;

        if (question->bytes != NULL &&
            (nameless || (reply->request_id.len == REQUEST_ID_SIZE &&
                          memcmp(question->id, reply->request_id.data,
                                 REQUEST_ID_SIZE) == 0)))
            return question;
    }
    return NULL;
}

/* true when the broker says "later" rather than an answer. */
static bool put_off(struct tocsin_client *client, struct question *question,
                    const Tocsin__V1__Reply *reply)
{
    int64_t now = clock_monotonic_ms();
    uint32_t pause = reply->retry_after_ms;

    client->later[0] = '\0';
    if (reply->status == TOCSIN__V1__STATUS__STATUS_UNAVAILABLE) {
        snprintf(client->later, sizeof client->later, "%s:",
                 reply->reason[0] != '\0' ? reply->reason
                                          : "the broker is stopping");
        pause = pause > 0 ? pause : UNAVAILABLE_PAUSE_MS;
    } else if (reply->status != TOCSIN__V1__STATUS__STATUS_BUSY) {
        return false;
    }
    question->due_ms = now + (pause < BUSY_MIN_MS ? BUSY_MIN_MS : pause);
    return true;
}

/* The next answer to something that is under way; NULL: none now. */
static const Tocsin__V1__Reply *take_reply(struct tocsin_client *client,
                                           struct question **question)
{
    struct line_message message;

    while (line_receive(client->line, &message)) {
        const Tocsin__V1__Reply *reply;

        arena_reset(&client->arena);
        reply = decode(&client->arena, &tocsin__v1__reply__descriptor,
                       message.body, message.size, NULL);
        *question = reply == NULL ? NULL : asked(client, reply);
        if (*question != NULL && !put_off(client, *question, reply))
            return reply;
    }
    return NULL;
}

static enum tocsin_status no_answer(const struct tocsin_client *client,
                                    struct tocsin_diag *why)
{
    return lib_fail(why, TOCSIN_UNREACHABLE, "%s %s",
                    client->later[0] != '\0' ? client->later
                    : line_connects(client->line) == 0
                        ? "cannot reach the broker at"
                        : "no answer in time from the broker at",
                    client->endpoint);
}

/* Wait for one answer. deadline is on the monotonic clock. */
static enum tocsin_status await(struct tocsin_client *client, int64_t deadline,
                                struct question **question,
                                const Tocsin__V1__Reply **reply,
                                struct tocsin_diag *why)
{
    for (;;) {
        int64_t now;
        int64_t next;

        if (line_state(client->line) == LINE_REFUSED)
            return lib_fail(why, TOCSIN_REFUSED,
                            "%s: the broker does not know this key here: never "
                            "enrolled, replaced or revoked",
                            client->endpoint);
        note_reconnect(client);
        *reply = take_reply(client, question);
        if (*reply != NULL)
            return TOCSIN_OK;
        now = clock_monotonic_ms();
        if (now >= deadline)
            return no_answer(client, why);
        next = send_due(client, now);
        line_wait(&client->line, 1,
                  (int)((next < deadline ? next : deadline) - now));
    }
}

/* From a callback of its pipeline: the window and the reply are in use. */
static enum tocsin_status check_free(const struct tocsin_client *client,
                                     struct tocsin_diag *why)
{
    return client->streams
               ? lib_fail(why, TOCSIN_USAGE,
                          "this client has a pipeline under way; ask on "
                          "another one, or when it is through")
               : TOCSIN_OK;
}

/* ---- one question ---------------------------------------------------------
 */

enum tocsin_status
tocsin_client_call_packed(struct tocsin_client *client, const uint8_t *request,
                          size_t size, const Tocsin__V1__Reply **reply,
                          int timeout_ms, struct tocsin_diag *why)
{
    int64_t deadline = clock_monotonic_ms() + timeout_ms;
    struct question *question;
    enum tocsin_status status = check_free(client, why);

    if (status == TOCSIN_OK)
        status = put_question(client, request, size, why);
    if (status != TOCSIN_OK)
        return status;
    line_wait(&client->line, 1, 0); /* mends a line that was refused */
    status = await(client, deadline, &question, reply, why);
    forget_all(client);
    return status;
}

static void give_id(Tocsin__V1__Request *request)
{
    struct fresh *fresh = must_calloc(1, sizeof *fresh);

    randombytes_buf(fresh->id, sizeof fresh->id);
    request->request_id = (ProtobufCBinaryData){sizeof fresh->id, fresh->id};
    pthread_mutex_lock(&fresh_lock);
    fresh->next = fresh_ids;
    fresh_ids = fresh;
    pthread_mutex_unlock(&fresh_lock);
}

/* Only one that was given here. */
static void take_id_back(Tocsin__V1__Request *request)
{
    struct fresh **at = &fresh_ids;
    struct fresh *fresh;

    pthread_mutex_lock(&fresh_lock);
    while (*at != NULL && (*at)->id != request->request_id.data)
        at = &(*at)->next;
    fresh = *at;
    if (fresh != NULL) {
        *at = fresh->next;
        request->request_id = (ProtobufCBinaryData){0, NULL};
    }
    pthread_mutex_unlock(&fresh_lock);
    free(fresh);
}

enum tocsin_status tocsin_client_call(struct tocsin_client *client,
                                      Tocsin__V1__Request *request,
                                      const Tocsin__V1__Reply **reply,
                                      int timeout_ms, struct tocsin_diag *why)
{
    enum tocsin_status status;
    uint8_t *bytes;
    size_t size;

    if (request->request_id.len == 0)
        give_id(request);
    bytes = encode(&request->base, &size);
    status =
        tocsin_client_call_packed(client, bytes, size, reply, timeout_ms, why);
    free(bytes);
    if (status == TOCSIN_OK)
        take_id_back(request);
    return status;
}

/* ---- many questions --------------------------------------------------------
 */

struct stream {
    const struct tocsin_pipeline *pipeline;
    size_t taken;
    bool ended;
};

static enum tocsin_status fill_window(struct tocsin_client *client,
                                      struct stream *stream,
                                      struct tocsin_diag *why)
{
    while (!stream->ended && client->under_way < WINDOW) {
        uint8_t *bytes = NULL;
        size_t size = 0;
        enum tocsin_status status;

        if (stream->pipeline->next(stream->pipeline->arg, &bytes, &size) == 0) {
            stream->ended = true;
            break;
        }
        status = put_question(client, bytes, size, why);
        if (status != TOCSIN_OK) {
            free(bytes);
            return status;
        }
        for (size_t i = 0; i < WINDOW; i++) {
            if (client->window[i].bytes == bytes)
                client->window[i].number = stream->taken;
        }
        stream->taken++;
    }
    return TOCSIN_OK;
}

static void drop_stream(struct tocsin_client *client)
{
    for (size_t i = 0; i < WINDOW; i++)
        free((void *)(uintptr_t)client->window[i].bytes);
    forget_all(client);
}

enum tocsin_status
tocsin_client_pipeline(struct tocsin_client *client,
                       const struct tocsin_pipeline *pipeline, int timeout_ms,
                       struct tocsin_diag *why)
{
    struct stream stream = {pipeline, 0, false};
    enum tocsin_status status = check_free(client, why);

    if (status != TOCSIN_OK)
        return status;
    client->streams = true;
    status = fill_window(client, &stream, why);
    line_wait(&client->line, 1, 0);
    while (status == TOCSIN_OK && client->under_way > 0) {
        struct question *question;
        const Tocsin__V1__Reply *reply;
        uint8_t *bytes;

        status = await(client, clock_monotonic_ms() + timeout_ms, &question,
                       &reply, why);
        if (status != TOCSIN_OK)
            break;
        bytes = (uint8_t *)(uintptr_t)question->bytes;
        pipeline->done(pipeline->arg, question->number, reply);
        forget(client, question);
        free(bytes);
        status = fill_window(client, &stream, why);
    }
    drop_stream(client);
    client->streams = false;
    return status;
}
