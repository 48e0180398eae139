#include "broker/core_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/check.h"

#define PRESENT_MS (120 * 1000) /* four heartbeats */

struct broker *broker_new(const struct broker_config *config,
                          const struct broker_ports *ports,
                          const struct divisions *divisions,
                          struct vault *vault)
{
    struct broker *broker = must_calloc(1, sizeof *broker);

    broker->config = *config;
    broker->ports = *ports;
    broker->vault = vault;
    broker->book = book_new(divisions);
    arena_init(&broker->intake, INTAKE_BYTES);
    arena_init(&broker->arena, ARENA_BYTES);
    arena_init(&broker->second, ARENA_BYTES);
    broker->room = must_calloc(1, REPLY_BYTES_MAX);
    broker->last_pending = &broker->first_pending;
    broker->inflight = map_new();
    broker->locks = map_new();
    broker->chase_of = map_new();
    broker->feed_keys = map_new();
    return broker;
}

static void free_locks(struct broker *broker)
{
    struct lock *lock;
    size_t cursor = 0;

    while ((lock = map_next(broker->locks, &cursor)) != NULL) {
        while (lock->first != NULL) {
            struct queued_request *next = lock->first->next;

            free(lock->first->bytes);
            free(lock->first);
            lock->first = next;
        }
        free(lock);
    }
    map_free(broker->locks);
}

static void free_chases(struct chase *chase)
{
    while (chase != NULL) {
        struct chase *next = chase->next;

        free(chase->tries);
        free(chase);
        chase = next;
    }
}

void broker_free(struct broker *broker)
{
    if (broker == NULL)
        return;
    while (broker->first_pending != NULL) {
        struct pending *next = broker->first_pending->next;

        pending_free(broker, broker->first_pending);
        broker->first_pending = next;
    }
    for (size_t i = 0; i < broker->gathering_count; i++)
        pending_free(broker, broker->gatherings[i].pending);
    while (broker->followers != NULL) {
        struct follower *next = broker->followers->next;

        free(broker->followers);
        broker->followers = next;
    }
    free_locks(broker);
    free_chases(broker->chases);
    rings_free(broker);
    feed_free(broker);
    map_free(broker->chase_of);
    picture_free(broker);
    map_free(broker->inflight);
    book_free(broker->book);
    arena_done(&broker->intake);
    arena_done(&broker->arena);
    arena_done(&broker->second);
    free(broker->presence);
    free(broker->room);
    free(broker);
}

const struct book *broker_book(const struct broker *broker)
{
    return broker->book;
}

const struct principal *broker_caller(const struct broker *broker,
                                      const struct caller *caller)
{
    return caller->principal == OWNER_NUMBER
               ? &broker->owner
               : book_number(broker->book, caller->principal);
}

struct presence *broker_presence(struct broker *broker, uint32_t number)
{
    if (number >= broker->presence_room) {
        size_t room = number * 2 + 64;
        /* not touched before somebody comes: of a nation it is 100 MB */
        struct presence *grown = must_calloc(room, sizeof *grown);

        if (broker->presence_room > 0)
            memcpy(grown, broker->presence,
                   broker->presence_room * sizeof *grown);
        free(broker->presence);
        broker->presence = grown;
        broker->presence_room = room;
    }
    return &broker->presence[number];
}

bool broker_is_present(struct broker *broker, uint32_t number)
{
    const struct presence *presence = broker_presence(broker, number);

    return presence->route.size > 0 &&
           presence->heard.monotonic_ms > broker->monotonic_ms - PRESENT_MS;
}

/* ---- who comes in -------------------------------------------------------- */

static bool may_pass(const struct principal *principal, enum gate gate)
{
    bool field;

    if (principal == NULL)
        return false;
    if (principal->role == TOCSIN__V1__ROLE__ROLE_DEVICE)
        return false; /* it speaks through gateways only */
    field = role_is_field(principal->role);
    switch (gate) {
    case GATE_COMMAND:
        return !field;
    case GATE_FIELD:
        return field;
    case GATE_FEED:
        return principal->role != TOCSIN__V1__ROLE__ROLE_REGISTRY;
    case GATE_COUNT:
        break;
    }
    return false;
}

/* Whoever has the broker's own key. */
static bool is_owner(const struct broker *broker, enum gate gate,
                     const uint8_t curve[KEY_SIZE])
{
    return broker->begun && gate == GATE_COMMAND &&
           memcmp(curve, broker->owner.curve, KEY_SIZE) == 0;
}

bool broker_admits(const struct broker *broker, enum gate gate,
                   const uint8_t curve[KEY_SIZE])
{
    return is_owner(broker, gate, curve) ||
           may_pass(book_curve(broker->book, curve), gate);
}

static void refuse_caller(struct broker *broker, const struct caller *caller,
                          Tocsin__V1__Status status, const char *field,
                          const char *reason, int64_t now_ms)
{
    struct complaint complaint;

    complain(&complaint, field, "%s", reason);
    reply_refused(broker, caller, status, &complaint, now_ms);
}

static void dispatch(struct broker *broker, const struct caller *caller,
                     const Tocsin__V1__Request *request, const uint8_t *bytes,
                     size_t size, int64_t now_ms)
{
    switch (request->body_case) {
    case TOCSIN__V1__REQUEST__BODY_HEARTBEAT:
        sync_heartbeat(broker, caller, request->heartbeat, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_SYNC:
        sync_take(broker, caller, request->sync, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_GET_KEYS:
        sync_keys(broker, caller, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_GET_PICTURE:
        picture_get(broker, caller, request->get_picture, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_PUT_PICTURE:
        picture_put(broker, caller, request->put_picture, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_FOLLOW:
        follow_take(broker, caller, request->follow, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_LIST_CASES:
        case_list(broker, caller, request->list_cases, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_LIST_FOUND:
        found_list(broker, caller, request->list_found, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_LIST_LIKELY:
        likely_list(broker, caller, request->list_likely, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_SHOW_FOUND:
        found_show(broker, caller, request->show_found, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_LIST_SUPERVISED:
        supervised_list(broker, caller, request->list_supervised, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_LIST_OVERDUE:
        overdue_list(broker, caller, request->list_overdue, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_LIST_SIGHTINGS:
        sighting_list(broker, caller, request->list_sightings, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_LIST_LOOKS:
        look_list(broker, caller, request->list_looks, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_SHOW_CASE:
        case_show(broker, caller, request->show_case, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_SHOW_SAMPLE:
        sample_show(broker, caller, request->show_sample, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_GET_BOARD:
        board_take(broker, caller, request->get_board, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE:
    case TOCSIN__V1__REQUEST__BODY_HAND_BACK:
    case TOCSIN__V1__REQUEST__BODY_NOTE_LOOK:
    case TOCSIN__V1__REQUEST__BODY_REPORT:
    case TOCSIN__V1__REQUEST__BODY_REVISE:
    case TOCSIN__V1__REQUEST__BODY_WITHDRAW:
    case TOCSIN__V1__REQUEST__BODY_ENROL:
    case TOCSIN__V1__REQUEST__BODY_REVOKE:
    case TOCSIN__V1__REQUEST__BODY_INVITE:
    case TOCSIN__V1__REQUEST__BODY_CLAIM:
    case TOCSIN__V1__REQUEST__BODY_ORDER:
    case TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND:
    case TOCSIN__V1__REQUEST__BODY_RESOLVE_FOUND:
    case TOCSIN__V1__REQUEST__BODY_SUPERVISE:
    case TOCSIN__V1__REQUEST__BODY_LIFT_SUPERVISION:
    case TOCSIN__V1__REQUEST__BODY_LAB_REPORT:
    case TOCSIN__V1__REQUEST__BODY_CHECK_SAMPLE:
        command_take(broker, caller, request, bytes, size, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_CONFIRM_PURGE:
        if (!doubles_refuse(broker, caller, now_ms))
            command_take(broker, caller, request, bytes, size, now_ms);
        return;
    default:
        question_take(broker, caller, request, now_ms);
        return;
    }
}

static bool may_ask(const struct principal *who,
                    Tocsin__V1__Request__BodyCase body)
{
    return role_may_ask(who->role, body) &&
           (who->number != OWNER_NUMBER ||
            body == TOCSIN__V1__REQUEST__BODY_ENROL ||
            body == TOCSIN__V1__REQUEST__BODY_HEARTBEAT);
}

/* Past the door: known, decoded, of a role that may ask this. */
static void take_known(struct broker *broker, struct caller *caller,
                       const struct principal *principal, const uint8_t *bytes,
                       size_t size, int64_t now_ms)
{
    const Tocsin__V1__Request *request;
    struct diag why = {0};

    arena_reset(&broker->arena);
    arena_reset(&broker->intake);
    request = decode(&broker->intake, &tocsin__v1__request__descriptor, bytes,
                     size, &why);
    if (request == NULL) {
        refuse_caller(broker, caller, TOCSIN__V1__STATUS__STATUS_INVALID,
                      "request", why.text, now_ms);
        return;
    }
    if (request->request_id.len != REQUEST_ID_SIZE) {
        refuse_caller(broker, caller, TOCSIN__V1__STATUS__STATUS_INVALID,
                      "request_id", "is not 16 bytes", now_ms);
        return;
    }
    memcpy(caller->request_id, request->request_id.data, REQUEST_ID_SIZE);
    caller->id_size = REQUEST_ID_SIZE;
    if (broker->stopping) {
        reply_status(broker, caller, TOCSIN__V1__STATUS__STATUS_UNAVAILABLE,
                     now_ms);
    } else if (request->body_case == TOCSIN__V1__REQUEST__BODY__NOT_SET) {
        refuse_caller(broker, caller, TOCSIN__V1__STATUS__STATUS_INVALID,
                      "body", "is missing or of an unknown kind", now_ms);
    } else if (!may_ask(principal, request->body_case)) {
        refuse_caller(broker, caller, TOCSIN__V1__STATUS__STATUS_DENIED, "role",
                      "may not ask this", now_ms);
    } else {
        dispatch(broker, caller, request, bytes, size, now_ms);
    }
}

/* Even who is refused at the door finds the reply to their own request. */
static void note_request_id(struct broker *broker, struct caller *caller,
                            const uint8_t *bytes, size_t size)
{
    const Tocsin__V1__Request *request;
    struct diag why = {0};

    arena_reset(&broker->arena);
    arena_reset(&broker->intake);
    request = decode(&broker->intake, &tocsin__v1__request__descriptor, bytes,
                     size, &why);
    if (request == NULL || request->request_id.len != REQUEST_ID_SIZE)
        return;
    memcpy(caller->request_id, request->request_id.data, REQUEST_ID_SIZE);
    caller->id_size = REQUEST_ID_SIZE;
}

/* Whoever this is, NULL for nobody, has proved the key. */
static void let_in(struct broker *broker, struct caller *caller,
                   const struct principal *who, const uint8_t *bytes,
                   size_t size, int64_t now_ms)
{
    struct presence *presence;

    if (who == NULL || who->revoked || !may_pass(who, caller->gate)) {
        note_request_id(broker, caller, bytes, size);
        refuse_caller(broker, caller, TOCSIN__V1__STATUS__STATUS_DENIED,
                      "principal", "is revoked or not enrolled here", now_ms);
        return;
    }
    presence = broker_presence(broker, who->number);
    presence->heard = (struct moment){broker->monotonic_ms, now_ms};
    if (caller->gate == GATE_FIELD)
        presence->route = caller->route;
    take_known(broker, caller, who, bytes, size, now_ms);
}

void broker_take(struct broker *broker, struct caller *caller,
                 const uint8_t curve[KEY_SIZE], const uint8_t *bytes,
                 size_t size, int64_t now_ms)
{
    const struct principal *who = is_owner(broker, caller->gate, curve)
                                      ? &broker->owner
                                      : book_curve(broker->book, curve);

    let_in(broker, caller, who, bytes, size, now_ms);
}

void broker_request(struct broker *broker, enum gate gate,
                    const uint8_t curve[KEY_SIZE], const struct route *route,
                    const uint8_t *bytes, size_t size, struct moment now)
{
    const struct principal *who =
        map_get(broker->book->by_curve, curve, KEY_SIZE);
    struct caller caller = {.gate = gate,
                            .route = *route,
                            .principal = who != NULL ? who->number : 0};

    broker->monotonic_ms = now.monotonic_ms;
    purge_end_keys(broker, now.wall_ms);
    if (is_owner(broker, gate, curve))
        let_in(broker, &caller, &broker->owner, bytes, size, now.wall_ms);
    else if (rate_allows(broker, &caller, bytes, size, now.wall_ms))
        let_in(broker, &caller, who, bytes, size, now.wall_ms);
}

/* ---- time ---------------------------------------------------------------- */

static void every_second(struct broker *broker)
{
    feed_second(broker);
    refusal_flush(broker);
    upload_tick(broker);
    command_want_keys(broker);
    (void)roll_orders(broker->book); /* made anew here, not by a report */
}

void broker_tick(struct broker *broker, struct moment now)
{
    broker_hand_over(broker, now);
    if (now.monotonic_ms >= broker->next_second_ms) {
        broker->next_second_ms = now.monotonic_ms + 1000;
        every_second(broker);
    }
    if (now.monotonic_ms >= broker->next_beacon_ms) {
        broker->next_beacon_ms = now.monotonic_ms + broker->config.beacon_ms;
        feed_beacon(broker, now.wall_ms);
    }
    trust_look(broker, now);
    purge_end_keys(broker, now.wall_ms); /* before what a clock brings */
    if (!broker->stopping && !broker->full) {
        rings_tick(broker, now.wall_ms);
        silence_tick(broker, now.wall_ms);
    }
    if (!broker->stopping && !broker->full && broker->clock.believed) {
        expiry_tick(broker, now.wall_ms);
        filing_tick(broker, now.wall_ms);
    }
    direct_tick(broker, now.wall_ms);
    purge_tick(broker, now.wall_ms);
    follow_wake(broker, now.wall_ms);
}
