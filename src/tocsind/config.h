/** tocsin.conf: `name = value` lines; every option has a default. */
#ifndef TOCSIN_TOCSIND_CONFIG_H
#define TOCSIN_TOCSIND_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

#include "base/log.h"
#include "base/status.h"

#define HOST_MAX 100
#define ENDPOINT_ROOM (HOST_MAX + 16)

struct config {
    char host[HOST_MAX];
    long command_port;
    long feed_port;
    long field_port;
    enum log_level log_level;
    long beacon_ms;
    long direct_ms;
    long batch_max;
    long journal_queue_max;
    long case_queue_max;
    long syncs_per_second;
    long peer_requests_max;
    long keep_ended_days;
    long silent_node_s;
    long silent_lead_s;
    long silent_duty_s;
    long silent_sighting_s;
    long silent_dna_s;
    long silent_match_s;
    long snapshot_facts;
    long node_rate;
    long peer_rate;
    long giving_rate;
    long io_threads;
    long feed_queue;
};

void config_default(struct config *config);

/** Fails: STATUS_MALFORMED; why names line, option and what is wrong. */
MUST_USE enum status config_load(struct config *config, const char *path,
                                 struct diag *why);

/** An IPv4 or IPv6 address that means this machine from everywhere: not
 * 0.0.0.0, ::, one of the line alone, or a name. */
bool config_reachable(const char *host);

/** "tcp://host:port", an IPv6 address in brackets. */
void config_endpoint(const struct config *config, long port,
                     char out[ENDPOINT_ROOM]);

/** Every option with its comment, these values filled in. */
void config_write(const struct config *config, FILE *file);

#endif
