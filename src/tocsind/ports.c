#include <stdio.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/file.h"
#include "tocsind/daemon.h"
#include "tocsind/sweep.h"

#define PICTURE_FILE_MAX (5 * 1024 * 1024)

static enum sent port_send(void *arg, enum gate gate, const struct route *route,
                           const uint8_t *bytes, size_t size)
{
    struct daemon *daemon = arg;

    return server_send(daemon->server, gate, route, bytes, size);
}

static void port_publish(void *arg, const char *topic, const uint8_t *bytes,
                         size_t size)
{
    server_publish(((struct daemon *)arg)->server, topic, bytes, size);
}

static void port_append(void *arg, const struct record *record)
{
    struct daemon *daemon = arg;

    recall_expect(daemon->recall, record);
    writer_append(daemon->writer, record);
}

static void port_destroy_key(void *arg, const uint8_t id[KEY_ID_SIZE])
{
    writer_destroy_key(((struct daemon *)arg)->writer, id);
}

static void port_each_key(void *arg, const char *alert_id,
                          void (*take)(void *to, const uint8_t id[KEY_ID_SIZE]),
                          void *to)
{
    const struct daemon *daemon = arg;
    char path[PATH_MAX];

    sweep_each_key(home_file(&daemon->home, "pictures", path), alert_id, take,
                   to);
}

static void port_want_keys(void *arg)
{
    writer_want_keys(((struct daemon *)arg)->writer);
}

static const char *picture_path(const struct daemon *daemon, const char *name,
                                char *buffer)
{
    char inner[200];

    snprintf(inner, sizeof inner, "pictures/%.150s", name);
    return home_file(&daemon->home, inner, buffer);
}

static void port_store(void *arg, const char *name, const uint8_t *bytes,
                       size_t size)
{
    struct daemon *daemon = arg;
    char path[PATH_MAX];

    writer_store(daemon->writer, picture_path(daemon, name, path), bytes, size);
}

static bool port_load(void *arg, const char *name, uint8_t **bytes,
                      size_t *size)
{
    char path[PATH_MAX];

    return file_read(picture_path(arg, name, path), PICTURE_FILE_MAX, bytes,
                     size, NULL) == STATUS_OK;
}

static void port_random(void *arg, void *bytes, size_t size)
{
    (void)arg;
    randombytes_buf(bytes, size);
}

static enum status port_recall(void *arg, const void *name, size_t size,
                               struct found *found)
{
    struct daemon *daemon = arg;
    struct diag why = {0};
    enum status status = recall_find(daemon->recall, name, size, found, &why);

    if (status == STATUS_OK) {
        daemon->unread = false; /* what is missing need not have been read */
    } else if (status != STATUS_MISSING && !daemon->unread) {
        daemon->unread = true;
        log_error("journal.unreadable", "reason=\"%s\"", why.text);
    }
    return status;
}

static int64_t port_stopwatch_us(void *arg)
{
    (void)arg;
    return clock_monotonic_us();
}

static enum status port_chain_at(void *arg, uint64_t sequence,
                                 uint8_t chain[CHAIN_SIZE])
{
    return chains_at(((struct daemon *)arg)->chains, sequence,
                     clock_monotonic_ms(), chain);
}

static void port_say(void *arg, enum log_level level, const char *event,
                     const char *text)
{
    (void)arg;
    log_line(level, event, "%s", text);
}

struct broker_ports daemon_ports(struct daemon *daemon)
{
    return (struct broker_ports){
        .arg = daemon,
        .send = port_send,
        .publish = port_publish,
        .append = port_append,
        .want_keys = port_want_keys,
        .destroy_key = port_destroy_key,
        .each_key = port_each_key,
        .store = port_store,
        .load = port_load,
        .random = port_random,
        .say = port_say,
        .recall = port_recall,
        .stopwatch_us = port_stopwatch_us,
        .chain_at = port_chain_at,
    };
}
