/* Requests to the ZAP handler as libzmq makes them, and as it never would. The
 * input is frames, each after a byte for its length. */
#include "fuzz.h"

#include <string.h>

#include <event2/event.h>
#include <zmq.h>

#include "link/zap.h"

#define FRAMES_MAX 20

static unsigned asked;

static bool on_admit(void *arg, enum gate gate, const uint8_t curve[KEY_SIZE])
{
    (void)arg;
    REQUIRE(gate < GATE_COUNT);
    asked++;
    return curve[0] % 2 == 0;
}

static void on_junk(void *arg, enum gate gate, const uint8_t *curve,
                    const char *what)
{
    (void)arg;
    (void)gate;
    (void)curve;
    (void)what;
}

static struct event_base *base;

static void *connect_to_handler(void)
{
    static struct zap *zap;
    void *context = zmq_ctx_new();
    void *zsocket = zmq_socket(context, ZMQ_DEALER);
    struct server_setup setup = {.admit = on_admit, .junk = on_junk};

    setup.base = base = event_base_new();
    REQUIRE(zap_open(&zap, context, &setup, guests_new(on_junk, NULL), NULL) ==
            STATUS_OK);
    REQUIRE(zmq_connect(zsocket, "inproc://zeromq.zap.01") == 0);
    return zsocket;
}

/* Count of the frames of one reply; 0: none. */
static unsigned take_reply(void *zsocket, char code[4])
{
    unsigned count = 0;
    int more = 1;
    size_t size = sizeof more;

    while (more) {
        char frame[300];
        int got = zmq_recv(zsocket, frame, sizeof frame, ZMQ_DONTWAIT);

        if (got < 0)
            return 0;
        if (count == 3)
            memcpy(code, frame, 3);
        count++;
        REQUIRE(zmq_getsockopt(zsocket, ZMQ_RCVMORE, &more, &size) == 0);
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void *zsocket;
    const uint8_t *end = data + size;
    char code[4] = "";

    if (zsocket == NULL)
        zsocket = connect_to_handler();
    asked = 0;
    for (int i = 0; data < end; i++) {
        size_t left = (size_t)(end - data) - 1;
        size_t length = *data < left ? *data : left;
        bool last = length == left || i == FRAMES_MAX;

        REQUIRE(zmq_send(zsocket, data + 1, length, last ? 0 : ZMQ_SNDMORE) >=
                0);
        data += length + 1;
        if (last)
            break;
    }
    if (size == 0)
        return 0;
    (void)event_base_loop(base, EVLOOP_NONBLOCK);
    if (take_reply(zsocket, code) > 0) {
        /* 300: a key that may pass has knocked too often */
        REQUIRE(strcmp(code, "200") == 0 || strcmp(code, "300") == 0 ||
                strcmp(code, "400") == 0);
        REQUIRE(code[0] == '4' || asked == 1);
    }
    return 0;
}
