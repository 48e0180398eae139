/**
 * The client's end of one ZeroMQ connection under CURVE (ZMTP 3.0, RFC 23 and
 * 26), on a bare descriptor: ten thousand terminals with two connections each
 * do not fit into one process that gives each of them sockets of libzmq, which
 * need descriptors of their own.
 */
#ifndef TOCSIN_BENCH_PEER_H
#define TOCSIN_BENCH_PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/keys.h"

enum peer_state { PEER_GREETING, PEER_WELCOME, PEER_READY, PEER_UP };

/** What all connections of one terminal share. */
struct peer_identity {
    uint8_t public_key[KEY_SIZE]; /* CURVE */
    uint8_t secret[KEY_SIZE];
};

struct peer {
    int fd;
    enum peer_state state;
    const char *socket_type; /* "SUB" or "DEALER" */
    const struct peer_identity *identity;
    const uint8_t *server; /* CURVE key */
    uint8_t public_key[KEY_SIZE];
    uint8_t secret[KEY_SIZE]; /* of this connection */
    uint8_t shared[KEY_SIZE];
    uint64_t nonce;
    uint8_t *left; /* a frame that is not whole yet */
    size_t left_size;
    int64_t came_us; /* what was read last */
};

/** "tcp://127.0.0.1:5571" */
struct sockaddr_in peer_address(const char *endpoint);

/** Begins to connect; readable from then on. server is borrowed. */
void peer_open(struct peer *peer, const struct sockaddr_in *to,
               const char *socket_type, const struct peer_identity *identity,
               const uint8_t *server);
void peer_close(struct peer *peer);

/**
 * Read what has come; give up when the server hangs up.
 *
 * take:    gets each frame of each message; more: another one follows.
 * Returns: true when it has just come up.
 */
bool peer_read(struct peer *peer,
               void (*take)(void *arg, struct peer *peer, bool more,
                            const uint8_t *bytes, size_t size),
               void *arg);

/** A message of one frame, at most 4,000 bytes. */
void peer_send(struct peer *peer, const uint8_t *bytes, size_t size);

#endif
