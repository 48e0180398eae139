/* Who keeps us waiting, with a request or with taking an answer; who goes when
 * it is too long, and who when others want to come in. */
#include <sys/ioctl.h>

#include <linux/sockios.h>

#include "http/inside.h"

#define STEP_BYTES 4096 /* less taken is next to nothing */
#define STALLED_MS 2000

/* In the order in which room is made: the last ones first. */
enum standing {
    STAYS, /* we are at work for it, or it listens to a stream */
    TAKES, /* its answer, as fast as its line lets it */
    RESTS,
    WAITS /* we wait for it */
};

static enum standing stand(const struct conn *conn, int64_t now_ms,
                           int64_t *since_ms)
{
    if (conn->doomed || (conn->answering && !conn->taking))
        return STAYS;
    *since_ms = conn->begun_ms;
    if (conn->begun_ms != 0)
        return WAITS;
    *since_ms = conn->took_ms;
    if (conn->left > 0)
        return now_ms - conn->took_ms >= STALLED_MS ? WAITS : TAKES;
    *since_ms = conn->idle_ms;
    return RESTS;
}

/* What the peer has not taken, here and in the kernel. Only the latter shows
 * that a slow line moves: it takes long until there is room for more. Through
 * TLS the whole of an answer stays here until its last byte is out, so that is
 * counted down, from anywhere, by what went out. */
static size_t left_of(const struct conn *conn)
{
    size_t here = evbuffer_get_length(bufferevent_get_output(conn->bev));
    SSL *ssl = bufferevent_openssl_get_ssl(conn->bev);
    int fd = bufferevent_getfd(conn->bev);
    int queued = 0;

    if (fd < 0 || ioctl(fd, SIOCOUTQ, &queued) != 0)
        queued = 0;
    if (ssl == NULL || here + (size_t)queued == 0)
        return here + (size_t)queued;
    return SIZE_MAX / 2 + (size_t)queued -
           BIO_number_written(SSL_get_wbio(ssl));
}

static void look_at(struct conn *conn, int64_t now_ms)
{
    size_t left = left_of(conn);

    if (left > 0 && left + STEP_BYTES > conn->left)
        return;
    conn->left = left;
    conn->took_ms = now_ms;
}

void conn_takes(struct conn *conn)
{
    conn->taking = true;
    conn->left = SIZE_MAX - STEP_BYTES; /* whatever it is: looked at soon */
    conn->took_ms = clock_monotonic_ms();
}

bool conn_make_room(struct http *http)
{
    int64_t now_ms = clock_monotonic_ms();
    enum standing worst = STAYS;
    struct conn *goes = NULL;
    int64_t longest_ms = 0;

    for (struct conn *conn = http->first; conn != NULL; conn = conn->next) {
        int64_t since_ms = 0;
        enum standing standing = stand(conn, now_ms, &since_ms);

        if (standing < worst || standing == STAYS ||
            (standing == worst && since_ms >= longest_ms))
            continue;
        worst = standing;
        longest_ms = since_ms;
        goes = conn;
    }
    if (goes == NULL)
        return false;
    http->counts.crowded++;
    conn_shut(goes);
    return true;
}

static void close_late(struct conn *conn, int64_t now_ms)
{
    const struct http_limits *limits = &conn->http->setup.limits;
    struct http_counts *counts = &conn->http->counts;
    int64_t since_ms = 0;
    enum standing standing = stand(conn, now_ms, &since_ms);
    bool asks = conn->begun_ms != 0;
    int64_t patience_ms = standing == RESTS ? limits->idle_ms
                          : asks            ? limits->request_ms
                                            : limits->taking_ms;

    if (standing == STAYS || now_ms - since_ms < patience_ms)
        return;
    if (standing != RESTS)
        ++*(asks ? &counts->late : &counts->stalled);
    conn_shut(conn);
}

static void open_doors(struct http *http)
{
    for (int i = 0; i < 2; i++) {
        const struct door *door = &http->doors[i];

        if (door->listener != NULL &&
            event_pending(door->open_again, EV_TIMEOUT, NULL) == 0)
            (void)evconnlistener_enable(door->listener);
    }
}

void http_tick(struct http *http)
{
    int64_t now_ms = clock_monotonic_ms();

    conn_sweep(http, false);
    for (struct conn *conn = http->first; conn != NULL; conn = conn->next) {
        look_at(conn, now_ms);
        close_late(conn, now_ms);
    }
    /* nobody else makes room while nobody can come in */
    if (conn_is_full(http))
        (void)conn_make_room(http);
    else
        open_doors(http);
}
