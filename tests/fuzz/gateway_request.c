/* What a stranger or a handheld may send a gateway: path, headers and body, and
 * answers that are signed so that they get past the door. The first byte says
 * which. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "gateway/gateway.h"
#include "wire/check.h"
#include "wire/json.h"
#include "wire/keys.h"

#define RUNS_OF_ONE 500 /* then its spool is full */
#define TEXT_ROOM 120
#define SIGNED_ROOM 8000

static struct keypair key;
static int64_t row;

static bool on_send(void *arg, const uint8_t *bytes, size_t size)
{
    (void)arg;
    (void)bytes;
    (void)size;
    return true;
}

static uint8_t said[400]; /* the last response, if it is short */
static size_t said_size;

static void on_respond(void *arg, uint64_t exchange,
                       const struct gateway_response *response)
{
    (void)exchange;
    REQUIRE(response->code >= 200 && response->code < 600);
    said_size = response->size <= sizeof said ? response->size : 0;
    if (said_size > 0)
        memcpy(said, response->body, said_size);
    ++*(int *)arg;
}

static bool on_stream(void *arg, uint64_t exchange)
{
    (void)exchange;
    ++*(int *)arg;
    return true;
}

static bool on_push(void *arg, uint64_t exchange, const char *text, size_t size)
{
    (void)arg;
    (void)exchange;
    REQUIRE(size >= 2 && strncmp(text + size - 2, "\n\n", 2) == 0);
    return true;
}

static void on_end_stream(void *arg, uint64_t exchange)
{
    (void)arg;
    (void)exchange;
}

static void on_note(void *arg, enum log_level level, const char *event,
                    const char *text)
{
    (void)arg;
    (void)level;
    REQUIRE(event[0] != '\0' && text != NULL);
}

static void on_random(void *arg, void *out, size_t size)
{
    (void)arg;
    memset(out, 7, size);
}

static bool on_each_alert(void *arg, const struct alerts_asked *asked,
                          bool (*each)(void *to,
                                       const struct gateway_alert *alert),
                          void *to)
{
    (void)arg;
    (void)asked;
    (void)each;
    (void)to;
    return true;
}

static bool on_find_picture(void *arg, const uint8_t hash[32],
                            struct gateway_picture *out)
{
    (void)arg;
    (void)hash;
    (void)out;
    return false;
}

/* ---- a spool that forgets ---- */

static const uint8_t picture[64] = {0xff, 0xd8, 0xff};

static void put(void *arg, struct fate *fate,
                const Tocsin__V1__SignedAnswer *answer)
{
    (void)arg;
    REQUIRE(answer->content.len > 0 && fate->device[0] != '\0');
    fate->row = ++row;
}

static void forget(void *arg, const char *device, const uint8_t id[16])
{
    (void)arg;
    (void)device;
    (void)id;
}

static void purge(void *arg, int64_t before_ms)
{
    (void)arg;
    (void)before_ms;
}

static void cut(void *arg, const char *device,
                const struct spool_measure *measure)
{
    (void)arg;
    REQUIRE(device[0] != '\0' && measure->fates > 0);
}

/* One answer is known, whose picture is expected: that of 64 bytes. */
static bool find(void *arg, const char *device, const uint8_t id[16],
                 struct fate *out)
{
    (void)arg;
    memset(out, 0, sizeof *out);
    snprintf(out->device, sizeof out->device, "%s", device);
    out->state = TOCSIN__V1__FATE_STATE__FATE_STATE_RECORDED;
    out->row = 1;
    out->picture.state = TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_EXPECTED;
    out->picture.size = 64;
    hash_bytes(out->picture.hash, picture, sizeof picture);
    return id[0] == 0xaa;
}

static void keep_picture(void *arg, const struct fate *fate,
                         const uint8_t *bytes)
{
    (void)arg;
    REQUIRE(memcmp(bytes, picture, fate->picture.size) == 0);
}

static void each_picture(void *arg,
                         bool (*each)(void *to, const struct fate *fate),
                         void *to)
{
    (void)arg;
    (void)each;
    (void)to;
}

static void each_fate(void *arg, const struct fate_query *query,
                      bool (*each)(void *to, const struct fate *fate), void *to)
{
    (void)arg;
    (void)query;
    (void)each;
    (void)to;
}

static void each_waiting(void *arg,
                         bool (*each)(void *to, const struct fate *fate),
                         void *to)
{
    (void)arg;
    (void)each;
    (void)to;
}

static void keep_device(void *arg, const struct spooled_device *device)
{
    (void)arg;
    REQUIRE(device->introduced && principal_id_valid(device->id));
}

static void each_device(void *arg,
                        bool (*each)(void *to,
                                     const struct spooled_device *device),
                        void *to)
{
    struct spooled_device device = {.id = "H", .own = true};

    (void)arg;
    memcpy(device.key, key.public_key, KEY_SIZE);
    (void)each(to, &device);
}

static void each_kept_alert(void *arg,
                            bool (*each)(void *to, const char *alert_id),
                            void *to)
{
    (void)arg;
    (void)each;
    (void)to;
}

static void put_look(void *arg, const struct spooled_look *look)
{
    (void)arg;
    (void)look;
}

static void end_look(void *arg, int64_t number)
{
    (void)arg;
    (void)number;
}

/* One that waits, so that the broker's word on it is looked at. */
static void each_look(void *arg, int64_t after,
                      bool (*each)(void *to, const struct spooled_look *look),
                      void *to)
{
    struct spooled_look look = {
        .row = 1, .device = "H", .alert_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV"};

    (void)arg;
    if (after < 1)
        (void)each(to, &look);
}

static bool unread(void *arg, struct diag *why)
{
    (void)arg;
    (void)why;
    return false;
}

static enum status commit(void *arg, struct diag *why)
{
    (void)arg;
    (void)why;
    return STATUS_OK;
}

static struct gateway *make(int *responses, struct moment now)
{
    static const uint8_t secret[KEY_SIZE] = {1};
    const struct gateway_setup setup = {.id = "GW",
                                        .software = "fuzz",
                                        .secret = secret,
                                        .broker = key.public_key,
                                        .openapi = "{}",
                                        .openapi_size = 2,
                                        .limits = gateway_usual_limits};
    const struct gateway_port port = {.arg = responses,
                                      .send = on_send,
                                      .respond = on_respond,
                                      .stream = on_stream,
                                      .push = on_push,
                                      .end_stream = on_end_stream,
                                      .note = on_note,
                                      .random = on_random,
                                      .each_alert = on_each_alert,
                                      .find_picture = on_find_picture};
    const struct gateway_spool spool = {.put_look = put_look,
                                        .end_look = end_look,
                                        .each_look = each_look,
                                        .put = put,
                                        .forget = forget,
                                        .purge = purge,
                                        .cut = cut,
                                        .unread = unread,
                                        .find = find,
                                        .each_fate = each_fate,
                                        .each_waiting = each_waiting,
                                        .keep_device = keep_device,
                                        .each_device = each_device,
                                        .each_kept_alert = each_kept_alert,
                                        .keep_picture = keep_picture,
                                        .each_picture = each_picture,
                                        .commit = commit};

    return gateway_new(&setup, &port, &spool, now);
}

/* ---- requests ---- */

/* A line of the input, as a header or a path would come. */
static void take_line(char out[TEXT_ROOM], const uint8_t **data, size_t *size)
{
    size_t used = 0;

    while (*size > 0 && **data != '\n') {
        if (used + 1 < TEXT_ROOM && **data != '\0')
            out[used++] = (char)**data;
        ++*data;
        --*size;
    }
    if (*size > 0) {
        ++*data;
        --*size;
    }
    out[used] = '\0';
}

static uint8_t *sign_as(const char *context, const uint8_t *data, size_t size,
                        size_t *out)
{
    Tocsin__V1__SignedAnswer sealed = TOCSIN__V1__SIGNED_ANSWER__INIT;
    uint8_t signature[SIGNATURE_SIZE];

    /* more cannot be signed, and is refused for its size */
    sign(signature, context, data, size < SIGNED_ROOM ? size : SIGNED_ROOM,
         &key);
    sealed.content = (ProtobufCBinaryData){size, (uint8_t *)(uintptr_t)data};
    sealed.signature = (ProtobufCBinaryData){sizeof signature, signature};
    return encode(&sealed.base, out); /* SignedLogin is packed alike */
}

/* A session of H, by a challenge and a login as anybody would. */
static const char *token_of(struct gateway *gateway, struct moment now)
{
    static char token[TEXT_ROOM];
    struct gateway_request request = {.method = "GET",
                                      .path = "/v1/challenge",
                                      .query = "",
                                      .authorization = "",
                                      .accept = "application/x-protobuf",
                                      .content_type = "application/x-protobuf",
                                      .last_event_id = ""};
    Tocsin__V1__Login login = TOCSIN__V1__LOGIN__INIT;
    Tocsin__V1__Challenge *challenge;
    Tocsin__V1__Session *session;
    uint8_t *content;
    uint8_t *sealed;
    size_t size;

    gateway_request(gateway, 1, &request, now);
    challenge = tocsin__v1__challenge__unpack(NULL, said_size, said);
    REQUIRE(challenge != NULL);
    login.device = (char *)(uintptr_t) "H";
    login.gateway = (char *)(uintptr_t) "GW";
    login.nonce = challenge->nonce;
    content = encode(&login.base, &size);
    tocsin__v1__challenge__free_unpacked(challenge, NULL);
    sealed = sign_as(CONTEXT_LOGIN, content, size, &size);
    free(content);
    request.method = "POST";
    request.path = "/v1/session";
    request.body = sealed;
    request.size = size;
    gateway_request(gateway, 1, &request, now);
    free(sealed);
    session = tocsin__v1__session__unpack(NULL, said_size, said);
    REQUIRE(session != NULL);
    snprintf(token, sizeof token, "Bearer %s", session->token);
    tocsin__v1__session__free_unpacked(session, NULL);
    return token;
}

static void ask(struct gateway *gateway, const uint8_t *data, size_t size,
                struct moment now, int *responses)
{
    static const char *const paths[] = {"/v1/answers", "/v1/session",
                                        "/v1/enrolment", "/v1/found",
                                        "/v1/introduction"};
    char path[TEXT_ROOM];
    char header[TEXT_ROOM];
    uint8_t which = data[0];
    struct gateway_request request = {.method = "POST",
                                      .query = "",
                                      .authorization = "",
                                      .accept = "",
                                      .content_type = "application/json",
                                      .last_event_id = ""};
    uint8_t *sealed = NULL;

    data++;
    size--;
    request.path = (which & 0x80) != 0   ? paths[4]
                   : (which & 0x40) != 0 ? paths[3]
                                         : paths[which % 3];
    if ((which & 0x30) == 0x10) {
        request.content_type = "application/x-protobuf";
    } else if ((which & 0x30) == 0x20) {
        take_line(path, &data, &size);
        take_line(header, &data, &size);
        request.method = (which & 4) != 0   ? "PUT"
                         : (which & 1) != 0 ? "GET"
                                            : "DELETE";
        if ((which & 8) != 0) { /* as whoever holds the token */
            request.authorization = token_of(gateway, now);
            request.content_type = "image/jpeg";
            request.query = header;
        }
        request.path = path;
        request.authorization = header;
        request.last_event_id = header;
        request.local = (which & 2) != 0;
    } else if ((which & 0x30) == 0x30) {
        sealed = sign_as((which & 0x80) != 0   ? CONTEXT_PROOF
                         : (which & 0x40) != 0 ? CONTEXT_FOUND
                         : which % 3 == 1      ? CONTEXT_LOGIN
                                               : CONTEXT_ANSWER,
                         data, size, &size);
        data = sealed;
        request.content_type = "application/x-protobuf";
    }
    request.body = data;
    request.size = size;
    *responses = 0;
    gateway_request(gateway, 1, &request, now);
    free(sealed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gateway *gateway;
    static int runs;
    static int responses;
    static struct moment now = {1000, 1790000000000};
    const uint8_t seed[KEY_SIZE] = {3};
    struct diag why = {0};

    if (size == 0)
        return 0;
    if (gateway == NULL) {
        keys_start();
        keypair_from_seed(&key, seed);
        gateway = make(&responses, now);
    }
    now.monotonic_ms += 200;
    now.wall_ms += 200;
    ask(gateway, data, size, now, &responses);
    REQUIRE(gateway_settle(gateway, now, &why) == STATUS_OK);
    REQUIRE(responses <= 1); /* a claim waits for the broker */
    gateway_gone(gateway, 1);
    gateway_tick(gateway, now);
    if (++runs % RUNS_OF_ONE == 0) {
        gateway_free(gateway);
        gateway = NULL;
    }
    return 0;
}
