#define _GNU_SOURCE
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include "base/status.h"
#include "contender.h"

#define GREETING 64
#define SHORT_MAX 255
#define MORE 1
#define LONG 2
#define COMMAND 4
#define PLAIN_MAX 4100
#define INNER_COMMAND 2

struct sockaddr_in peer_address(const char *endpoint)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    char host[64];
    int port;

    if (sscanf(endpoint, "tcp://%63[0-9.]:%d", host, &port) != 2 ||
        inet_pton(AF_INET, host, &address.sin_addr) != 1)
        give_up("an endpoint");
    address.sin_port = htons((uint16_t)port);
    return address;
}

static void must(int failed)
{
    if (failed != 0)
        give_up("a box");
}

static void write_all(struct peer *peer, const uint8_t *bytes, size_t size)
{
    if (send(peer->fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
        give_up("a connection takes no more");
}

static void send_frame(struct peer *peer, uint8_t flags, const uint8_t *bytes,
                       size_t size)
{
    uint8_t frame[PLAIN_MAX + 100];
    size_t head = 2;

    frame[0] = flags;
    frame[1] = (uint8_t)size;
    if (size > SHORT_MAX) {
        head = 9;
        frame[0] |= LONG;
        for (int i = 0; i < 8; i++)
            frame[1 + i] = (uint8_t)((uint64_t)size >> (56 - 8 * i));
    }
    memcpy(frame + head, bytes, size);
    write_all(peer, frame, head + size);
}

/* ---- CURVE --------------------------------------------------------------- */

static void next_nonce(struct peer *peer, const char *prefix, uint8_t nonce[24])
{
    uint64_t number = ++peer->nonce;

    memcpy(nonce, prefix, 16);
    for (int i = 0; i < 8; i++)
        nonce[16 + i] = (uint8_t)(number >> (56 - 8 * i));
}

static void say_hello(struct peer *peer)
{
    static const uint8_t zeros[64];
    uint8_t hello[200] = "\5HELLO\1";
    uint8_t nonce[24];

    must(crypto_box_keypair(peer->public_key, peer->secret));
    memcpy(hello + 80, peer->public_key, KEY_SIZE);
    next_nonce(peer, "CurveZMQHELLO---", nonce);
    memcpy(hello + 112, nonce + 16, 8);
    must(crypto_box_easy(hello + 120, zeros, sizeof zeros, nonce, peer->server,
                         peer->secret));
    send_frame(peer, COMMAND, hello, sizeof hello);
}

static size_t put_property(uint8_t *out, const char *name, const char *value)
{
    size_t size = strlen(name);
    size_t length = strlen(value);

    out[0] = (uint8_t)size;
    memcpy(out + 1, name, size);
    memset(out + 1 + size, 0, 3);
    out[4 + size] = (uint8_t)length;
    memcpy(out + 5 + size, value, length);
    return 5 + size + length;
}

static void make_vouch(const struct peer *peer, uint8_t nonce[16],
                       uint8_t box[80])
{
    uint8_t plain[64];
    uint8_t whole[24] = "VOUCH---";

    randombytes_buf(nonce, 16);
    memcpy(whole + 8, nonce, 16);
    memcpy(plain, peer->public_key, KEY_SIZE);
    memcpy(plain + KEY_SIZE, peer->server, KEY_SIZE);
    must(
        crypto_box_easy_afternm(box, plain, sizeof plain, whole, peer->shared));
}

/* The vouch is boxed between the long-term secret and the server's short-term
 * key, everything after it with the two short-term keys. */
static void say_initiate(struct peer *peer,
                         const uint8_t server_short[KEY_SIZE],
                         const uint8_t cookie[96])
{
    uint8_t plain[300];
    uint8_t initiate[600] = "\10INITIATE";
    uint8_t nonce[24];
    size_t size = 128;

    if (crypto_box_beforenm(peer->shared, server_short,
                            peer->identity->secret) != 0)
        give_up("a vouch");
    memcpy(plain, peer->identity->public_key, KEY_SIZE);
    make_vouch(peer, plain + 32, plain + 48);
    size += put_property(plain + size, "Socket-Type", peer->socket_type);
    size += put_property(plain + size, "Identity", "");
    if (crypto_box_beforenm(peer->shared, server_short, peer->secret) != 0)
        give_up("a shared key");
    memcpy(initiate + 9, cookie, 96);
    next_nonce(peer, "CurveZMQINITIATE", nonce);
    memcpy(initiate + 105, nonce + 16, 8);
    must(crypto_box_easy_afternm(initiate + 113, plain, size, nonce,
                                 peer->shared));
    send_frame(peer, COMMAND, initiate, 113 + size + 16);
}

static void hear_welcome(struct peer *peer, const uint8_t *body, size_t size)
{
    uint8_t nonce[24] = "WELCOME-";
    uint8_t plain[128];

    if (size != 168 || memcmp(body, "\7WELCOME", 8) != 0)
        give_up("no welcome");
    memcpy(nonce + 8, body + 8, 16);
    if (crypto_box_open_easy(plain, body + 24, 144, nonce, peer->server,
                             peer->secret) != 0)
        give_up("a welcome does not open");
    say_initiate(peer, plain, plain + KEY_SIZE);
    peer->state = PEER_READY;
}

static void send_inner(struct peer *peer, uint8_t flags, const uint8_t *bytes,
                       size_t size)
{
    uint8_t plain[PLAIN_MAX];
    uint8_t message[PLAIN_MAX + 40] = "\7MESSAGE";
    uint8_t nonce[24];

    if (size + 1 > sizeof plain)
        give_up("a message is too long");
    plain[0] = flags;
    memcpy(plain + 1, bytes, size);
    next_nonce(peer, "CurveZMQMESSAGEC", nonce);
    memcpy(message + 8, nonce + 16, 8);
    must(crypto_box_easy_afternm(message + 16, plain, size + 1, nonce,
                                 peer->shared));
    send_frame(peer, 0, message, 16 + size + 1 + 16);
}

void peer_send(struct peer *peer, const uint8_t *bytes, size_t size)
{
    send_inner(peer, 0, bytes, size);
}

/* A PING of the server's heartbeat wants its context back. */
static void hear_command(struct peer *peer, const uint8_t *bytes, size_t size)
{
    uint8_t pong[64] = "\4PONG";

    if (size < 7 || size > 50 || memcmp(bytes, "\4PING", 5) != 0)
        return;
    memcpy(pong + 5, bytes + 7, size - 7);
    send_inner(peer, INNER_COMMAND, pong, size - 2);
}

/* ---- frames -------------------------------------------------------------- */

struct taking {
    void (*take)(void *arg, struct peer *peer, bool more, const uint8_t *bytes,
                 size_t size);
    void *arg;
};

static void hear_message(struct peer *peer, const uint8_t *body, size_t size,
                         const struct taking *taking)
{
    static uint8_t plain[1 << 17];
    uint8_t nonce[24] = "CurveZMQMESSAGES";

    if (size < 33 || size > sizeof plain || memcmp(body, "\7MESSAGE", 8) != 0)
        give_up("not a message");
    memcpy(nonce + 16, body + 8, 8);
    if (crypto_box_open_easy_afternm(plain, body + 16, size - 16, nonce,
                                     peer->shared) != 0)
        give_up("a message does not open");
    if ((plain[0] & INNER_COMMAND) != 0)
        hear_command(peer, plain + 1, size - 33);
    else
        taking->take(taking->arg, peer, (plain[0] & MORE) != 0, plain + 1,
                     size - 33);
}

/* true: it is up now. */
static bool hear_frame(struct peer *peer, const uint8_t *body, size_t size,
                       const struct taking *taking)
{
    switch (peer->state) {
    case PEER_WELCOME:
        hear_welcome(peer, body, size);
        return false;
    case PEER_READY:
        if (size < 6 || memcmp(body, "\5READY", 6) != 0)
            give_up("a handshake was refused");
        peer->state = PEER_UP;
        return true;
    case PEER_UP:
        hear_message(peer, body, size, taking);
        return false;
    case PEER_GREETING:
        break;
    }
    return false;
}

/* The size of the frame at the front with its head, 0: not whole yet. */
static size_t whole_frame(const uint8_t *bytes, size_t size, size_t *head)
{
    uint64_t length;

    if (size < 2)
        return 0;
    *head = (bytes[0] & LONG) != 0 ? 9 : 2;
    if (size < *head)
        return 0;
    length = bytes[1];
    for (size_t i = 2; i < *head; i++)
        length = length << 8 | bytes[i];
    return size - *head >= length ? *head + length : 0;
}

static size_t hear_greeting(struct peer *peer, size_t size)
{
    if (size < GREETING)
        return 0;
    say_hello(peer);
    peer->state = PEER_WELCOME;
    return GREETING;
}

/* How many bytes were used up. */
static size_t hear(struct peer *peer, const uint8_t *bytes, size_t size,
                   const struct taking *taking, bool *up)
{
    size_t used = 0;
    size_t head;
    size_t frame;

    if (peer->state == PEER_GREETING) {
        used = hear_greeting(peer, size);
        if (used == 0)
            return 0;
    }
    while ((frame = whole_frame(bytes + used, size - used, &head)) > 0) {
        *up |= hear_frame(peer, bytes + used + head, frame - head, taking);
        used += frame;
    }
    return used;
}

bool peer_read(struct peer *peer,
               void (*take)(void *arg, struct peer *peer, bool more,
                            const uint8_t *bytes, size_t size),
               void *arg)
{
    static uint8_t room[1 << 18];
    const struct taking taking = {take, arg};
    size_t size = peer->left_size;
    size_t used;
    ssize_t got;
    bool up = false;

    if (size > 0)
        memcpy(room, peer->left, size);
    got = receive(peer->fd, room + size, sizeof room - size, &peer->came_us);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (got <= 0)
        give_up("the server has hung up");
    size += (size_t)got;
    used = hear(peer, room, size, &taking, &up);
    free(peer->left);
    peer->left_size = size - used;
    peer->left =
        peer->left_size > 0 ? must_memdup(room + used, peer->left_size) : NULL;
    return up;
}

/* ---- connecting ---------------------------------------------------------- */

void peer_open(struct peer *peer, const struct sockaddr_in *to,
               const char *socket_type, const struct peer_identity *identity,
               const uint8_t *server)
{
    uint8_t greeting[GREETING] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0};
    int on = 1;

    *peer = (struct peer){
        .socket_type = socket_type, .identity = identity, .server = server};
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (peer->fd < 0 ||
        connect(peer->fd, (const struct sockaddr *)to, sizeof *to) != 0)
        give_up("cannot connect");
    (void)setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    note_arrivals(peer->fd);
    memcpy(greeting + 12, "CURVE", 5);
    write_all(peer, greeting, sizeof greeting);
}

void peer_close(struct peer *peer)
{
    (void)close(peer->fd);
    free(peer->left);
}
