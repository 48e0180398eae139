#include "tocsind/config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* One table: names, limits, defaults and the comment that a new home gets. */
struct number_option {
    const char *name;
    size_t offset;
    long least;
    long most;
    long normal;
    const char *comment;
};

#define NUMBER(name, least, most, normal, comment)                             \
    {                                                                          \
#name, offsetof(struct config, name), least, most, normal, comment     \
    }

static const struct number_option numbers[] = {
    NUMBER(command_port, 1, 65535, 5570,
           "TCP port of the command desk: centres, supervisors, "
           "administrators.\n# Keep all ports below 32768."),
    NUMBER(feed_port, 1, 65535, 5571,
           "TCP port of the feed: everyone who is enrolled."),
    NUMBER(field_port, 1, 65535, 5572,
           "TCP port of the field desk: checkpoints and gateways."),
    NUMBER(beacon_ms, 100, 60000, 1000,
           "Milliseconds between two beacons. A gap is noticed within two."),
    NUMBER(direct_ms, 200, 600000, 3000,
           "Milliseconds of silence after which a revision is sent to a node\n"
           "# directly; the pauses double up to a minute."),
    NUMBER(batch_max, 1, 100000, 500, "Facts in one commit, at most."),
    NUMBER(journal_queue_max, 1, 32000, 20000,
           "Facts that wait for the disk before requests are told BUSY."),
    NUMBER(case_queue_max, 1, 100000, 1000,
           "Commands that wait for another one of the same case before BUSY."),
    NUMBER(
        syncs_per_second, 1, 100000, 2000,
        "Pages of sync served each second, when they are full (60,000\n"
        "# bytes); of small ones up to ten times as many. More are told BUSY."),
    NUMBER(peer_requests_max, 1, 10000, 256,
           "Unanswered requests of one principal before BUSY."),
    NUMBER(
        keep_ended_days, 1, 3650, 30,
        "Days after which an alert that was withdrawn, and has expired, is\n"
        "# filed away: its facts stay in the journal, the broker forgets it."),
    NUMBER(
        silent_node_s, 0, 604800, 60,
        "Seconds after which a node that does not hold an alert is overdue;\n"
        "# 0: never. Its supervisors are told, and tocsin overdue lists it."),
    NUMBER(silent_lead_s, 0, 2592000, 1800,
           "The same of a case without a lead."),
    NUMBER(silent_duty_s, 0, 2592000, 86400,
           "The same of a duty of an open case without an entry."),
    NUMBER(silent_sighting_s, 0, 604800, 600,
           "The same of a sighting that nobody has looked at."),
    NUMBER(silent_dna_s, 0, 31536000, 259200,
           "The same of a case without a sample of the child's kin, and of a\n"
           "# sample that is still to be taken."),
    NUMBER(silent_match_s, 0, 31536000, 86400,
           "The same of a match of samples that waits for its decision."),
    NUMBER(snapshot_facts, 10, 10000000, 100000,
           "Facts after which the state is written down once more, so that a\n"
           "# start reads only what came later."),
    NUMBER(node_rate, 10, 100000, 200,
           "Requests a second of one checkpoint; five seconds' worth at once.\n"
           "# More are told BUSY, and then dropped."),
    NUMBER(peer_rate, 100, 1000000, 5000,
           "The same of a centre, a gateway, anyone else."),
    NUMBER(giving_rate, 1, 60000, 60,
           "Sightings a minute of one checkpoint or handheld, as many other\n"
           "# answers, as many looks at photographs, and a tenth of found\n"
           "# children; a quarter of an hour's worth at once. More are told "
           "BUSY:\n"
           "# they come later."),
    NUMBER(
        io_threads, 1, 32, 7,
        "Threads for encryption and sockets. The first one serves the\n"
        "# command desk alone, a third of the others the field, the rest the\n"
        "# feed."),
    NUMBER(feed_queue, 10, 1000000, 2000,
           "Messages that a slow subscriber may owe; what is more is dropped\n"
           "# and healed by a sync."),
};

#define NUMBER_COUNT (sizeof numbers / sizeof *numbers)

static long *number_in(struct config *config,
                       const struct number_option *option)
{
    return (long *)(void *)((char *)config + option->offset);
}

void config_default(struct config *config)
{
    memset(config, 0, sizeof *config);
    strcpy(config->host, "127.0.0.1");
    config->log_level = LEVEL_INFO;
    for (size_t i = 0; i < NUMBER_COUNT; i++)
        *number_in(config, &numbers[i]) = numbers[i].normal;
}

static enum status take_number(struct config *config,
                               const struct number_option *option,
                               const char *value, struct diag *why)
{
    char *end;
    long number;

    errno = 0;
    number = strtol(value, &end, 10);
    if (*value == '\0' || *end != '\0' || errno != 0 ||
        number < option->least || number > option->most)
        return diag_set(why, STATUS_MALFORMED,
                        "%s: '%.40s' is not a whole number from %ld to %ld",
                        option->name, value, option->least, option->most);
    *number_in(config, option) = number;
    return STATUS_OK;
}

bool config_reachable(const char *host)
{
    struct in_addr four;
    struct in6_addr six;

    if (inet_pton(AF_INET, host, &four) == 1)
        return four.s_addr != htonl(INADDR_ANY);
    return inet_pton(AF_INET6, host, &six) == 1 &&
           !IN6_IS_ADDR_UNSPECIFIED(&six) && !IN6_IS_ADDR_LINKLOCAL(&six) &&
           !IN6_IS_ADDR_V4MAPPED(&six) && !IN6_IS_ADDR_MULTICAST(&six);
}

/* Whatever a socket can be bound to: an interface's name, 0.0.0.0, * and one of
 * the line alone, too, though no node finds the broker by them. */
static bool can_be_bound(const char *host)
{
    size_t size = strcspn(host, "%");
    char bare[HOST_MAX];
    struct in_addr four;
    struct in6_addr six;

    memcpy(bare, host, size);
    bare[size] = '\0';
    return inet_pton(AF_INET, host, &four) == 1 ||
           inet_pton(AF_INET6, bare, &six) == 1 || strcmp(host, "*") == 0 ||
           if_nametoindex(host) != 0;
}

static enum status take_host(struct config *config, const char *value,
                             struct diag *why)
{
    if (strlen(value) >= sizeof config->host || !can_be_bound(value))
        return diag_set(why, STATUS_MALFORMED,
                        "host: '%.40s' is not an IPv4 or IPv6 address, such as "
                        "192.0.2.1 or 2001:db8::1",
                        value);
    strcpy(config->host, value);
    return STATUS_OK;
}

static enum status take_option(struct config *config, const char *name,
                               const char *value, struct diag *why)
{
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        if (strcmp(name, numbers[i].name) == 0)
            return take_number(config, &numbers[i], value, why);
    }
    if (strcmp(name, "host") == 0)
        return take_host(config, value, why);
    if (strcmp(name, "log_level") == 0)
        return log_level_parse(value, &config->log_level)
                   ? STATUS_OK
                   : diag_set(why, STATUS_MALFORMED,
                              "log_level: '%.40s' is not debug, info, warn or "
                              "error",
                              value);
    return diag_set(why, STATUS_MALFORMED, "%.40s: no such option", name);
}

static char *trim(char *text)
{
    char *end;

    while (isspace((unsigned char)*text))
        text++;
    end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    *end = '\0';
    return text;
}

static enum status take_line(struct config *config, char *line,
                             struct diag *why)
{
    char *text = trim(line);
    char *equals = strchr(text, '=');

    if (*text == '\0' || *text == '#')
        return STATUS_OK;
    if (equals == NULL)
        return diag_set(why, STATUS_MALFORMED,
                        "'%.40s' is not of the form name = value", text);
    *equals = '\0';
    return take_option(config, trim(text), trim(equals + 1), why);
}

/* What follows a zero byte would not be read: a file of zeros, as a crash may
 * leave it, is no empty one. */
static enum status take_text(struct config *config, char *line, size_t size,
                             struct diag *why)
{
    if (strlen(line) != size)
        return diag_set(why, STATUS_MALFORMED,
                        "has a zero byte: the file is damaged");
    return take_line(config, line, why);
}

enum status config_load(struct config *config, const char *path,
                        struct diag *why)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    unsigned number = 0;
    enum status status = STATUS_OK;

    config_default(config);
    if (file == NULL)
        return diag_errno(why, STATUS_MISSING, "%s", path);
    while (status == STATUS_OK && (size = getline(&line, &room, file)) >= 0) {
        number++;
        status = take_text(config, line, (size_t)size, why);
    }
    if (status == STATUS_OK && ferror(file) != 0)
        status = diag_errno(why, STATUS_SYSTEM, "reading");
    (void)fclose(file);
    free(line);
    if (status != STATUS_OK)
        return diag_wrap(why, status, "%s: line %u", path, number);
    return STATUS_OK;
}

void config_endpoint(const struct config *config, long port,
                     char out[ENDPOINT_ROOM])
{
    bool six = strchr(config->host, ':') != NULL;

    snprintf(out, ENDPOINT_ROOM, "tcp://%s%.99s%s:%u", six ? "[" : "",
             config->host, six ? "]" : "", (unsigned)port & 0xffff);
}

void config_write(const struct config *config, FILE *file)
{
    struct config copy = *config;

    fprintf(
        file,
        "# Configuration of a Tocsin broker. name = value; # begins a "
        "comment.\n# Read at start: restart the broker after a change.\n\n"
        "# Address to listen on, IPv4 or IPv6. Bundles carry it, so it must\n"
        "# be one that the nodes can reach.\nhost = %s\n",
        config->host);
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        long value = *number_in(&copy, &numbers[i]);
        bool plain = value == numbers[i].normal && i > 2;

        fprintf(file, "\n# %s\n%s%s = %ld\n", numbers[i].comment,
                plain ? "#" : "", numbers[i].name, value);
    }
    fprintf(file, "\n# Least level of log lines: debug, info, warn, error. "
                  "Read anew at SIGHUP.\n"
                  "#log_level = info\n");
}
