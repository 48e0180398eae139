#include "tocsind/state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "broker/core.h"
#include "broker/snapshot.h"
#include "domain/keep.h"

struct bytes {
    uint8_t *data;
    size_t size;
    uint64_t sequence;
};

/* ---- finding it ---------------------------------------------------------- */

/* It must be of this very journal. */
static enum status check_against(const struct bytes *bytes,
                                 const uint8_t chain[CHAIN_SIZE],
                                 struct journal *journal, struct diag *why)
{
    uint8_t own[CHAIN_SIZE];
    enum status status;

    if (bytes->sequence > journal_head(journal))
        return diag_set(why, STATUS_CORRUPT,
                        "is ahead of the journal: %" PRIu64 " after %" PRIu64,
                        bytes->sequence, journal_head(journal));
    status = journal_chain_at(journal, bytes->sequence, own, why);
    if (status == STATUS_OK && memcmp(own, chain, CHAIN_SIZE) != 0)
        status = diag_set(why, STATUS_CORRUPT, "is of another journal");
    return status;
}

static enum status read_snapshot(struct bytes *bytes, const struct home *home,
                                 struct journal *journal, struct diag *why)
{
    uint8_t chain[CHAIN_SIZE];
    char path[PATH_MAX];
    enum status status =
        file_read(home_file(home, SNAPSHOT_NAME, path), SNAPSHOT_BYTES_MAX,
                  &bytes->data, &bytes->size, why);

    if (status != STATUS_OK)
        return status;
    status =
        snapshot_check(bytes->data, bytes->size, &bytes->sequence, chain, why);
    if (status == STATUS_OK)
        status = check_against(bytes, chain, journal, why);
    return status;
}

static enum status read_base(struct bytes *bytes, struct journal *journal,
                             struct diag *why)
{
    uint8_t chain[CHAIN_SIZE];
    enum status status =
        journal_state(journal, &bytes->data, &bytes->size, why);

    bytes->sequence = 0;
    if (status == STATUS_OK && bytes->data == NULL && journal_base(journal) > 0)
        return diag_set(why, STATUS_CORRUPT, "is missing");
    if (status != STATUS_OK || bytes->data == NULL)
        return status;
    status =
        snapshot_check(bytes->data, bytes->size, &bytes->sequence, chain, why);
    if (status == STATUS_OK)
        status = check_against(bytes, chain, journal, why);
    return status;
}

/* ---- its keys ------------------------------------------------------------ */

struct wanted {
    struct vault *vault;
    struct journal *journal;
    uint64_t sequence;
};

/* The key of a case that was filed away before the state was written is needed
 * no more. */
static void add_key(void *arg, const struct case_key *key)
{
    const struct wanted *wanted = arg;
    uint8_t name[MARK_NAME_MAX];
    struct found found;
    size_t size = broker_mark_of_key(name, key->id);

    if (wanted->sequence == 0 ||
        journal_find(wanted->journal, name, size, &found, NULL) != STATUS_OK ||
        found.sequence > wanted->sequence)
        vault_add(wanted->vault, key);
}

static enum status take(struct state *out, const struct bytes *bytes,
                        const struct home *home, struct wanted *wanted,
                        struct keyring *keyring, struct diag *why)
{
    enum status status;

    wanted->sequence = bytes->sequence;
    status = keyring_read(keyring, add_key, wanted, why);
    if (status != STATUS_OK || bytes->data == NULL)
        return status;
    out->book = book_new(home->divisions);
    status =
        snapshot_take(out->book, wanted->vault, bytes->data, bytes->size, why);
    if (status == STATUS_OK) {
        out->sequence = bytes->sequence;
        return STATUS_OK;
    }
    book_free(out->book);
    out->book = NULL;
    return status;
}

static void pass_over(const struct diag *why)
{
    if (why->status != STATUS_MISSING)
        log_warn("snapshot.useless", "reason=\"%s\"", why->text);
}

static enum status load_base(struct state *out, const struct home *home,
                             struct wanted *wanted, struct keyring *keyring,
                             struct diag *why)
{
    struct bytes bytes = {0};
    enum status status = read_base(&bytes, wanted->journal, why);

    if (status == STATUS_OK)
        status = take(out, &bytes, home, wanted, keyring, why);
    free(bytes.data);
    return status == STATUS_OK
               ? status
               : diag_wrap(why, status, "the state where the journal begins");
}

enum status state_load(struct state *out, enum state_kind newest,
                       const struct home *home, struct journal *journal,
                       struct keyring *keyring, struct vault *vault,
                       struct diag *why)
{
    struct wanted wanted = {vault, journal, 0};
    struct bytes bytes = {0};
    struct diag useless = {0};
    enum status status;

    *out = (struct state){0};
    if (newest == STATE_BASE)
        return load_base(out, home, &wanted, keyring, why);
    status = read_snapshot(&bytes, home, journal, &useless);
    if (status == STATUS_OK)
        status = take(out, &bytes, home, &wanted, keyring, &useless);
    free(bytes.data);
    if (status == STATUS_OK)
        return STATUS_OK;
    pass_over(&useless);
    return load_base(out, home, &wanted, keyring, why);
}

enum status state_digest(struct state_mark *out, enum state_kind kind,
                         const struct home *home, struct journal *journal,
                         const struct vault *vault, struct diag *why)
{
    struct bytes bytes = {0};
    struct book *book;
    enum status status = kind == STATE_BASE
                             ? read_base(&bytes, journal, why)
                             : read_snapshot(&bytes, home, journal, why);

    *out = (struct state_mark){.kind = kind};
    if (status != STATUS_OK || bytes.data == NULL) {
        free(bytes.data);
        return status;
    }
    book = book_new(home->divisions);
    status = snapshot_take(book, vault, bytes.data, bytes.size, why);
    if (status == STATUS_OK) {
        out->sequence = bytes.sequence;
        book_digest(book, out->digest);
    }
    book_free(book);
    free(bytes.data);
    return status;
}
