/* Who reads: a handheld signs a nonce and gets a token. Neither is kept here:
 * both carry their own seal, so that a restart ends no session. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "gateway/core.h"

#define CHALLENGE_MS (2 * 60 * 1000)
#define SESSION_MS (24LL * 3600 * 1000)
#define SEAL_SIZE 16
#define CHALLENGE_SIZE (8 + SEAL_SIZE)
#define LOGIN_CONTENT_MAX 200
#define BEARER "Bearer "

/* purpose and who keep one kind of seal from standing for another. */
static void seal_of(const struct gateway *gateway, const char *purpose,
                    const void *what, size_t size, uint8_t out[SEAL_SIZE])
{
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, gateway->secret, KEY_SIZE, SEAL_SIZE);
    (void)crypto_generichash_update(&state, (const uint8_t *)purpose,
                                    strlen(purpose) + 1);
    (void)crypto_generichash_update(&state, what, size);
    (void)crypto_generichash_final(&state, out, SEAL_SIZE);
}

static void put_time(uint8_t out[8], int64_t ms)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)((uint64_t)ms >> (56 - 8 * i));
}

static int64_t get_time(const uint8_t bytes[8])
{
    uint64_t ms = 0;

    for (int i = 0; i < 8; i++)
        ms = ms << 8 | bytes[i];
    return (int64_t)ms;
}

void take_challenge(struct gateway *gateway, const struct asked *asked,
                    struct moment now)
{
    Tocsin__V1__Challenge challenge = TOCSIN__V1__CHALLENGE__INIT;
    uint8_t nonce[CHALLENGE_SIZE];

    put_time(nonce, now.wall_ms);
    seal_of(gateway, "challenge", nonce, 8, nonce + 8);
    challenge.nonce = (ProtobufCBinaryData){sizeof nonce, nonce};
    challenge.time_ms = today_ms(gateway, now);
    respond_message(gateway, asked->exchange, 200, &challenge.base,
                    asked->protobuf);
}

static bool nonce_is_good(const struct gateway *gateway,
                          ProtobufCBinaryData nonce, struct moment now)
{
    uint8_t seal[SEAL_SIZE];
    int64_t age_ms;

    if (nonce.len != CHALLENGE_SIZE)
        return false;
    seal_of(gateway, "challenge", nonce.data, 8, seal);
    if (sodium_memcmp(seal, nonce.data + 8, SEAL_SIZE) != 0)
        return false;
    age_ms = now.wall_ms - get_time(nonce.data); /* a time that we have said */
    return age_ms >= -CHALLENGE_MS && age_ms <= CHALLENGE_MS;
}

/* The key is in it: with another key the session is over. */
static void seal_session(const struct gateway *gateway,
                         const struct device *device, const char *head,
                         char out[2 * SEAL_SIZE + 1])
{
    uint8_t bytes[KEY_SIZE + 80];
    uint8_t seal[SEAL_SIZE];
    size_t size = strlen(head);

    REQUIRE(size <= 80);
    memcpy(bytes, device->key, KEY_SIZE);
    memcpy(bytes + KEY_SIZE, head, size);
    seal_of(gateway, "session", bytes, KEY_SIZE + size, seal);
    (void)hex_encode(out, seal, SEAL_SIZE);
}

static void give_session(struct gateway *gateway, const struct asked *asked,
                         const struct device *device, struct moment now)
{
    Tocsin__V1__Session session = TOCSIN__V1__SESSION__INIT;
    char head[80];
    char seal[2 * SEAL_SIZE + 1];
    char token[120];

    /* by our own clock, which is the one that will judge it */
    snprintf(head, sizeof head, "%s~%" PRId64, device->id,
             (int64_t)(now.wall_ms + SESSION_MS));
    seal_session(gateway, device, head, seal);
    snprintf(token, sizeof token, "%s~%s", head, seal);
    session.token = token;
    session.time_ms = today_ms(gateway, now);
    session.expires_ms = session.time_ms + SESSION_MS;
    respond_message(gateway, asked->exchange, 200, &session.base,
                    asked->protobuf);
}

static const Tocsin__V1__Login *login_of(struct gateway *gateway,
                                         const struct asked *asked,
                                         const Tocsin__V1__SignedLogin *sealed)
{
    const Tocsin__V1__Login *login =
        sealed->content.len > LOGIN_CONTENT_MAX
            ? NULL
            : decode(&gateway->inner, &tocsin__v1__login__descriptor,
                     sealed->content.data, sealed->content.len, NULL);

    if (login == NULL || !principal_id_valid(login->device)) {
        respond_problem(
            gateway, asked,
            (struct problem){400, TOCSIN__V1__STATUS__STATUS_INVALID, 0},
            "content", "is no Login");
        return NULL;
    }
    return login;
}

void take_login(struct gateway *gateway, const struct asked *asked,
                struct moment now)
{
    const struct problem denied = {403, TOCSIN__V1__STATUS__STATUS_DENIED, 0};
    const Tocsin__V1__SignedLogin *sealed =
        body_of(gateway, asked, &tocsin__v1__signed_login__descriptor);
    const Tocsin__V1__Login *login;
    const struct device *device;

    if (sealed == NULL)
        return;
    login = login_of(gateway, asked, sealed);
    if (login == NULL)
        return;
    device = device_admit(gateway, asked, login->device, now);
    if (device == NULL)
        return;
    if (device->introduced)
        respond_problem(
            gateway, asked,
            (struct problem){503, TOCSIN__V1__STATUS__STATUS_UNAVAILABLE, 1000},
            "device", "may answer; the rest waits for the centre's word");
    else if (strcmp(login->gateway, gateway->id) != 0)
        respond_problem(gateway, asked, denied, "gateway", "is another one");
    else if (!nonce_is_good(gateway, login->nonce, now))
        respond_problem(gateway, asked, denied, "nonce", "is not ours, or old");
    else if (!verify(sealed->signature.data, sealed->signature.len,
                     CONTEXT_LOGIN, sealed->content.data, sealed->content.len,
                     device->key))
        respond_problem(gateway, asked, denied, "signature", "does not verify");
    else
        give_session(gateway, asked, device, now);
}

/* "DEVICE~EXPIRES~SEAL", split in place. */
static bool split(char *token, char **expires, char **seal)
{
    *expires = strchr(token, '~');
    if (*expires == NULL)
        return false;
    *seal = strchr(*expires + 1, '~');
    return *seal != NULL;
}

static struct device *holder_of(struct gateway *gateway, const char *text,
                                struct moment now, int64_t *until_ms)
{
    char token[120];
    char wanted[2 * SEAL_SIZE + 1];
    char *expires;
    char *seal;
    struct device *device;

    if (strlen(text) >= sizeof token)
        return NULL;
    strcpy(token, text);
    if (!split(token, &expires, &seal))
        return NULL;
    *seal++ = '\0';
    if (strlen(token) > 80)
        return NULL;
    *expires = '\0';
    device = device_find(gateway, token);
    *expires = '~';
    if (device == NULL || strlen(seal) != 2 * SEAL_SIZE)
        return NULL;
    seal_session(gateway, device, token, wanted);
    *until_ms = strtoll(expires + 1, NULL, 10);
    if (device->introduced || device->lost_ms != 0 ||
        sodium_memcmp(wanted, seal, 2 * SEAL_SIZE) != 0 ||
        *until_ms < now.wall_ms)
        return NULL;
    return device;
}

bool session_find(struct gateway *gateway, struct asked *asked,
                  struct moment now)
{
    const char *header = asked->request->authorization;
    struct device *device = NULL;

    if (strncmp(header, BEARER, sizeof BEARER - 1) == 0)
        device = holder_of(gateway, header + sizeof BEARER - 1, now,
                           &asked->session_ms);
    if (device == NULL) {
        respond_problem(
            gateway, asked,
            (struct problem){401, TOCSIN__V1__STATUS__STATUS_DENIED, 0},
            "Authorization", "a session is needed; see /v1/session");
        return false;
    }
    if (!device_may(gateway, asked, device, now))
        return false;
    device->seen_ms = now.monotonic_ms;
    asked->device = device;
    return true;
}
