#include "van.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <sodium.h>

#include "wire/document.h"
#include "wire/found.h"
#include "wire/proof.h"

static const uint8_t secret[KEY_SIZE] = {42};

/* ---- the ports ---- */

static bool on_send(void *arg, const uint8_t *bytes, size_t size)
{
    struct van *van = arg;
    struct van_sent *sent = &van->sent[van->sent_count];
    Tocsin__V1__Request *request =
        tocsin__v1__request__unpack(NULL, size, bytes);

    if (van->blocked) {
        tocsin__v1__request__free_unpacked(request, NULL);
        return false;
    }
    ck_assert_ptr_nonnull(request);
    ck_assert_uint_lt(van->sent_count++, VAN_SENT);
    memset(sent, 0, sizeof *sent);
    memcpy(sent->request_id, request->request_id.data, 16);
    sent->kind = request->body_case;
    if (request->body_case == TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE) {
        Tocsin__V1__Answer *answer = tocsin__v1__answer__unpack(
            NULL, request->acknowledge->answer->content.len,
            request->acknowledge->answer->content.data);

        snprintf(sent->device, sizeof sent->device, "%s", answer->node);
        sent->number = answer->answer_id.data[15];
        ck_assert_int_gt(request->acknowledge->taken_ms, 0);
        tocsin__v1__answer__free_unpacked(answer, NULL);
    } else if (request->body_case == TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND) {
        Tocsin__V1__FoundChild *found = tocsin__v1__found_child__unpack(
            NULL, request->register_found->found->content.len,
            request->register_found->found->content.data);

        snprintf(sent->device, sizeof sent->device, "%s", found->node);
        sent->number = (uint8_t)(found->found_id[ULID_SIZE - 1] - '0');
        sent->offset = found->revision;
        ck_assert_int_gt(request->register_found->taken_ms, 0);
        tocsin__v1__found_child__free_unpacked(found, NULL);
    } else if (request->body_case == TOCSIN__V1__REQUEST__BODY_PUT_PICTURE) {
        sent->offset = request->put_picture->offset;
        sent->number = request->put_picture->data.data[0];
    } else if (request->body_case == TOCSIN__V1__REQUEST__BODY_NOTE_LOOK) {
        ck_assert_int_gt(request->note_look->at_ms, 0);
        snprintf(sent->device, sizeof sent->device, "%s",
                 request->note_look->device);
    } else if (request->body_case == TOCSIN__V1__REQUEST__BODY_LIST_DEVICES) {
        snprintf(sent->device, sizeof sent->device, "%s",
                 request->list_devices->id);
        if (request->list_devices->after[0] == 'H')
            sent->offset = (uint32_t)atoi(request->list_devices->after + 1) + 1;
    }
    tocsin__v1__request__free_unpacked(request, NULL);
    return true;
}

static void on_respond(void *arg, uint64_t exchange,
                       const struct gateway_response *response)
{
    struct van *van = arg;

    ck_assert_int_eq(van->codes[exchange], 0); /* once */
    van->codes[exchange] = response->code;
    snprintf(van->bodies[exchange], sizeof van->bodies[exchange], "%.*s",
             (int)response->size,
             response->body != NULL ? (const char *)response->body : "");
    free(van->body);
    van->body = must_calloc(1, response->size + 1);
    if (response->size > 0)
        memcpy(van->body, response->body, response->size);
    if (!van->deaf)
        gateway_gone(van->gateway, exchange);
}

static bool on_stream(void *arg, uint64_t exchange)
{
    ((struct van *)arg)->codes[exchange] = 200;
    return true;
}

static bool on_push(void *arg, uint64_t exchange, const char *text, size_t size)
{
    ck_assert(!((struct van *)arg)->ended[exchange]);
    (void)text;
    (void)size;
    return true;
}

static void on_end_stream(void *arg, uint64_t exchange)
{
    struct van *van = arg;

    ck_assert(!van->ended[exchange]); /* once */
    van->ended[exchange] = true;
}

static void on_note(void *arg, enum log_level level, const char *event,
                    const char *text)
{
    (void)level;
    (void)text;
    ((struct van *)arg)->unreadable_said +=
        strcmp(event, "spool.unreadable") == 0;
}

static void on_random(void *arg, void *out, size_t size)
{
    struct van *van = arg;

    for (size_t i = 0; i < size; i++) {
        van->seed = van->seed * 1664525U + 1013904223U;
        ((uint8_t *)out)[i] = (uint8_t)(van->seed >> 24);
    }
}

static bool on_each_alert(void *arg, const struct alerts_asked *asked,
                          bool (*each)(void *to,
                                       const struct gateway_alert *alert),
                          void *to)
{
    struct van *van = arg;
    char id[ULID_SIZE + 1] = VAN_ALERT;

    for (size_t i = 0; i < van->alert_count; i++) {
        const struct gateway_alert alert = {
            .alert_id = id,
            .case_number = "",
            .state = TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE,
            .sequence = van->sequences[i]};

        id[ULID_SIZE - 2] = (char)('0' + i / 10);
        id[ULID_SIZE - 1] = (char)('0' + i % 10);
        if (asked->below != 0 && alert.sequence >= asked->below)
            continue;
        if (i == van->alerts_read)
            return false;
        van->alerts_opened++;
        if (!each(to, &alert))
            return true;
    }
    return van->alerts_read > 0;
}

static bool on_find_picture(void *arg, const uint8_t hash[32],
                            struct gateway_picture *out)
{
    struct van *van = arg;

    (void)hash;
    strcpy(out->alert_id, van->pictured != NULL ? van->pictured : VAN_ALERT);
    out->size = (uint32_t)van->picture_size;
    out->png = false;
    return van->picture_known;
}

static bool on_alert_is_over(void *arg, const char *alert_id)
{
    const struct van *van = arg;

    (void)alert_id;
    return van->alert_over;
}

static bool on_picture_load(void *arg, const uint8_t hash[32], uint8_t **bytes,
                            size_t *size)
{
    (void)hash;
    if (!((struct van *)arg)->picture_cached)
        return false;
    *size = ((struct van *)arg)->picture_size;
    *bytes = must_calloc(1, *size);
    return true;
}

static void on_picture_keep(void *arg, const uint8_t hash[32],
                            const char *alert_id, const uint8_t *bytes,
                            size_t size)
{
    (void)hash;
    (void)alert_id;
    (void)bytes;
    (void)size;
    ((struct van *)arg)->pictures_kept++;
}

static bool on_picture_drop(void *arg, const char *alert_id)
{
    (void)alert_id;
    return !((struct van *)arg)->picture_stuck;
}

/* ---- the stage ---- */

static void start(struct van *van)
{
    struct gateway_setup setup = {.id = "GW-1",
                                  .software = "van",
                                  .secret = secret,
                                  .broker = van->broker.public_key,
                                  .openapi = "{}",
                                  .openapi_size = 2,
                                  .limits = gateway_usual_limits};
    const struct gateway_port port = {.arg = van,
                                      .send = on_send,
                                      .respond = on_respond,
                                      .stream = on_stream,
                                      .push = on_push,
                                      .end_stream = on_end_stream,
                                      .note = on_note,
                                      .random = on_random,
                                      .each_alert = on_each_alert,
                                      .find_picture = on_find_picture,
                                      .alert_is_over = on_alert_is_over,
                                      .picture_load = on_picture_load,
                                      .picture_keep = on_picture_keep,
                                      .picture_drop = on_picture_drop};
    struct gateway_spool spool;

    setup.limits.device_waiting = VAN_MAY_WAIT;
    setup.limits.device_fates = VAN_FATES;
    setup.limits.device_picture_bytes = VAN_PICTURES * VAN_PICTURE;
    setup.limits.pictures_wait = 3;
    paper_spool_port(van->paper, &spool);
    van->gateway = gateway_new(&setup, &port, &spool, van->now);
}

struct van *van_new(void)
{
    struct van *van = must_calloc(1, sizeof *van);

    keys_start();
    van->paper = paper_spool_new();
    van->now = (struct moment){1000, 1790000000000};
    van->generation = 1;
    van->alerts_read = VAN_ALERTS;
    van->picture_size = VAN_SEEN;
    van->retry_ms = 100;
    keypair_from_seed(&van->broker, secret);
    van->handhelds = VAN_HANDHELDS;
    for (int i = 0; i < VAN_CROWD; i++) {
        const uint8_t seed[KEY_SIZE] = {(uint8_t)(i + 1)};

        keypair_from_seed(&van->keys[i], seed);
    }
    start(van);
    return van;
}

void van_free(struct van *van)
{
    gateway_free(van->gateway);
    paper_spool_free(van->paper);
    free(van->body);
    free(van);
}

void van_crash(struct van *van)
{
    gateway_free(van->gateway);
    paper_spool_crash(van->paper);
    start(van);
    if (van->up)
        van_connect(van);
}

static void tell_world(struct van *van)
{
    const struct gateway_world world = {.connected = van->up,
                                        .revoked = van->outcast,
                                        .complete = van->up,
                                        .generation = van->generation};

    gateway_line(van->gateway, van->up, van->connects, van->now);
    gateway_world(van->gateway, &world, van->now);
}

void van_settle(struct van *van)
{
    struct diag why = {0};

    tell_world(van);
    ck_assert_msg(gateway_settle(van->gateway, van->now, &why) == STATUS_OK,
                  "%s", why.text);
}

void van_connect(struct van *van)
{
    van->up = true;
    van->connects++;
    van_settle(van);
    van_roster(van);
}

void van_lose(struct van *van)
{
    van->up = false;
    van_settle(van);
}

void van_pass(struct van *van, int64_t ms)
{
    van->now.monotonic_ms += ms;
    van->now.wall_ms += ms;
    gateway_tick(van->gateway, van->now);
    van_settle(van);
}

static uint64_t post(struct van *van, const char *path, const uint8_t *body,
                     size_t size)
{
    const struct gateway_request request = {.method = "POST",
                                            .path = path,
                                            .query = "",
                                            .authorization = "",
                                            .accept = "application/json",
                                            .content_type =
                                                "application/x-protobuf",
                                            .last_event_id = "",
                                            .body = body,
                                            .size = size};

    ck_assert_uint_lt(++van->exchange, VAN_SAID);
    gateway_request(van->gateway, van->exchange, &request, van->now);
    return van->exchange;
}

/* JPEG as far as anybody looks; its first byte after that says whose it is. */
static void make_picture(uint8_t number, uint8_t out[VAN_PICTURE])
{
    memset(out, number, VAN_PICTURE);
    memcpy(out, "\xff\xd8\xff", 3);
}

struct giver {
    const char *device;
    const struct keypair *key;
    bool pictured;
};

static uint64_t give(struct van *van, const struct giver *giver, uint8_t number,
                     Tocsin__V1__Rung rung)
{
    Tocsin__V1__Picture picture = TOCSIN__V1__PICTURE__INIT;
    uint8_t shot[VAN_PICTURE];
    uint8_t hash[32];
    Tocsin__V1__Answer answer = TOCSIN__V1__ANSWER__INIT;
    Tocsin__V1__Search search = TOCSIN__V1__SEARCH__INIT;
    Tocsin__V1__Interval when = TOCSIN__V1__INTERVAL__INIT;
    uint8_t id[16] = {0};
    uint8_t *bytes;
    uint64_t exchange;
    size_t size;

    id[15] = number;
    answer.answer_id = (ProtobufCBinaryData){sizeof id, id};
    answer.node = (char *)(uintptr_t)giver->device;
    answer.alert_id =
        (char *)(uintptr_t)(van->about != NULL ? van->about : VAN_ALERT);
    answer.revision = 1;
    answer.rung = rung;
    answer.officer = (char *)(uintptr_t) "P-1";
    if (rung == TOCSIN__V1__RUNG__RUNG_NEGATIVE) {
        search.what = (char *)(uintptr_t) "the quay";
        when.from_ms = when.to_ms = 1;
        search.when = &when;
        answer.search = &search;
    }
    if (giver->pictured) {
        make_picture(number, shot);
        hash_bytes(hash, shot, sizeof shot);
        picture.hash = (ProtobufCBinaryData){sizeof hash, hash};
        picture.media_type = (char *)(uintptr_t) "image/jpeg";
        picture.size = sizeof shot;
        answer.picture = &picture;
    }
    bytes = answer_sign(&answer, giver->key, &size);
    exchange = post(van, "/v1/answers", bytes, size);
    free(bytes);
    return exchange;
}

uint64_t van_register(struct van *van, int who, uint8_t number,
                      uint32_t revision)
{
    Tocsin__V1__FoundChild found = TOCSIN__V1__FOUND_CHILD__INIT;
    Tocsin__V1__Child child = TOCSIN__V1__CHILD__INIT;
    Tocsin__V1__AgeRange age = TOCSIN__V1__AGE_RANGE__INIT;
    Tocsin__V1__Place place = TOCSIN__V1__PLACE__INIT;
    Tocsin__V1__Keeper keeper = TOCSIN__V1__KEEPER__INIT;
    char node[8];
    char id[ULID_SIZE + 1] = VAN_ALERT;
    uint8_t *bytes;
    uint64_t exchange;
    size_t size;

    snprintf(node, sizeof node, "H%d", who);
    id[ULID_SIZE - 1] = (char)('0' + number);
    age.max_months = 36;
    child.sex = TOCSIN__V1__SEX__SEX_FEMALE;
    child.age = &age;
    place.text = (char *)(uintptr_t) "waiting room";
    keeper.name = (char *)(uintptr_t) "children's home";
    keeper.division = (char *)(uintptr_t) "440300";
    found.found_id = id;
    found.revision = revision;
    found.node = node;
    found.at_ms = 1790000000000; /* the same bytes whenever it is given */
    found.found_ms = found.at_ms;
    found.officer = (char *)(uintptr_t) "P-1";
    found.child = &child;
    found.place = &place;
    found.keeper = &keeper;
    ck_assert(found_sign(&found, &van->keys[who], &bytes, &size, NULL) ==
              STATUS_OK);
    exchange = post(van, "/v1/found", bytes, size);
    free(bytes);
    return exchange;
}

static uint64_t give_own(struct van *van, int who, uint8_t number,
                         Tocsin__V1__Rung rung, bool pictured)
{
    char device[8];
    const struct giver giver = {device, &van->keys[who], pictured};

    snprintf(device, sizeof device, "H%d", who);
    return give(van, &giver, number, rung);
}

uint64_t van_give(struct van *van, int who, uint8_t number,
                  Tocsin__V1__Rung rung)
{
    return give_own(van, who, number, rung, false);
}

/* A handheld that no roster names. */
static void make_stranger(struct keypair *key)
{
    const uint8_t seed[KEY_SIZE] = {77};

    keypair_from_seed(key, seed);
}

uint64_t van_give_as(struct van *van, const char *device, uint8_t number)
{
    struct keypair key;
    const struct giver giver = {device, &key, false};

    make_stranger(&key);
    return give(van, &giver, number, TOCSIN__V1__RUNG__RUNG_READ);
}

uint64_t van_introduce(struct van *van, const char *device, bool forged)
{
    Tocsin__V1__DeviceProof proof = TOCSIN__V1__DEVICE_PROOF__INIT;
    struct keypair key;
    struct arena arena;
    uint64_t exchange;
    uint8_t *bytes;
    size_t size;

    make_stranger(&key);
    arena_init(&arena, 4096);
    proof.device = (char *)(uintptr_t)device;
    proof.public_key = (ProtobufCBinaryData){KEY_SIZE, key.public_key};
    proof.not_before_ms = 1790000000000;
    proof.not_after_ms = proof.not_before_ms + PROOF_MS;
    bytes = encode(
        &proof_make(&arena, &proof, forged ? &key : &van->broker)->base, &size);
    exchange = post(van, "/v1/introduction", bytes, size);
    free(bytes);
    arena_done(&arena);
    return exchange;
}

uint64_t van_give_pictured(struct van *van, int who, uint8_t number)
{
    return give_own(van, who, number, TOCSIN__V1__RUNG__RUNG_SIGHTING, true);
}

/* What stands behind "NAME":" in the last body, to the next quote. */
static void field_of(const struct van *van, const char *name, char out[160])
{
    const char *at = strstr(van->bodies[van->exchange], name);

    ck_assert_ptr_nonnull(at);
    at += strlen(name) + 3;
    snprintf(out, 160, "%.*s", (int)strcspn(at, "\""), at);
}

static uint64_t ask_with(struct van *van, const struct gateway_request *request)
{
    ck_assert_uint_lt(++van->exchange, VAN_SAID);
    gateway_request(van->gateway, van->exchange, request, van->now);
    return van->exchange;
}

/* "Bearer TOKEN" of a session of handheld number `who`. */
static void log_in(struct van *van, int who, char out[180])
{
    struct gateway_request request = {.method = "POST",
                                      .path = "/v1/session",
                                      .query = "",
                                      .authorization = "",
                                      .accept = "application/json",
                                      .content_type = "application/x-protobuf",
                                      .last_event_id = ""};
    Tocsin__V1__SignedLogin sealed = TOCSIN__V1__SIGNED_LOGIN__INIT;
    Tocsin__V1__Login login = TOCSIN__V1__LOGIN__INIT;
    uint8_t signature[SIGNATURE_SIZE];
    uint8_t nonce[64];
    char device[8];
    char text[160];
    uint8_t *content;
    uint8_t *body;
    size_t size;

    (void)van_ask(van, "GET", "/v1/challenge", "");
    field_of(van, "nonce", text);
    ck_assert_int_eq(sodium_base642bin(nonce, sizeof nonce, text, strlen(text),
                                       NULL, &size, NULL,
                                       sodium_base64_VARIANT_ORIGINAL),
                     0);
    snprintf(device, sizeof device, "H%d", who);
    login.device = device;
    login.gateway = (char *)(uintptr_t) "GW-1";
    login.nonce = (ProtobufCBinaryData){size, nonce};
    content = encode(&login.base, &size);
    sign(signature, CONTEXT_LOGIN, content, size, &van->keys[who]);
    sealed.content = (ProtobufCBinaryData){size, content};
    sealed.signature = (ProtobufCBinaryData){sizeof signature, signature};
    body = encode(&sealed.base, &request.size);
    request.body = body;
    (void)ask_with(van, &request);
    field_of(van, "token", text);
    snprintf(out, 180, "Bearer %s", text);
    free(content);
    free(body);
}

uint64_t van_put(struct van *van, const struct van_piece *piece)
{
    uint8_t shot[VAN_PICTURE];
    uint8_t id[16] = {0};
    char hex[33];
    char path[80];
    char query[40];
    char bearer[180];
    struct gateway_request request = {.method = "PUT",
                                      .path = path,
                                      .query = query,
                                      .authorization = bearer,
                                      .accept = "application/json",
                                      .content_type = "image/jpeg",
                                      .last_event_id = "",
                                      .body = shot + piece->offset,
                                      .size = piece->size};

    id[15] = piece->number;
    make_picture(piece->damaged ? piece->number + 1 : piece->number, shot);
    snprintf(path, sizeof path, "/v1/answers/%s/picture",
             hex_encode(hex, id, sizeof id));
    snprintf(query, sizeof query, "offset=%u", piece->offset);
    log_in(van, piece->who, bearer);
    return ask_with(van, &request);
}

uint64_t van_look_at(struct van *van, int who, uint8_t number)
{
    const uint8_t picture[VAN_SEEN] = {number};
    char path[90] = "/v1/pictures/";
    uint8_t hash[32];

    hash_bytes(hash, picture, sizeof picture);
    (void)hex_encode(path + strlen(path), hash, sizeof hash);
    return van_read(van, who, path);
}

uint64_t van_look(struct van *van, int who)
{
    return van_look_at(van, who, 0);
}

uint64_t van_read(struct van *van, int who, const char *path)
{
    char bearer[180];

    log_in(van, who, bearer);
    return van_ask(van, "GET", path, bearer);
}

uint64_t van_figures(struct van *van)
{
    const struct gateway_request request = {.method = "GET",
                                            .path = "/metrics",
                                            .query = "",
                                            .authorization = "",
                                            .accept = "",
                                            .content_type = "",
                                            .last_event_id = "",
                                            .local = true};

    gateway_request(van->gateway, ++van->exchange, &request, van->now);
    return van->exchange;
}

uint64_t van_page(struct van *van, uint64_t before, unsigned seen[VAN_ALERTS])
{
    static const char id[] = "\"alertId\":\"";
    static const char next[] = "\"next\":\"";
    char query[40];
    char bearer[180];
    struct gateway_request request = {.method = "GET",
                                      .path = "/v1/alerts",
                                      .query = query,
                                      .authorization = bearer,
                                      .accept = "application/json",
                                      .content_type = "",
                                      .last_event_id = ""};
    const char *at;

    snprintf(query, sizeof query, "before=%llu", (unsigned long long)before);
    log_in(van, 0, bearer);
    (void)ask_with(van, &request);
    for (at = van->body; (at = strstr(at, id)) != NULL; at++)
        seen[atoi(at + sizeof id - 1 + ULID_SIZE - 2)]++;
    at = strstr(van->body, next);
    return at == NULL ? 0 : strtoull(at + sizeof next - 1, NULL, 10);
}

uint64_t van_listen(struct van *van, int who)
{
    char bearer[180];

    log_in(van, who, bearer);
    return van_ask(van, "GET", "/v1/events", bearer);
}

uint64_t van_claim(struct van *van, int who, uint8_t seed)
{
    Tocsin__V1__SignedClaim sealed = TOCSIN__V1__SIGNED_CLAIM__INIT;
    Tocsin__V1__DeviceClaim claim = TOCSIN__V1__DEVICE_CLAIM__INIT;
    uint8_t signature[SIGNATURE_SIZE];
    const uint8_t bytes[KEY_SIZE] = {seed};
    struct keypair *key = &van->keys[who];
    char device[8];
    uint8_t *content;
    uint8_t *body;
    uint64_t exchange;
    size_t size;

    keypair_from_seed(key, bytes);
    snprintf(device, sizeof device, "H%d", who);
    claim.device = device;
    claim.public_key = (ProtobufCBinaryData){KEY_SIZE, key->public_key};
    content = encode(&claim.base, &size);
    sign(signature, CONTEXT_DEVICE, content, size, key);
    sealed.content = (ProtobufCBinaryData){size, content};
    sealed.by_device = (ProtobufCBinaryData){sizeof signature, signature};
    sealed.by_secret = sealed.by_device; /* is the broker's to look at */
    body = encode(&sealed.base, &size);
    exchange = post(van, "/v1/enrolment", body, size);
    free(content);
    free(body);
    return exchange;
}

uint64_t van_forge(struct van *van, int who, uint8_t number)
{
    char device[8];
    const struct giver giver = {device, &van->keys[(who + 1) % VAN_HANDHELDS],
                                false};

    snprintf(device, sizeof device, "H%d", who);
    return give(van, &giver, number, TOCSIN__V1__RUNG__RUNG_READ);
}

uint64_t van_ask(struct van *van, const char *method, const char *path,
                 const char *authorization)
{
    const struct gateway_request request = {.method = method,
                                            .path = path,
                                            .query = "",
                                            .authorization = authorization,
                                            .accept = "",
                                            .content_type = "",
                                            .last_event_id = ""};

    ck_assert_uint_lt(++van->exchange, VAN_SAID);
    gateway_request(van->gateway, van->exchange, &request, van->now);
    return van->exchange;
}

/* ---- the broker ---- */

static void say(struct van *van, Tocsin__V1__Reply *reply, size_t at)
{
    size_t size;
    uint8_t *bytes;

    reply->request_id = (ProtobufCBinaryData){16, van->sent[at].request_id};
    reply->time_ms = van->now.wall_ms + van->broker_ahead_ms;
    bytes = encode(&reply->base, &size);
    (void)gateway_reply(van->gateway, bytes, size, van->now);
    free(bytes);
    van_settle(van);
}

void van_reply(struct van *van, size_t at, Tocsin__V1__Status status)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;

    reply.status = status;
    reply.retry_after_ms = van->retry_ms;
    if (status == TOCSIN__V1__STATUS__STATUS_RECORDED ||
        status == TOCSIN__V1__STATUS__STATUS_DUPLICATE)
        reply.sequence = 100 + at;
    say(van, &reply, at);
}

void van_refuse(struct van *van, size_t at, Tocsin__V1__Status status,
                const char *field)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;

    reply.status = status;
    reply.field = (char *)(uintptr_t)field;
    say(van, &reply, at);
}

void van_receipt(struct van *van, size_t at, uint32_t have)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__PictureReceipt receipt = TOCSIN__V1__PICTURE_RECEIPT__INIT;

    receipt.have = have;
    reply.status = have == VAN_PICTURE ? TOCSIN__V1__STATUS__STATUS_RECORDED
                                       : TOCSIN__V1__STATUS__STATUS_OK;
    reply.sequence = have == VAN_PICTURE ? 100 + at : 0;
    reply.body_case = TOCSIN__V1__REPLY__BODY_PICTURE_RECEIPT;
    reply.picture_receipt = &receipt;
    say(van, &reply, at);
}

void van_show(struct van *van, size_t at)
{
    uint8_t picture[VAN_SEEN] = {0};
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__PictureChunk chunk = TOCSIN__V1__PICTURE_CHUNK__INIT;

    chunk.size = sizeof picture;
    chunk.data = (ProtobufCBinaryData){sizeof picture, picture};
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_PICTURE_CHUNK;
    reply.picture_chunk = &chunk;
    say(van, &reply, at);
}

#define PAGE_DEVICES 50

static void reply_devices(struct van *van, size_t at)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__DeviceList list = TOCSIN__V1__DEVICE_LIST__INIT;
    Tocsin__V1__Device devices[PAGE_DEVICES];
    Tocsin__V1__Device *pointers[PAGE_DEVICES];
    char ids[PAGE_DEVICES][16];
    char id[16];

    for (int i = (int)van->sent[at].offset; i < van->handhelds; i++) {
        size_t place = list.n_devices;
        bool named;

        snprintf(id, sizeof id, "H%d", i);
        named = van->sent[at].device[0] == '\0'
                    ? !van->elsewhere[i]
                    : strcmp(van->sent[at].device, id) == 0;
        if (van->lost[i] || !named)
            continue;
        list.more = place == PAGE_DEVICES;
        if (list.more)
            break;
        memcpy(ids[place], id, sizeof id);
        tocsin__v1__device__init(&devices[place]);
        devices[place].id = ids[place];
        devices[place].public_key =
            (ProtobufCBinaryData){KEY_SIZE, van->keys[i].public_key};
        devices[place].gateway =
            (char *)(uintptr_t)(van->elsewhere[i] ? "GW-2" : "GW-1");
        devices[place].revoked = van->revoked[i];
        pointers[list.n_devices++] = &devices[place];
    }
    list.devices = pointers;
    list.generation = van->generation;
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_DEVICE_LIST;
    reply.device_list = &list;
    say(van, &reply, at);
}

bool van_roster_one(struct van *van)
{
    for (size_t at = 0; at < van->sent_count; at++) {
        if (van->sent[at].kind == TOCSIN__V1__REQUEST__BODY_LIST_DEVICES) {
            van->sent[at].kind = TOCSIN__V1__REQUEST__BODY__NOT_SET;
            reply_devices(van, at);
            return true;
        }
    }
    return false;
}

void van_roster(struct van *van)
{
    while (van_roster_one(van)) {
    }
}

const char *van_answers(struct van *van, size_t from)
{
    static char text[VAN_SENT * 8];
    size_t used = 0;

    text[0] = '\0';
    for (size_t at = from; at < van->sent_count; at++) {
        if (van->sent[at].kind == TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE)
            used +=
                (size_t)snprintf(text + used, sizeof text - used, "%s:%u ",
                                 van->sent[at].device, van->sent[at].number);
        else if (van->sent[at].kind == TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND)
            used +=
                (size_t)snprintf(text + used, sizeof text - used, "%s:f%ur%u ",
                                 van->sent[at].device, van->sent[at].number,
                                 van->sent[at].offset);
        else if (van->sent[at].kind == TOCSIN__V1__REQUEST__BODY_PUT_PICTURE)
            used += (size_t)snprintf(text + used, sizeof text - used, "@%u ",
                                     van->sent[at].offset);
    }
    return text;
}
