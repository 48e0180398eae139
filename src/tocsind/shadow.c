#include "tocsind/shadow.h"

#include <string.h>

#include "broker/fact_codec.h"
#include "domain/apply.h"

#define ARENA_BYTES (1024 * 1024)

static void add_key(void *arg, const struct case_key *key)
{
    vault_add(arg, key);
}

enum status shadow_open(struct shadow *shadow, const struct home *home,
                        enum shadow_from from, struct diag *why)
{
    struct state state = {0};
    char path[PATH_MAX];
    enum status status;

    memset(shadow, 0, sizeof *shadow);
    shadow->home = home;
    arena_init(&shadow->arena, ARENA_BYTES);
    shadow->vault = vault_new();
    status = journal_open_reading(&shadow->journal,
                                  home_file(home, "journal.db", path), why);
    if (status == STATUS_OK)
        status = keyring_open_reading(&shadow->keyring,
                                      home_file(home, "keyring.db", path), why);
    if (status == STATUS_OK)
        status = home_destroyed(shadow->keyring, shadow->vault, why);
    if (status == STATUS_OK && from == SHADOW_FIRST)
        status = keyring_read(shadow->keyring, add_key, shadow->vault, why);
    else if (status == STATUS_OK)
        status = state_load(
            &state, from == SHADOW_BASE ? STATE_BASE : STATE_SNAPSHOT, home,
            shadow->journal, shadow->keyring, shadow->vault, why);
    shadow->book = state.book != NULL ? state.book : book_new(home->divisions);
    return status;
}

void shadow_close(struct shadow *shadow)
{
    book_free(shadow->book);
    vault_free(shadow->vault);
    keyring_close(shadow->keyring);
    journal_close(shadow->journal);
    arena_done(&shadow->arena);
}

static void end_keys(struct shadow *shadow, const struct effect *effect)
{
    const struct book *book = shadow->book;

    if (effect->kind == EFFECT_FOUND && found_is_sealed(effect->found))
        vault_destroy(shadow->vault, effect->found->key_id);
    if (effect->kind != EFFECT_CASE || !case_is_sealed(&effect->alert->file))
        return;
    vault_destroy(shadow->vault, effect->alert->key_id);
    for (size_t i = 0; i < book->found_count; i++) {
        if (found_is_sealed(book->found[i]))
            vault_destroy(shadow->vault, book->found[i]->key_id);
    }
}

/* A broker that is running makes keys, and destroys some, after they were read
 * here and before the journal is: those are read once more. */
static enum status open_fact(struct shadow *shadow, const struct record *record,
                             Tocsin__V1__Fact **fact, struct diag *why)
{
    struct fact_source source = {record, shadow->book, shadow->vault};
    enum status status = fact_from_disk(fact, &shadow->arena, &source, why);

    if (status != STATUS_MISSING)
        return status;
    status = home_destroyed(shadow->keyring, shadow->vault, why);
    if (status == STATUS_OK)
        status = keyring_read(shadow->keyring, add_key, shadow->vault, why);
    arena_reset(&shadow->arena);
    if (status == STATUS_OK)
        status = fact_from_disk(fact, &shadow->arena, &source, why);
    return status == STATUS_MISSING
               ? diag_wrap(why, STATUS_CORRUPT, "rebuilding the book")
               : status;
}

enum status shadow_take(struct shadow *shadow, const struct record *record,
                        const Tocsin__V1__Fact **fact, struct diag *why)
{
    Tocsin__V1__Fact *taken;
    struct effect effect;
    enum status status;

    arena_reset(&shadow->arena);
    status = open_fact(shadow, record, &taken, why);
    if (status == STATUS_OK)
        status = fact_fits(shadow->book, record->sequence, taken, why);
    if (status != STATUS_OK)
        return status;
    effect = book_apply(shadow->book, record->sequence, taken);
    status = fact_has_key(record->sequence, &effect, why);
    if (status != STATUS_OK)
        return status;
    end_keys(shadow, &effect);
    if (fact != NULL)
        *fact = taken;
    return STATUS_OK;
}
