/* How many syncs are served. When everybody comes back at once, all are served
 * as fast as leaves the desk its time for others: small pages by the thousand,
 * large ones by the hundred, to each in its turn. */
#include "broker/core_private.h"

/* What a page costs, in microseconds of one processor: measured on pages of 1
 * to 58 KB among 1 to 1,000 open alerts, of nodes that were enrolled after
 * them. */
#define PAGE_US 200 /* a full one: config.syncs_per_second */
#define BASE_US 20
#define BYTES_PER_US 300
#define LOOKED_AT_PER_US 2 /* alerts, and what was made of what was seen */
#define BURST_MS 100

#define RETRY_MS 100
#define RETRY_MAX_MS 5000

static void fill(struct broker *broker)
{
    struct sync_budget *budget = &broker->sync_budget;
    int64_t a_second = (int64_t)broker->config.syncs_per_second * PAGE_US;
    int64_t most = a_second * BURST_MS / 1000;
    int64_t passed = broker->monotonic_ms - budget->at_ms;

    if (most < PAGE_US)
        most = PAGE_US;
    if (passed > 60000)
        passed = 60000;
    budget->at_ms = broker->monotonic_ms;
    budget->thousandths += passed * a_second;
    if (budget->thousandths < most * 1000)
        return;
    budget->thousandths = most * 1000;
    budget->waiting = 0;
    budget->crowd++;
}

bool sync_may(struct broker *broker, const struct principal *node)
{
    const struct syncing *syncing =
        &broker_presence(broker, node->number)->syncing;

    fill(broker);
    return broker->sync_budget.thousandths > 0 &&
           (broker->sync_budget.waiting == 0 || syncing->served_ms == 0 ||
            broker->monotonic_ms - syncing->served_ms >= BURST_MS);
}

/* Until half of those who wait have had their page: each comes back at some
 * time between then and twice as long. */
uint32_t sync_retry_ms(struct broker *broker, const struct principal *node)
{
    struct sync_budget *budget = &broker->sync_budget;
    struct syncing *syncing = &broker_presence(broker, node->number)->syncing;
    uint64_t a_second = broker->config.syncs_per_second * PAGE_US;
    uint64_t half_ms;

    if (syncing->waits_in != budget->crowd) {
        syncing->waits_in = budget->crowd;
        budget->waiting++;
    }
    half_ms = budget->waiting * budget->page_us * 500 / a_second;
    return half_ms < RETRY_MAX_MS ? RETRY_MS + (uint32_t)half_ms : RETRY_MAX_MS;
}

void sync_pay(struct broker *broker, const struct principal *node, size_t bytes,
              size_t looked_at)
{
    struct sync_budget *budget = &broker->sync_budget;
    struct syncing *syncing = &broker_presence(broker, node->number)->syncing;
    size_t us = BASE_US + bytes / BYTES_PER_US + looked_at / LOOKED_AT_PER_US;

    budget->thousandths -= 1000 * (int64_t)us;
    budget->page_us = (3 * budget->page_us + us) / 4;
    syncing->served_ms = broker->monotonic_ms;
    if (syncing->waits_in != budget->crowd)
        return;
    syncing->waits_in = 0;
    budget->waiting -= budget->waiting > 0;
}
