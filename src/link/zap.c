#include "link/zap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zmq.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "link/pump.h"

#define FRAMES_MAX 12
#define FRAME_BYTES_MAX 256

struct zap {
    void *zsocket;
    struct pump *pump;
    struct server_setup setup;
    struct guests *guests;
};

struct frame {
    size_t size;
    uint8_t bytes[FRAME_BYTES_MAX];
};

/* What the frames mean, in the order of RFC 27 behind a ROUTER. */
enum {
    FRAME_ROUTE,
    FRAME_EMPTY,
    FRAME_VERSION,
    FRAME_REQUEST,
    FRAME_DOMAIN,
    FRAME_ADDRESS,
    FRAME_IDENTITY,
    FRAME_MECHANISM,
    FRAME_KEY,
    FRAME_COUNT
};

static bool frame_says(const struct frame *frame, const char *text)
{
    return frame->size == strlen(text) &&
           memcmp(frame->bytes, text, frame->size) == 0;
}

/* Reads one message; returns the number of its frames, 0 when it has a frame
 * too large or too many. */
static size_t read_frames(void *zsocket, struct frame frames[FRAMES_MAX],
                          bool *any)
{
    size_t count = 0;
    bool good = true;
    int more = 1;

    while (more) {
        size_t size = sizeof more;
        struct frame spare;
        struct frame *frame = count < FRAMES_MAX ? &frames[count] : &spare;
        int got =
            zmq_recv(zsocket, frame->bytes, FRAME_BYTES_MAX, ZMQ_DONTWAIT);

        if (got < 0)
            return 0;
        *any = true;
        good = good && got <= FRAME_BYTES_MAX && count < FRAMES_MAX;
        frame->size = (size_t)got;
        count++;
        if (zmq_getsockopt(zsocket, ZMQ_RCVMORE, &more, &size) != 0)
            return 0;
    }
    return good ? count : 0;
}

static enum gate gate_of(const struct frame *domain)
{
    int gate = 0;

    while (gate < GATE_COUNT && !frame_says(domain, gate_name(gate)))
        gate++;
    return (enum gate)gate;
}

/* libzmq's client gives up for ever after a 400, and tries again after 300. */
#define CODE_YES "200"
#define CODE_LATER "300"
#define CODE_NO "400"

static const char *judge(const struct zap *zap,
                         const struct frame frames[FRAMES_MAX])
{
    enum gate gate = gate_of(&frames[FRAME_DOMAIN]);
    const struct frame *key = &frames[FRAME_KEY];

    if (gate == GATE_COUNT || !frame_says(&frames[FRAME_MECHANISM], "CURVE") ||
        key->size != KEY_SIZE)
        return CODE_NO;
    if (!zap->setup.admit(zap->setup.arg, gate, key->bytes)) {
        zap->setup.junk(zap->setup.arg, gate, key->bytes, "handshake");
        return CODE_NO;
    }
    if (!guests_may_come(zap->guests, gate, key->bytes, clock_monotonic_ms())) {
        zap->setup.junk(zap->setup.arg, gate, key->bytes, "handshake/later");
        return CODE_LATER;
    }
    return CODE_YES;
}

static void reply(const struct zap *zap, const struct frame *frames,
                  const char *code)
{
    char user[2 * KEY_SIZE + 1] = "";

    if (strcmp(code, CODE_YES) == 0)
        hex_encode(user, frames[FRAME_KEY].bytes, KEY_SIZE);
    (void)zmq_send(zap->zsocket, frames[FRAME_ROUTE].bytes,
                   frames[FRAME_ROUTE].size, ZMQ_SNDMORE);
    (void)zmq_send(zap->zsocket, "", 0, ZMQ_SNDMORE);
    (void)zmq_send(zap->zsocket, "1.0", 3, ZMQ_SNDMORE);
    (void)zmq_send(zap->zsocket, frames[FRAME_REQUEST].bytes,
                   frames[FRAME_REQUEST].size, ZMQ_SNDMORE);
    (void)zmq_send(zap->zsocket, code, 3, ZMQ_SNDMORE);
    (void)zmq_send(zap->zsocket, "", 0, ZMQ_SNDMORE);
    (void)zmq_send(zap->zsocket, user, strlen(user), ZMQ_SNDMORE);
    (void)zmq_send(zap->zsocket, "", 0, 0);
}

static bool take(void *arg)
{
    struct zap *zap = arg;
    struct frame frames[FRAMES_MAX];
    bool any = false;
    size_t count = read_frames(zap->zsocket, frames, &any);

    if (count < FRAME_MECHANISM + 1 ||
        !frame_says(&frames[FRAME_VERSION], "1.0"))
        return any;
    reply(zap, frames, count == FRAME_COUNT ? judge(zap, frames) : CODE_NO);
    return true;
}

enum status zap_open(struct zap **out, void *context,
                     const struct server_setup *setup, struct guests *guests,
                     struct diag *why)
{
    struct zap *zap = must_calloc(1, sizeof *zap);
    int linger = 0;

    *out = NULL;
    zap->setup = *setup;
    zap->guests = guests;
    zap->zsocket = zmq_socket(context, ZMQ_ROUTER);
    if (zap->zsocket == NULL ||
        zmq_setsockopt(zap->zsocket, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
        zmq_bind(zap->zsocket, "inproc://zeromq.zap.01") != 0 ||
        pump_new(&zap->pump, setup->base, zap->zsocket, take, NULL, zap) !=
            STATUS_OK) {
        zap_close(zap);
        return diag_set(why, STATUS_NETWORK, "ZAP handler: %s",
                        zmq_strerror(errno));
    }
    *out = zap;
    return STATUS_OK;
}

void zap_close(struct zap *zap)
{
    if (zap == NULL)
        return;
    pump_free(zap->pump);
    if (zap->zsocket != NULL)
        (void)zmq_close(zap->zsocket);
    free(zap);
}
