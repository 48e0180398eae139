#include "written.h"

#include <stdlib.h>

#include "broker/snapshot.h"
#include "checks.h"
#include "disk.h"
#include "world.h"

#define SOMETIMES 500 /* per mille */

static const uint8_t no_chain[CHAIN_SIZE];

void written_done(struct written *written)
{
    free(written->bytes);
    *written = (struct written){0};
}

void written_make(struct world *world)
{
    struct host *host = &world->host;
    const struct book *book = broker_book(host->broker);

    if (book->head == 0 || !chance_is(&world->chance, SOMETIMES))
        return;
    written_done(&host->written);
    host->written.bytes =
        snapshot_make(book, host->vault, no_chain, &host->written.size);
    host->written.facts = book->head;
    tell(world, "broker", "has its state written down: %zu facts",
         host->written.facts);
}

/* As tocsind/state.c has it: the key of a case that was filed away before is no
 * spare one. */
static void leave_keys(struct host *host, uint64_t sequence)
{
    for (size_t i = 0; i < host->keys.count; i++) {
        uint8_t name[MARK_NAME_MAX];
        struct found found;
        size_t size = broker_mark_of_key(name, host->keys.list[i].id);

        if (disk_find(&host->disk, name, size, &found) &&
            found.sequence <= sequence)
            vault_used(host->vault, host->keys.list[i].id);
    }
}

size_t written_take(struct world *world)
{
    struct host *host = &world->host;
    const struct written *written = &host->written;
    uint8_t chain[CHAIN_SIZE];
    uint64_t sequence = 0;
    struct diag why = {0};
    struct book *book;

    if (written->bytes == NULL || !chance_is(&world->chance, SOMETIMES))
        return 0;
    book = book_new(world->divisions);
    if (snapshot_check(written->bytes, written->size, &sequence, chain, &why) !=
            STATUS_OK ||
        snapshot_take(book, host->vault, written->bytes, written->size, &why) !=
            STATUS_OK ||
        sequence != written->facts)
        broken(world, "the state that was written down is a start", "%s",
               why.text);
    leave_keys(host, sequence);
    broker_resume(host->broker, book);
    tell(world, "broker", "begins with its state: %zu facts", written->facts);
    return written->facts;
}
