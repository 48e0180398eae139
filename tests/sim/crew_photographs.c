/* Handhelds put their photographs to the gateway: after the answer's receipt,
 * in pieces, through everything that breaks on the way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "crew_inside.h"
#include "tocsin/v1/gateway.pb-c.h"
#include "wire/decode.h"

#define PIECE_MIN 4096
#define PIECE_MAX 16384
#define LOST 50 /* pieces, and likewise their answers, per mille */

static const struct gateway_request plain = {.query = "",
                                             .authorization = "",
                                             .accept = "application/x-protobuf",
                                             .content_type =
                                                 "application/x-protobuf",
                                             .last_event_id = ""};

/* ---- a session ----------------------------------------------------------- */

/* What is answered at once. */
static bool ask_now(struct crew *crew, const struct gateway_request *request)
{
    free(crew->heard.bytes);
    crew->heard = (struct heard){.exchange = ++crew->exchange};
    gateway_request(crew->gateway, crew->exchange, request, crew_now(crew));
    crew->heard.exchange = 0;
    return crew->heard.code == 200;
}

static bool fetch_nonce(struct crew *crew, uint8_t nonce[64], size_t *size)
{
    struct gateway_request request = plain;
    Tocsin__V1__Challenge *challenge;

    request.method = "GET";
    request.path = "/v1/challenge";
    if (!ask_now(crew, &request))
        return false;
    challenge = tocsin__v1__challenge__unpack(NULL, crew->heard.size,
                                              crew->heard.bytes);
    REQUIRE(challenge != NULL && challenge->nonce.len <= 64);
    memcpy(nonce, challenge->nonce.data, challenge->nonce.len);
    *size = challenge->nonce.len;
    tocsin__v1__challenge__free_unpacked(challenge, NULL);
    return true;
}

static uint8_t *sign_login(const struct bundle *hand, Tocsin__V1__Login *login,
                           size_t *size)
{
    Tocsin__V1__SignedLogin sealed = TOCSIN__V1__SIGNED_LOGIN__INIT;
    uint8_t signature[SIGNATURE_SIZE];
    uint8_t *content;
    uint8_t *bytes;

    content = encode(&login->base, &sealed.content.len);
    sign(signature, CONTEXT_LOGIN, content, sealed.content.len, &hand->key);
    sealed.content.data = content;
    sealed.signature = (ProtobufCBinaryData){sizeof signature, signature};
    bytes = encode(&sealed.base, size);
    free(content);
    return bytes;
}

static bool log_in(struct crew *crew, int who)
{
    struct bundle *hand = &crew->hands[who]->bundle;
    Tocsin__V1__Login login = TOCSIN__V1__LOGIN__INIT;
    struct gateway_request request = plain;
    Tocsin__V1__Session *session;
    uint8_t nonce[64];
    uint8_t *body;
    bool good;

    if (!fetch_nonce(crew, nonce, &login.nonce.len))
        return false;
    login.nonce.data = nonce;
    login.device = hand->id;
    login.gateway = (char *)(uintptr_t)CREW_GATEWAY;
    body = sign_login(hand, &login, &request.size);
    request.method = "POST";
    request.path = "/v1/session";
    request.body = body;
    good = ask_now(crew, &request);
    free(body);
    if (!good)
        return false;
    session =
        tocsin__v1__session__unpack(NULL, crew->heard.size, crew->heard.bytes);
    REQUIRE(session != NULL);
    snprintf(crew->puttings[who].token, sizeof crew->puttings[who].token,
             "Bearer %s", session->token);
    tocsin__v1__session__free_unpacked(session, NULL);
    return true;
}

const char *crew_session(struct crew *crew, int who)
{
    struct putting *putting = &crew->puttings[who];

    return putting->token[0] != '\0' || log_in(crew, who) ? putting->token
                                                          : NULL;
}

/* ---- putting ------------------------------------------------------------- */

static struct given *next_of(struct crew *crew, int who)
{
    for (size_t i = 0; i < crew->given_count; i++) {
        struct given *given = &crew->given[i];

        if (given->who == who && given->shot != NULL && given->has_receipt &&
            !given->put)
            return given;
    }
    return NULL;
}

static void put_piece(struct crew *crew, struct putting *putting)
{
    struct chance *chance = &crew->world->chance;
    const struct shot *shot = putting->given->shot;
    size_t left = shot->size - putting->have;
    size_t size = (size_t)chance_between(chance, PIECE_MIN, PIECE_MAX);
    struct gateway_request request = plain;
    char hex[33];
    char path[80];
    char query[40];

    snprintf(path, sizeof path, "/v1/answers/%s/picture",
             hex_encode(hex, shot->answer_id, 16));
    snprintf(query, sizeof query, "offset=%u", putting->have);
    request.method = "PUT";
    request.path = path;
    request.query = query;
    request.authorization = putting->token;
    request.content_type = "image/jpeg";
    request.body = shot->bytes + putting->have;
    request.size = left < size ? left : size;
    putting->again_ms = crew->world->now_ms + PATIENCE_MS;
    if (chance_is(chance, LOST))
        return;
    putting->exchange = ++crew->exchange;
    gateway_request(crew->gateway, crew->exchange, &request, crew_now(crew));
    if (chance_is(chance, LOST))
        putting->exchange = 0;
}

void crew_puts(struct crew *crew)
{
    for (int who = 0; who < HANDHELDS; who++) {
        struct putting *putting = &crew->puttings[who];

        if (putting->exchange != 0 || crew->world->now_ms < putting->again_ms)
            continue;
        if (putting->given == NULL) {
            putting->given = next_of(crew, who);
            putting->have = 0;
        }
        if (putting->given == NULL)
            continue;
        if (crew_session(crew, who) != NULL)
            put_piece(crew, putting);
        else
            putting->again_ms = crew->world->now_ms + PATIENCE_MS;
    }
}

/* ---- what the gateway says ----------------------------------------------- */

static void end(struct putting *putting)
{
    putting->given->put = true;
    putting->given = NULL;
}

static void hear_fate(struct putting *putting,
                      const struct gateway_response *response)
{
    Tocsin__V1__AnswerFate *fate =
        tocsin__v1__answer_fate__unpack(NULL, response->size, response->body);

    REQUIRE(fate != NULL);
    putting->again_ms = 0;
    if (fate->picture == TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_EXPECTED)
        putting->have = fate->picture_have;
    else
        end(putting);
    tocsin__v1__answer_fate__free_unpacked(fate, NULL);
}

/* Of a photograph that is not wanted any more. */
static void give_up(struct crew *crew, struct putting *putting, int code)
{
    const struct given *given = putting->given;

    if (code == 404 && !given->forgotten)
        broken(crew->world, "what has a receipt is known at the gateway", "%s",
               given->shot->who);
    given->shot->given_up = code == 404;
    tell(crew->world, given->shot->who, "gives up a photograph: %d", code);
    end(putting);
}

static void hear(struct crew *crew, struct putting *putting,
                 const struct gateway_response *response)
{
    putting->exchange = 0;
    switch (response->code) {
    case 200:
    case 202:
        hear_fate(putting, response);
        break;
    case 401: /* the session is over */
        putting->token[0] = '\0';
        putting->again_ms = 0;
        break;
    case 404:
    case 409:
        give_up(crew, putting, response->code);
        break;
    case 429:
    case 503:
    case 507:
        break;
    default:
        broken(crew->world, "a photograph that its answer names is taken",
               "%s: %d", putting->given->shot->who, response->code);
    }
}

bool crew_hears(struct crew *crew, uint64_t exchange,
                const struct gateway_response *response)
{
    gateway_gone(crew->gateway, exchange);
    if (crew_sees(crew, exchange, response))
        return true;
    if (exchange == crew->heard.exchange) {
        crew->heard.code = response->code;
        crew->heard.size = response->size;
        crew->heard.bytes = must_calloc(1, response->size + 1);
        memcpy(crew->heard.bytes, response->body, response->size);
        return true;
    }
    for (int who = 0; who < HANDHELDS; who++) {
        if (crew->puttings[who].exchange != exchange)
            continue;
        hear(crew, &crew->puttings[who], response);
        return true;
    }
    return false;
}

void crew_forgets(struct crew *crew)
{
    for (int who = 0; who < HANDHELDS; who++)
        crew->puttings[who].exchange = crew->lookings[who].exchange = 0;
}

/* ---- the end ------------------------------------------------------------- */

const char *crew_puts_lack(struct crew *crew)
{
    for (int who = 0; who < HANDHELDS; who++) {
        if (next_of(crew, who) != NULL)
            return "a handheld has a photograph left";
    }
    return NULL;
}

void crew_check_photograph(const struct crew *crew, const struct given *given,
                           const struct fate *fate)
{
    const struct model_alert *alert =
        model_alert(crew->world->model, fate->alert_id);

    if (given->shot == NULL || given->shot->given_up || alert->filed ||
        past_was_sealed(crew->world->model, fate->alert_id))
        return;
    if (fate->picture.state !=
            TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_RECORDED ||
        fate->picture.sequence == 0)
        broken(crew->world, "no handheld's photograph is lost", "%s: %d, %d",
               given->shot->who, (int)fate->picture.state,
               (int)fate->picture.status);
}
