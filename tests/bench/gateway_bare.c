/*
 * The ceilings of a gateway, each alone: its spool without HTTP, its HTTP
 * without a spool.
 *
 *   gateway_bare spool FILE SECONDS
 *   gateway_bare http ADDR:PORT CERTIFICATE KEY
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <sodium.h>

#include "base/clock.h"
#include "http/http.h"
#include "spool/spool.h"

/* ---- the spool ----------------------------------------------------------- */

static void put(const struct gateway_spool *port, uint64_t number)
{
    struct fate fate = {.revision = 1,
                        .rung = TOCSIN__V1__RUNG__RUNG_NEGATIVE,
                        .state = TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING,
                        .taken_ms = 1};
    Tocsin__V1__SignedAnswer answer = TOCSIN__V1__SIGNED_ANSWER__INIT;
    uint8_t content[160] = {1};
    uint8_t signature[64] = {1};

    snprintf(fate.device, sizeof fate.device, "H-%04u",
             (unsigned)(number % 2000));
    strcpy(fate.alert_id, "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    memcpy(fate.answer_id, &number, sizeof number);
    answer.content = (ProtobufCBinaryData){sizeof content, content};
    answer.signature = (ProtobufCBinaryData){sizeof signature, signature};
    port->put(port->arg, &fate, &answer);
}

static int measure_spool(const char *path, int64_t seconds)
{
    static const int batches[] = {1, 8, 64};
    const uint8_t secret[KEY_SIZE] = {1};
    const struct spool_owner owner = {"GW-1", secret, NULL, 0};
    struct gateway_spool port;
    struct spool *spool;
    struct diag why = {0};
    uint64_t number = 0;

    if (spool_open(&spool, path, &owner, &why) != STATUS_OK) {
        fprintf(stderr, "%s\n", why.text);
        return 1;
    }
    spool_port(spool, &port);
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        int64_t began = clock_monotonic_ms();
        uint64_t first = number;

        while (clock_monotonic_ms() - began < seconds * 1000) {
            for (int j = 0; j < batches[i]; j++)
                put(&port, ++number);
            REQUIRE(port.commit(port.arg, &why) == STATUS_OK);
        }
        printf("spool batch=%d rows_per_s=%.0f\n", batches[i],
               (double)(number - first) * 1000 /
                   (double)(clock_monotonic_ms() - began));
    }
    spool_close(spool);
    return 0;
}

/* ---- HTTP ---------------------------------------------------------------- */

static struct http *http;

static void on_request(void *arg, uint64_t exchange,
                       const struct http_request *request)
{
    static const char body[] = "{\"state\":\"FATE_STATE_WAITING\"}";
    const struct http_response response = {.code = 202,
                                           .type = "application/json",
                                           .body = body,
                                           .size = sizeof body - 1};

    (void)arg;
    (void)request;
    http_respond(http, exchange, &response);
}

static void on_gone(void *arg, uint64_t exchange)
{
    (void)arg;
    (void)exchange;
}

static void on_second(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    http_tick(http);
}

static int serve(const char *address, const char *certificate, const char *key)
{
    struct event_base *base = event_base_new();
    const struct timeval second = {1, 0};
    struct http_setup setup = {.base = base,
                               .address = address,
                               .certificate = certificate,
                               .key = key,
                               .limits = http_usual_limits,
                               .request = on_request,
                               .gone = on_gone};
    struct diag why = {0};
    struct event *tick = event_new(base, -1, EV_PERSIST, on_second, NULL);

    if (http_open(&http, &setup, &why) != STATUS_OK) {
        fprintf(stderr, "%s\n", why.text);
        return 1;
    }
    (void)event_add(tick, &second);
    printf("ready port=%u\n", http_port(http, false));
    (void)fflush(stdout);
    return event_base_dispatch(base);
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0)
        return 1;
    if (argc == 4 && strcmp(argv[1], "spool") == 0)
        return measure_spool(argv[2], atoll(argv[3]));
    if (argc == 5 && strcmp(argv[1], "http") == 0)
        return serve(argv[2], argv[3], argv[4]);
    fprintf(stderr, "usage: gateway_bare spool FILE SECONDS | http ADDR CRT "
                    "KEY\n");
    return 2;
}
