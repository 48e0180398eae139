/* A client's line through breaks of the connection. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <sodium.h>
#include <zmq.h>

#include "base/clock.h"
#include "link/client.h"

#define BREAKS 60
#define ENDURANCE_MS 30000

/* A feed that publishes without a pause and is torn down in the middle of it,
 * again and again, on the same port. */
struct feed {
    struct keypair key;
    char endpoint[64];
    atomic_int breaks;
    atomic_int stop;
};

static void *open_feed(void *context, struct feed *feed)
{
    void *zsocket = zmq_socket(context, ZMQ_PUB);
    uint8_t secret[KEY_SIZE];
    int on = 1;
    int zero = 0;

    keypair_curve_secret(&feed->key, secret);
    ck_assert_int_eq(zmq_setsockopt(zsocket, ZMQ_CURVE_SERVER, &on, sizeof on),
                     0);
    ck_assert_int_eq(
        zmq_setsockopt(zsocket, ZMQ_CURVE_SECRETKEY, secret, KEY_SIZE), 0);
    ck_assert_int_eq(zmq_setsockopt(zsocket, ZMQ_LINGER, &zero, sizeof zero),
                     0);
    while (zmq_bind(zsocket, feed->endpoint) != 0 && !atomic_load(&feed->stop))
        (void)zmq_poll(NULL, 0, 5); /* the port of the one before */
    return zsocket;
}

static void *publish_on(void *arg)
{
    struct feed *feed = arg;
    void *context = zmq_ctx_new();
    uint8_t body[900] = {0};

    while (!atomic_load(&feed->stop)) {
        void *zsocket = open_feed(context, feed);
        int64_t until = clock_monotonic_ms() + 120;

        while (clock_monotonic_ms() < until) {
            (void)zmq_send(zsocket, "a//", 3, ZMQ_SNDMORE);
            (void)zmq_send(zsocket, body, sizeof body, 0);
        }
        (void)zmq_close(zsocket);
        (void)atomic_fetch_add(&feed->breaks, 1);
    }
    (void)zmq_ctx_term(context);
    return NULL;
}

static struct line *listen_to(struct feed *feed, void *context,
                              const struct keypair *own)
{
    static const char *const topics[] = {"a//"};
    struct line_setup setup = {.kind = LINE_FEED,
                               .endpoint = feed->endpoint,
                               .broker_key = feed->key.public_key,
                               .key = own,
                               .topics = topics,
                               .topic_count = 1,
                               .frame_max = 9000,
                               .reconnect_ms = 1};
    struct line *line;

    ck_assert(line_open(&line, context, &setup, NULL) == STATUS_OK);
    return line;
}

START_TEST(a_feed_that_breaks_in_the_middle_of_a_message_does_no_harm)
{
    struct feed feed = {.breaks = 0};
    struct keypair own;
    void *context = line_context_new();
    struct line_message message;
    struct line *line;
    pthread_t thread;
    int64_t until = clock_monotonic_ms() + ENDURANCE_MS;
    uint64_t count = 0;

    keys_start();
    keypair_make(&feed.key);
    keypair_make(&own);
    snprintf(feed.endpoint, sizeof feed.endpoint, "tcp://127.92.%u.%u:5571",
             randombytes_uniform(250) + 1, randombytes_uniform(250) + 1);
    ck_assert_int_eq(pthread_create(&thread, NULL, publish_on, &feed), 0);
    line = listen_to(&feed, context, &own);
    while (atomic_load(&feed.breaks) < BREAKS && clock_monotonic_ms() < until) {
        for (; line_receive(line, &message); count++) {
            ck_assert_uint_eq(message.topic_size, 3);
            ck_assert_uint_eq(message.size, 900);
        }
        line_wait(&line, 1, 20);
    }
    atomic_store(&feed.stop, 1);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_gt(line_connects(line), 3);
    ck_assert_uint_gt(count, 1000);
    line_close(line);
    line_context_free(context);
}
END_TEST

START_TEST(a_key_that_no_broker_is_at_leaves_the_line_connecting)
{
    struct keypair key;
    struct keypair own;
    void *context = line_context_new();
    struct line_setup setup = {.kind = LINE_DESK,
                               .endpoint = "tcp://127.92.255.254:9",
                               .frame_max = 9000,
                               .reconnect_ms = 10};
    struct diag why = {0};
    struct line *line;

    keys_start();
    keypair_make(&key);
    keypair_make(&own);
    setup.broker_key = key.public_key;
    setup.key = &own;
    ck_assert(line_open(&line, context, &setup, &why) == STATUS_OK);
    line_wait(&line, 1, 30);
    ck_assert(line_state(line) == LINE_CONNECTING);
    ck_assert(!line_send(line, (const uint8_t *)"x", 1));
    line_close(line);
    setup.endpoint = "nonsense";
    ck_assert(line_open(&line, context, &setup, &why) == STATUS_NETWORK);
    ck_assert_msg(strstr(why.text, "nonsense") != NULL, "%s", why.text);
    line_context_free(context);
}
END_TEST

/* A desk that refuses the first handshake, and then admits. */
struct desk {
    struct keypair key;
    char endpoint[64];
    atomic_int stop;
};

static void say_code(void *zap, const char *code)
{
    zmq_msg_t route;
    zmq_msg_t frame;
    char request[64];
    int size = 0;
    int count = 0;

    (void)zmq_msg_init(&route);
    (void)zmq_msg_recv(&route, zap, 0);
    for (int more = 1; more != 0; count++) {
        (void)zmq_msg_init(&frame);
        (void)zmq_msg_recv(&frame, zap, 0);
        if (count == 2) {
            size = (int)zmq_msg_size(&frame);
            memcpy(request, zmq_msg_data(&frame), (size_t)size);
        }
        more = zmq_msg_more(&frame);
        (void)zmq_msg_close(&frame);
    }
    (void)zmq_msg_send(&route, zap, ZMQ_SNDMORE);
    (void)zmq_send(zap, "", 0, ZMQ_SNDMORE);
    (void)zmq_send(zap, "1.0", 3, ZMQ_SNDMORE);
    (void)zmq_send(zap, request, (size_t)size, ZMQ_SNDMORE);
    (void)zmq_send(zap, code, 3, ZMQ_SNDMORE);
    (void)zmq_send(zap, "", 0, ZMQ_SNDMORE);
    (void)zmq_send(zap, "", 0, ZMQ_SNDMORE);
    (void)zmq_send(zap, "", 0, 0);
}

static void *admit_the_second(void *arg)
{
    struct desk *desk = arg;
    void *context = zmq_ctx_new();
    void *zap = zmq_socket(context, ZMQ_ROUTER);
    void *zsocket = zmq_socket(context, ZMQ_ROUTER);
    uint8_t secret[KEY_SIZE];
    const char *code = "400";
    int on = 1;
    int zero = 0;

    keypair_curve_secret(&desk->key, secret);
    ck_assert_int_eq(zmq_bind(zap, "inproc://zeromq.zap.01"), 0);
    ck_assert_int_eq(zmq_setsockopt(zsocket, ZMQ_CURVE_SERVER, &on, sizeof on),
                     0);
    ck_assert_int_eq(
        zmq_setsockopt(zsocket, ZMQ_CURVE_SECRETKEY, secret, KEY_SIZE), 0);
    ck_assert_int_eq(zmq_setsockopt(zsocket, ZMQ_LINGER, &zero, sizeof zero),
                     0);
    ck_assert_int_eq(zmq_bind(zsocket, desk->endpoint), 0);
    while (!atomic_load(&desk->stop)) {
        zmq_pollitem_t item = {.socket = zap, .events = ZMQ_POLLIN};

        if (zmq_poll(&item, 1, 10) <= 0)
            continue;
        say_code(zap, code);
        code = "200";
    }
    (void)zmq_close(zsocket);
    (void)zmq_close(zap);
    (void)zmq_ctx_term(context);
    return NULL;
}

START_TEST(
    a_refused_line_is_made_anew_and_tells_that_its_descriptors_are_others)
{
    struct desk desk = {.stop = 0};
    struct keypair own;
    void *context = line_context_new();
    struct line_setup setup = {
        .kind = LINE_DESK, .frame_max = 9000, .reconnect_ms = 10};
    struct line *line;
    pthread_t thread;
    int64_t until = clock_monotonic_ms() + ENDURANCE_MS;
    int fds[2];

    keys_start();
    keypair_make(&desk.key);
    keypair_make(&own);
    snprintf(desk.endpoint, sizeof desk.endpoint, "tcp://127.92.%u.%u:5572",
             randombytes_uniform(250) + 1, randombytes_uniform(250) + 1);
    ck_assert_int_eq(pthread_create(&thread, NULL, admit_the_second, &desk), 0);
    setup.endpoint = desk.endpoint;
    setup.broker_key = desk.key.public_key;
    setup.key = &own;
    ck_assert(line_open(&line, context, &setup, NULL) == STATUS_OK);
    ck_assert_uint_eq(line_made(line), 1);
    while (line_state(line) != LINE_REFUSED && clock_monotonic_ms() < until)
        line_wait(&line, 1, 20);
    ck_assert_uint_eq(line_made(line), 1);
    while (line_state(line) != LINE_UP && clock_monotonic_ms() < until)
        line_wait(&line, 1, 20);
    ck_assert(line_state(line) == LINE_UP);
    ck_assert_uint_eq(line_made(line), 2);
    line_fds(line, fds);
    ck_assert(fds[0] >= 0 && fds[1] >= 0);
    line_close(line);
    line_context_free(context);
    atomic_store(&desk.stop, 1);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("line");
    TCase *t = tcase_create("line");
    SRunner *runner;
    int failed;

    tcase_add_test(t,
                   a_feed_that_breaks_in_the_middle_of_a_message_does_no_harm);
    tcase_add_test(t, a_key_that_no_broker_is_at_leaves_the_line_connecting);
    tcase_add_test(
        t,
        a_refused_line_is_made_anew_and_tells_that_its_descriptors_are_others);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
