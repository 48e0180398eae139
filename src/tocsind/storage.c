/* What a broker starts from: its journal, its keys, the state that was written
 * down last, and the core with the book that they add up to. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "sqlite/log.h"
#include "tocsind/daemon.h"
#include "tocsind/state.h"
#include "tocsind/sweep.h"

#define COMPARE_US 100 /* twice what one case takes, described at length */
#define DAY_MS (24LL * 3600 * 1000)

static enum status replay_one(void *arg, const struct record *record,
                              struct diag *why)
{
    return broker_replay(arg, record, why);
}

static void make_broker(struct daemon *daemon)
{
    const struct config *from = &daemon->home.config;
    struct broker_config config = {
        .beacon_ms = from->beacon_ms,
        .direct_ms = from->direct_ms,
        .journal_queue_max = (size_t)from->journal_queue_max,
        .case_queue_max = (size_t)from->case_queue_max,
        .syncs_per_second = (size_t)from->syncs_per_second,
        .peer_requests_max = (size_t)from->peer_requests_max,
        .keep_ended_ms = from->keep_ended_days * DAY_MS,
        .silence = {.node_ms = from->silent_node_s * 1000,
                    .lead_ms = from->silent_lead_s * 1000,
                    .duty_ms = from->silent_duty_s * 1000,
                    .sighting_ms = from->silent_sighting_s * 1000,
                    .dna_ms = from->silent_dna_s * 1000,
                    .match_ms = from->silent_match_s * 1000},
        .node_rate = (uint32_t)from->node_rate,
        .peer_rate = (uint32_t)from->peer_rate,
        .giving_rate = (uint32_t)from->giving_rate,
        .compare_us = COMPARE_US,
    };
    const struct broker_ports ports = daemon_ports(daemon);

    memcpy(config.master, daemon->home.master, sizeof config.master);
    config.key = &daemon->home.key;
    daemon->broker =
        broker_new(&config, &ports, daemon->home.divisions, daemon->vault);
}

static enum status rebuild(struct daemon *daemon, struct journal *journal,
                           struct diag *why)
{
    int64_t began = clock_monotonic_ms();
    uint64_t from = broker_book(daemon->broker)->head;
    enum status status =
        journal_read(journal, from + 1, replay_one, daemon->broker, why);
    char path[PATH_MAX];

    if (status != STATUS_OK)
        return diag_wrap(why, status, "%s",
                         home_file(&daemon->home, "journal.db", path));
    status = broker_begin(daemon->broker, clock_now(), why);
    if (status == STATUS_OK)
        log_info("journal.rebuilt",
                 "facts=%" PRIu64 " from=%" PRIu64
                 " principals=%zu alerts=%zu ms=%" PRId64,
                 journal_head(journal), from + 1,
                 broker_book(daemon->broker)->principal_count,
                 broker_book(daemon->broker)->alert_count,
                 clock_monotonic_ms() - began);
    return status;
}

/* The newest state that was written down, and what came after it. */
static enum status restore(struct daemon *daemon, struct writer_setup *setup,
                           struct diag *why)
{
    struct state state;
    char path[PATH_MAX];
    enum status status =
        state_load(&state, STATE_SNAPSHOT, &daemon->home, daemon->memory,
                   setup->keyring, daemon->vault, why);

    if (status != STATUS_OK)
        return status;
    make_broker(daemon);
    if (state.book != NULL)
        broker_resume(daemon->broker, state.book);
    status = rebuild(daemon, setup->journal, why);
    sweep_keep_keys(home_file(&daemon->home, "pictures", path), daemon->vault);
    if (status == STATUS_OK)
        status = home_spares(setup->keyring, daemon->vault, why);
    if (status == STATUS_OK)
        status = snapshots_start(&daemon->snapshots, &daemon->home,
                                 (uint64_t)daemon->home.config.snapshot_facts,
                                 state.sequence, why);
    if (status == STATUS_OK)
        snapshots_note(daemon->snapshots, journal_head(setup->journal));
    return status;
}

enum status daemon_open_storage(struct daemon *daemon, struct diag *why)
{
    struct writer_setup setup = {.batch_max =
                                     (size_t)daemon->home.config.batch_max};
    char journal[PATH_MAX];
    char keyring[PATH_MAX];
    enum status status;

    setup.path = home_file(&daemon->home, "journal.db", journal);
    daemon->vault = vault_new();
    status = sqlite_log_whole(journal, why);
    if (status == STATUS_OK)
        status = journal_open(&setup.journal, journal, false, why);
    if (status == STATUS_OK)
        status = journal_open_reading(&daemon->memory, journal, why);
    daemon->recall = recall_new(daemon->memory);
    if (status == STATUS_OK)
        status = chains_start(&daemon->chains, journal, why);
    if (status == STATUS_OK)
        status = keyring_open(&setup.keyring,
                              home_file(&daemon->home, "keyring.db", keyring),
                              false, why);
    if (status == STATUS_OK)
        status = home_destroyed(setup.keyring, daemon->vault, why);
    if (status == STATUS_OK)
        status = restore(daemon, &setup, why);
    if (status != STATUS_OK) {
        journal_close(setup.journal);
        keyring_close(setup.keyring);
        return status;
    }
    return writer_start(&daemon->writer, &setup, why);
}
