/* The world around the terminal core: store, clock, line, transcript. */
#define _GNU_SOURCE
#include "stage_inside.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <sodium.h>

#define BEGIN_MS 1800000000000LL
#define YEAR_MS (365LL * 24 * 3600 * 1000)

void stage_write(struct stage *stage, const char *format, ...)
{
    va_list args;
    int written;

    va_start(args, format);
    written = vsnprintf(stage->transcript + stage->length,
                        sizeof stage->transcript - stage->length, format, args);
    va_end(args);
    stage->length += (size_t)written;
    ck_assert_msg(stage->length < sizeof stage->transcript,
                  "the transcript is full");
}

const char *stage_alert_id(const char *name)
{
    static char id[ULID_SIZE + 1];

    snprintf(id, sizeof id, "01M84XZFE8NGTMRYDNRVPSF3%02d", atoi(name + 1));
    return id;
}

const char *stage_name_of(const char *alert_id)
{
    static char name[16];

    snprintf(name, sizeof name, "A%d", atoi(alert_id + ULID_SIZE - 2));
    return name;
}

/* ---- the core's port --------------------------------------------------------
 */

static bool asked_before(struct stage *stage, ProtobufCBinaryData id)
{
    for (size_t i = 0; i < stage->seen_count; i++) {
        if (memcmp(stage->seen[i], id.data, 16) == 0)
            return true;
    }
    ck_assert_uint_lt(stage->seen_count, REQUESTS_MAX);
    memcpy(stage->seen[stage->seen_count++], id.data, 16);
    return false;
}

static void tell_answer(struct stage *stage,
                        const Tocsin__V1__SignedAnswer *sealed)
{
    const Tocsin__V1__Answer *answer;
    struct complaint complaint;

    ck_assert_int_eq(answer_open(&answer, &stage->arena, sealed, &complaint),
                     STATUS_OK);
    ck_assert_str_eq(answer->node, NODE);
    if (rung_is_personal(answer->rung))
        ck_assert(answer_verify(sealed, stage->node.key.public_key));
    stage_write(stage, "%s %s r%u",
                protobuf_c_enum_descriptor_get_value(
                    &tocsin__v1__rung__descriptor, answer->rung)
                        ->name +
                    strlen("RUNG_"),
                stage_name_of(answer->alert_id), answer->revision);
}

static void tell_handed_back(struct stage *stage,
                             const Tocsin__V1__SignedAlert *sealed)
{
    Tocsin__V1__AlertDocument *document = tocsin__v1__alert_document__unpack(
        NULL, sealed->content.len, sealed->content.data);
    bool over;

    ck_assert(document != NULL);
    over = document->kind_case == TOCSIN__V1__ALERT_DOCUMENT__KIND_WITHDRAWAL;
    stage_write(stage, "%s r%u handed back%s",
                stage_name_of(over ? document->withdrawal->alert_id
                                   : document->alert->alert_id),
                over ? document->withdrawal->revision
                     : document->alert->revision,
                over ? " withdrawn" : "");
    tocsin__v1__alert_document__free_unpacked(document, NULL);
}

static void tell_request(struct stage *stage,
                         const Tocsin__V1__Request *request)
{
    stage_write(stage, "-> ");
    switch (request->body_case) {
    case TOCSIN__V1__REQUEST__BODY_HEARTBEAT:
        stage_write(stage, "heartbeat");
        break;
    case TOCSIN__V1__REQUEST__BODY_GET_KEYS:
        stage_write(stage, "keys");
        break;
    case TOCSIN__V1__REQUEST__BODY_SYNC:
        if (request->sync->after == 0)
            stage_write(stage, "sync from the start");
        else
            stage_write(stage, "sync after %d", (int)request->sync->after);
        break;
    case TOCSIN__V1__REQUEST__BODY_GET_PICTURE:
        stage_write(stage, "picture from %u", request->get_picture->offset);
        break;
    case TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE:
        tell_answer(stage, request->acknowledge->answer);
        break;
    case TOCSIN__V1__REQUEST__BODY_PUT_PICTURE:
        stage_write(stage, "photograph of %s from %u",
                    stage_name_of(request->put_picture->alert_id),
                    request->put_picture->offset);
        break;
    case TOCSIN__V1__REQUEST__BODY_NOTE_LOOK:
        stage_write(stage, "look at %s",
                    stage_name_of(request->note_look->alert_id));
        break;
    case TOCSIN__V1__REQUEST__BODY_HAND_BACK:
        tell_handed_back(stage, request->hand_back->alert);
        break;
    default:
        ck_abort_msg("a terminal never asks %d", (int)request->body_case);
    }
    stage_write(stage, "%s\n",
                asked_before(stage, request->request_id) ? " again" : "");
}

static bool on_send(void *arg, const uint8_t *bytes, size_t size)
{
    struct stage *stage = arg;
    const Tocsin__V1__Request *request;

    arena_reset(&stage->arena);
    request = decode(&stage->arena, &tocsin__v1__request__descriptor, bytes,
                     size, NULL);
    ck_assert_ptr_nonnull(request);
    tell_request(stage, request);
    ck_assert_uint_lt(stage->asked_count, REQUESTS_MAX);
    stage->asked[stage->asked_count].bytes = must_memdup(bytes, size);
    stage->asked[stage->asked_count++].size = size;
    return true;
}

static void on_changed(void *arg, enum terminal_change change,
                       const char *alert_id)
{
    static const char *const words[] = {
        [TERMINAL_NEW] = "NEW",
        [TERMINAL_REVISED] = "REVISED",
        [TERMINAL_ENDED] = "ENDED",
        [TERMINAL_PICTURE] = "PICTURE",
    };
    struct stage *stage = arg;

    if (change != TERMINAL_STANDING)
        stage_write(stage, "screen %s %s r%u\n", words[change],
                    stage_name_of(alert_id),
                    terminal_holding(stage->terminal, alert_id)->revision);
}

static bool on_purged(void *arg, const char *alert_id)
{
    const struct stage *stage = arg;

    (void)alert_id;
    return !stage->reads;
}

static void on_note(void *arg, enum log_level level, const char *event,
                    const char *text)
{
    struct stage *stage = arg;

    (void)level;
    ck_assert_ptr_null(strstr(text, "Lele"));
    if (strstr(event, "refused") != NULL && strcmp(event, "answer.refused"))
        stage_write(stage, "%s: %s\n", event, text);
    if (strcmp(event, "alert.purged") == 0 && stage->has_read)
        stage_write(stage, "%s\n", event);
    if (strcmp(event, "node.revoked") == 0 ||
        strcmp(event, "node.admitted") == 0 ||
        strcmp(event, "beacon.missed") == 0)
        stage_write(stage, "%s\n", event);
}

/* The same every time: a failing story can be told again. */
static void on_random(void *arg, void *out, size_t size)
{
    struct stage *stage = arg;
    uint8_t *bytes = out;

    for (size_t i = 0; i < size; i++) {
        stage->chance = stage->chance * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(stage->chance >> 24);
    }
}

/* ---- opening and closing ----------------------------------------------------
 */

void stage_open_terminal(struct stage *stage)
{
    struct store_owner owner = {NODE, stage->node.division,
                                stage->node.key.public_key,
                                stage->node.key.seed};
    struct terminal_setup setup = {
        .node = NODE,
        .division = stage->node.division,
        .place = {.point = {22.53, 113.93},
                  .has_point = true,
                  .kind = TOCSIN__V1__NODE_KIND__NODE_KIND_LAND_BORDER},
        .authority = stage->authority.public_key,
        .software = "stage",
        .fetch_pictures = true};
    struct terminal_port port = {.arg = stage,
                                 .send = on_send,
                                 .changed = on_changed,
                                 .purged = on_purged,
                                 .note = on_note,
                                 .random = on_random};
    struct terminal_store store;
    struct diag why = {0};

    ck_assert_msg(store_open(&stage->store, stage->folder, &owner, &why) ==
                      STATUS_OK,
                  "%s", why.text);
    ck_assert_int_eq(store_lock(stage->store, &why), STATUS_OK);
    store_port(stage->store, &store);
    stage->terminal = terminal_new(&setup, &port, &store);
    ck_assert_int_eq(
        store_load(stage->store, stage->terminal, stage->now, &why), STATUS_OK);
}

void stage_close_terminal(struct stage *stage)
{
    terminal_free(stage->terminal);
    store_close(stage->store);
}

static void make_people(struct stage *stage)
{
    keypair_make(&stage->authority);
    snprintf(stage->centre.id, sizeof stage->centre.id, "centre");
    snprintf(stage->centre.division, sizeof stage->centre.division, "440300");
    stage->centre.role = TOCSIN__V1__ROLE__ROLE_CENTRE;
    keypair_make(&stage->centre.key);
    keypair_make(&stage->centre.exercise_key);
    stage->centre.has_seed = true;
    stage->centre.has_exercise_seed = true;
    ck_assert_int_eq(certificate_issue(&stage->centre, &stage->authority,
                                       BEGIN_MS - YEAR_MS, BEGIN_MS + YEAR_MS,
                                       NULL),
                     STATUS_OK);
    snprintf(stage->node.id, sizeof stage->node.id, "%s", NODE);
    snprintf(stage->node.division, sizeof stage->node.division, "%s", DIVISION);
    keypair_make(&stage->node.key);
}

struct stage *stage_new(void)
{
    struct stage *stage = must_calloc(1, sizeof *stage);
    const char *folder = getenv("TEST_FOLDER");

    keys_start();
    snprintf(stage->folder, sizeof stage->folder, "%s/store-XXXXXX",
             folder == NULL ? "/tmp" : folder);
    ck_assert_ptr_nonnull(mkdtemp(stage->folder));
    stage->now = (struct moment){1000000, BEGIN_MS};
    stage->true_ms = BEGIN_MS;
    stage->generation = 1;
    stage->head = 10;
    stage->chance = 1;
    memset(stage->epoch, 0xe1, sizeof stage->epoch);
    randombytes_buf(stage->master, sizeof stage->master);
    memcpy(stage->picture, "\xff\xd8\xff\xe0", 4);
    arena_init(&stage->arena, 1 << 20);
    topics_of(stage->topics, DIVISION);
    make_people(stage);
    stage_open_terminal(stage);
    return stage;
}

static int remove_one(const char *path, const struct stat *facts, int kind,
                      struct FTW *where)
{
    (void)facts;
    (void)kind;
    (void)where;
    return remove(path);
}

void stage_free(struct stage *stage)
{
    stage_close_terminal(stage);
    store_close(stage->officer);
    (void)nftw(stage->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    for (size_t i = 0; i < stage->asked_count; i++)
        free(stage->asked[i].bytes);
    for (int i = 0; i < ALERTS_MAX; i++) {
        free(stage->entries[i].document);
        free(stage->entries[i].first);
    }
    free(stage->last_reply);
    arena_done(&stage->arena);
    free(stage);
}

/* ---- for the tests ---- */

void stage_settle(struct stage *stage)
{
    struct diag why = {0};

    if (store_answers_came(stage->store))
        terminal_answers_queued(stage->terminal);
    ck_assert_msg(terminal_settle(stage->terminal, stage->now, &why) ==
                      STATUS_OK,
                  "%s", why.text);
}

const char *stage_heard(const struct stage *stage)
{
    return stage->transcript;
}

void stage_expect(struct stage *stage, const char *transcript)
{
    ck_assert_str_eq(stage->transcript, transcript);
    stage_skip(stage);
}

void stage_expect_begins(struct stage *stage, const char *transcript)
{
    size_t size = strlen(transcript);

    if (stage->length > size)
        stage->transcript[size] = '\0';
    stage_expect(stage, transcript);
}

void stage_skip(struct stage *stage)
{
    stage->length = 0;
    stage->transcript[0] = '\0';
}

struct terminal *stage_terminal(struct stage *stage)
{
    return stage->terminal;
}

struct store *stage_store(struct stage *stage)
{
    return stage->store;
}

const char *stage_folder(const struct stage *stage)
{
    return stage->folder;
}

struct moment stage_now(const struct stage *stage)
{
    return stage->now;
}

void stage_standing(struct stage *stage, struct terminal_standing *out)
{
    terminal_standing(stage->terminal, stage->now, out);
}

void stage_throw_feed(struct stage *stage, const char *topic, struct blob bytes)
{
    struct feed_frames frames = {{(const uint8_t *)topic, strlen(topic)},
                                 bytes};

    terminal_feed(stage->terminal, &frames, stage->now);
    stage_settle(stage);
}

void stage_throw_reply(struct stage *stage, struct blob bytes)
{
    terminal_reply(stage->terminal, bytes, stage->now);
    stage_settle(stage);
}

struct blob stage_last_feed(const struct stage *stage)
{
    return (struct blob){stage->last_feed, stage->last_feed_size};
}

struct blob stage_last_reply(const struct stage *stage)
{
    return (struct blob){stage->last_reply, stage->last_reply_size};
}

/* Field 1 of a Reply and of a Request, 16 bytes, stands first in both. */
void stage_graft_request_id(const struct stage *stage, uint8_t *reply,
                            size_t size)
{
    if (size > 18 && stage->asked_count > 0)
        memcpy(reply, stage->asked[stage->asked_count - 1].bytes, 18);
}
