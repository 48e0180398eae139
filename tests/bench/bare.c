/* The ceiling: bare libzmq under the same security. A PUB that publishes what
 * it is told to, and a ROUTER that group-commits 100-byte rows into SQLite
 * before it replies. Run as a process of its own, as the broker is. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/status.h"
#include "fleet.h"

#define IO_THREADS 7
#define BATCH_MAX 500

static volatile sig_atomic_t stopping;

static void on_term(int number)
{
    (void)number;
    stopping = 1;
}

static void *make_server(void *context, int type, const struct keypair *key,
                         const char *endpoint)
{
    void *zsocket = zmq_socket(context, type);
    uint8_t secret[KEY_SIZE];
    int on = 1;
    int zero = 0;
    int backlog = 4096;

    keypair_curve_secret(key, secret);
    if (zmq_setsockopt(zsocket, ZMQ_CURVE_SERVER, &on, sizeof on) != 0 ||
        zmq_setsockopt(zsocket, ZMQ_CURVE_SECRETKEY, secret, KEY_SIZE) != 0 ||
        zmq_setsockopt(zsocket, ZMQ_ZAP_DOMAIN, "bare", 4) != 0 ||
        zmq_setsockopt(zsocket, ZMQ_LINGER, &zero, sizeof zero) != 0 ||
        zmq_setsockopt(zsocket, ZMQ_BACKLOG, &backlog, sizeof backlog) != 0 ||
        zmq_bind(zsocket, endpoint) != 0)
        give_up("the bare server cannot bind");
    return zsocket;
}

static sqlite3_stmt *open_rows(sqlite3 **db, const char *path)
{
    sqlite3_stmt *insert;

    if (sqlite3_open(path, db) != SQLITE_OK ||
        sqlite3_exec(*db,
                     "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                     "PRAGMA wal_autocheckpoint=0;"
                     "CREATE TABLE rows (n INTEGER PRIMARY KEY, body BLOB)",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(*db, "INSERT INTO rows (body) VALUES (?)", -1,
                           &insert, NULL) != SQLITE_OK)
        give_up("the bare database");
    return insert;
}

/* Everything that has come in goes into one commit, then all are answered. */
static void serve_rows(void *router, sqlite3 *db, sqlite3_stmt *insert)
{
    static uint8_t routes[BATCH_MAX][16];
    static int sizes[BATCH_MAX];
    uint8_t row[100];
    int count = 0;

    (void)sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    while (count < BATCH_MAX) {
        uint8_t body[1024];
        int size = zmq_recv(router, routes[count], 16, ZMQ_DONTWAIT);

        if (size < 0)
            break;
        sizes[count++] = size;
        size = zmq_recv(router, body, sizeof body, 0);
        memset(row, 0, sizeof row);
        memcpy(row, body, size < 100 ? (size_t)size : 100);
        (void)sqlite3_bind_blob(insert, 1, row, sizeof row, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE)
            give_up("the bare insert");
        (void)sqlite3_reset(insert);
    }
    if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        give_up("the bare commit");
    for (int i = 0; i < count; i++) {
        (void)zmq_send(router, routes[i], (size_t)sizes[i], ZMQ_SNDMORE);
        (void)zmq_send(router, row, 30, 0);
    }
}

/* The same security: every handshake is asked about, and this one knows all. */
static void *open_zap(void *context)
{
    void *zap = zmq_socket(context, ZMQ_ROUTER);

    if (zmq_bind(zap, "inproc://zeromq.zap.01") != 0)
        give_up("the bare ZAP handler");
    return zap;
}

static void admit(void *zap)
{
    char frames[12][256];
    int sizes[12];
    int count = 0;
    int more = 1;
    size_t size = sizeof more;

    while (more != 0 && count < 12) {
        sizes[count] = zmq_recv(zap, frames[count], 255, 0);
        count++;
        (void)zmq_getsockopt(zap, ZMQ_RCVMORE, &more, &size);
    }
    /* route, empty, version, request id */
    (void)zmq_send(zap, frames[0], (size_t)sizes[0], ZMQ_SNDMORE);
    (void)zmq_send(zap, "", 0, ZMQ_SNDMORE);
    (void)zmq_send(zap, "1.0", 3, ZMQ_SNDMORE);
    (void)zmq_send(zap, frames[3], (size_t)sizes[3], ZMQ_SNDMORE);
    (void)zmq_send(zap, "200", 3, ZMQ_SNDMORE);
    (void)zmq_send(zap, "", 0, ZMQ_SNDMORE);
    (void)zmq_send(zap, "someone", 7, ZMQ_SNDMORE);
    (void)zmq_send(zap, "", 0, 0);
}

/* Tells new subscribers that they are connected, as beacons do. */
static void beacon(void *feed)
{
    (void)zmq_send(feed, "b/", 2, ZMQ_SNDMORE);
    (void)zmq_send(feed, "", 0, 0);
}

static void serve(void *feed, void *trigger, void *router, void *zap,
                  sqlite3 *db, sqlite3_stmt *insert)
{
    zmq_pollitem_t items[] = {{trigger, 0, ZMQ_POLLIN, 0},
                              {router, 0, ZMQ_POLLIN, 0},
                              {zap, 0, ZMQ_POLLIN, 0}};
    static uint8_t body[8192];
    uint8_t route[16];
    int64_t next_beacon = 0;

    while (!stopping) {
        if (clock_monotonic_ms() >= next_beacon) {
            beacon(feed);
            next_beacon = clock_monotonic_ms() + 1000;
        }
        if (zmq_poll(items, 3, 250) <= 0)
            continue;
        if ((items[2].revents & ZMQ_POLLIN) != 0)
            admit(zap);
        if ((items[0].revents & ZMQ_POLLIN) != 0) {
            (void)zmq_recv(trigger, route, sizeof route, 0);
            {
                int size = zmq_recv(trigger, body, sizeof body, 0);

                (void)zmq_send(feed, "a//", 3, ZMQ_SNDMORE);
                (void)zmq_send(feed, body, (size_t)size, 0);
            }
        }
        if ((items[1].revents & ZMQ_POLLIN) != 0)
            serve_rows(router, db, insert);
    }
}

/* usage: bare SEED-HEX HOST DATABASE */
int main(int argc, char **argv)
{
    struct keypair key;
    char endpoint[3][64];
    void *context = zmq_ctx_new();
    void *sockets[3];
    void *zap;
    const int types[3] = {ZMQ_XPUB, ZMQ_ROUTER, ZMQ_ROUTER};
    uint8_t seed[KEY_SIZE];
    sqlite3 *db;
    sqlite3_stmt *insert;

    keys_start();
    if (argc != 4 || strlen(argv[1]) != 64)
        give_up("usage: bare SEED HOST DATABASE");
    for (int i = 0; i < KEY_SIZE; i++) {
        unsigned byte;

        (void)sscanf(argv[1] + 2 * i, "%2x", &byte);
        seed[i] = (uint8_t)byte;
    }
    keypair_from_seed(&key, seed);
    (void)signal(SIGTERM, on_term);
    (void)zmq_ctx_set(context, ZMQ_IO_THREADS, IO_THREADS);
    zap = open_zap(context);
    for (int i = 0; i < 3; i++) {
        snprintf(endpoint[i], sizeof endpoint[i], "tcp://%s:%d", argv[2],
                 5571 + i);
        sockets[i] = make_server(context, types[i], &key, endpoint[i]);
    }
    insert = open_rows(&db, argv[3]);
    printf("ready %s %s %s\n", endpoint[0], endpoint[1], endpoint[2]);
    (void)fflush(stdout);
    serve(sockets[0], sockets[1], sockets[2], zap, db, insert);
    sqlite3_finalize(insert);
    (void)sqlite3_close(db);
    (void)zmq_close(zap);
    for (int i = 0; i < 3; i++)
        (void)zmq_close(sockets[i]);
    (void)zmq_ctx_term(context);
    return 0;
}
