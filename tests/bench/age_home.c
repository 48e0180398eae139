/*
 * Ages a home: age_home HOME FACTS OPEN writes years of cases into the journal
 * of a broker that does not run, the last OPEN of them still open.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"

#define FLEET 7029

static void add_key(void *arg, const struct case_key *key)
{
    vault_add(arg, key);
}

static enum status take(void *arg, const struct record *record,
                        struct diag *why)
{
    struct history *history = arg;

    (void)why;
    history_take(history, record->body, record->body_size);
    history->next = record->sequence + 1;
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    struct history *history = must_calloc(1, sizeof *history);
    struct diag why = {0};
    struct place *places;
    char path[500];
    double radius;

    if (argc != 4) {
        fprintf(stderr, "usage: age_home HOME FACTS OPEN\n");
        return 2;
    }
    keys_start();
    history->vault = vault_new();
    history->book = book_new(NULL);
    snprintf(path, sizeof path, "%s/journal.db", argv[1]);
    if (journal_open(&history->journal, path, false, &why) != STATUS_OK ||
        journal_read(history->journal, 1, take, history, &why) != STATUS_OK)
        give_up(why.text);
    snprintf(path, sizeof path, "%s/keyring.db", argv[1]);
    if (keyring_open(&history->keyring, path, false, &why) != STATUS_OK ||
        keyring_read(history->keyring, add_key, history->vault, &why) !=
            STATUS_OK)
        give_up(why.text);
    places = places_near(34.75, 113.65, FLEET, &radius);
    history_enrol_fleet(history, places, FLEET);
    history_go_on(history, strtoull(argv[2], NULL, 10),
                  strtoul(argv[3], NULL, 10));
    printf("%" PRIu64 " facts, %zu cases, %zu open\n",
           journal_head(history->journal), history->alert_count,
           history->book->alert_count);
    journal_close(history->journal);
    keyring_close(history->keyring);
    book_free(history->book);
    vault_free(history->vault);
    free(history);
    free(places);
    return 0;
}
