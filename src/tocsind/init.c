#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "broker/core.h"
#include "journal/journal.h"
#include "tocsind/commands.h"
#include "tocsind/home.h"
#include "wire/bundle.h"

extern const char tocsind_divisions[];
extern const char tocsind_divisions_end[];

static enum status make_folders(const struct home *home, struct diag *why)
{
    char path[PATH_MAX];
    enum status status = file_mkdir(home_file(home, "keys", path), why);

    if (status == STATUS_OK)
        status = file_mkdir(home_file(home, "pictures", path), why);
    return status;
}

static enum status make_keys(const struct home *home, struct diag *why)
{
    char path[PATH_MAX];
    uint8_t master[32];
    char hex[2 * sizeof master + 2];
    enum status status =
        keyfile_make(home_file(home, "keys/broker.key", path), false, why);

    if (status == STATUS_OK)
        status = keyfile_make(home_file(home, "keys/authority.key", path),
                              false, why);
    randombytes_buf(master, sizeof master);
    hex_encode(hex, master, sizeof master);
    strcat(hex, "\n");
    if (status == STATUS_OK)
        status = file_write(home_file(home, "keys/master.key", path), 0600, hex,
                            strlen(hex), why);
    sodium_memzero(hex, sizeof hex);
    sodium_memzero(master, sizeof master);
    return status;
}

static enum status write_config(const struct home *home, struct diag *why)
{
    char path[PATH_MAX];
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    enum status status;

    REQUIRE(file != NULL);
    config_write(&home->config, file);
    (void)fclose(file);
    status =
        file_write(home_file(home, "tocsin.conf", path), 0600, text, size, why);
    free(text);
    if (status == STATUS_OK)
        status = file_write(
            home_file(home, "divisions.csv", path), 0600, tocsind_divisions,
            (size_t)(tocsind_divisions_end - tocsind_divisions), why);
    return status;
}

static enum status fill_administrator(const struct home *home,
                                      struct bundle *bundle, struct diag *why)
{
    const struct config *config = &home->config;
    struct public_half half;
    char path[PATH_MAX];
    enum status status;

    memset(bundle, 0, sizeof *bundle);
    strcpy(bundle->id, "administrator");
    strcpy(bundle->name, "Administrator");
    strcpy(bundle->division, "000000");
    bundle->role = TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR;
    keypair_make(&bundle->key);
    bundle->has_seed = true;
    config_endpoint(config, config->command_port, bundle->command);
    config_endpoint(config, config->feed_port, bundle->feed);
    config_endpoint(config, config->field_port, bundle->field);
    status =
        keyfile_public(&half, home_file(home, "keys/broker.key", path), why);
    if (status != STATUS_OK)
        return status;
    memcpy(bundle->broker_key, half.key, KEY_SIZE);
    status =
        keyfile_public(&half, home_file(home, "keys/authority.key", path), why);
    memcpy(bundle->authority, half.key, KEY_SIZE);
    return status;
}

static enum status found_journal(const struct home *home,
                                 const struct bundle *administrator,
                                 struct diag *why)
{
    struct record record = {.sequence = 1, .principal = ""};
    struct journal *journal = NULL;
    uint8_t epoch[EPOCH_SIZE];
    char path[PATH_MAX];
    uint8_t *body;
    enum status status =
        journal_open(&journal, home_file(home, "journal.db", path), true, why);

    if (status != STATUS_OK)
        return status;
    randombytes_buf(epoch, sizeof epoch);
    record.time_ms = clock_wall_ms();
    body = broker_founding(administrator, epoch, record.time_ms,
                           &record.body_size);
    record.body = body;
    status = journal_append(journal, &record, 1, why);
    free(body);
    journal_close(journal);
    return status;
}

static enum status make_home(const struct home *home, struct diag *why)
{
    struct keyring *keyring = NULL;
    struct bundle administrator;
    char path[PATH_MAX];
    enum status status = make_folders(home, why);

    if (status == STATUS_OK)
        status = make_keys(home, why);
    if (status == STATUS_OK)
        status = write_config(home, why);
    if (status == STATUS_OK)
        status = keyring_open(&keyring, home_file(home, "keyring.db", path),
                              true, why);
    keyring_close(keyring);
    if (status == STATUS_OK)
        status = fill_administrator(home, &administrator, why);
    if (status == STATUS_OK)
        status =
            bundle_save(&administrator,
                        home_file(home, "administrator.json", path), true, why);
    if (status == STATUS_OK)
        status = found_journal(home, &administrator, why);
    bundle_wipe(&administrator);
    return status;
}

static enum status make_whole(struct home *home, struct diag *why)
{
    struct home beside = *home;
    enum status status = home_begin(&beside, home->path, why);

    if (status != STATUS_OK)
        return status;
    status = make_home(&beside, why);
    if (status == STATUS_OK)
        status = home_finish(&beside, home->path, why);
    if (status != STATUS_OK)
        home_abandon(&beside);
    return status;
}

static bool take_port(const char *name, const char *text, long *out)
{
    char *end;
    long port = strtol(text, &end, 10);

    if (*text != '\0' && *end == '\0' && port >= 1 && port <= 65535) {
        *out = port;
        return true;
    }
    fprintf(stderr, "tocsind: --%s: '%s' is not a port\n", name, text);
    return false;
}

/* Every bundle carries it, and the broker listens there. */
static bool take_host(const char *text, char host[HOST_MAX])
{
    if (config_reachable(text)) {
        strcpy(host, text);
        return true;
    }
    fprintf(stderr,
            "tocsind: --host: '%s' is not an address of this machine that the "
            "nodes can reach, such as 192.0.2.1 or 2001:db8::1\n",
            text);
    return false;
}

static bool parse(int argc, char **argv, struct home *home)
{
    static const struct option options[] = {
        {"host", required_argument, NULL, 'h'},
        {"command-port", required_argument, NULL, 'c'},
        {"feed-port", required_argument, NULL, 'e'},
        {"field-port", required_argument, NULL, 'i'},
        {NULL, 0, NULL, 0}};
    struct config *config = &home->config;
    bool good = true;

    config_default(config);
    for (int option;
         good && (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'h')
            good = take_host(optarg, config->host);
        else if (option == 'c')
            good = take_port("command-port", optarg, &config->command_port);
        else if (option == 'e')
            good = take_port("feed-port", optarg, &config->feed_port);
        else if (option == 'i')
            good = take_port("field-port", optarg, &config->field_port);
        else
            good = false;
    }
    if (good && argc - optind == 1 &&
        strlen(argv[optind]) < sizeof home->path) {
        strcpy(home->path, argv[optind]);
        return true;
    }
    fprintf(stderr, "usage: tocsind init HOME [--host ADDRESS] "
                    "[--command-port N] [--feed-port N] [--field-port N]\n");
    return false;
}

int command_init(int argc, char **argv)
{
    struct home home = {.lock = -1};
    struct diag why = {0};

    if (!parse(argc, argv, &home))
        return EXIT_USAGE;
    if (make_whole(&home, &why) != STATUS_OK) {
        diag_wrap(&why, why.status, "making the home");
        return command_failed(&why);
    }
    printf("home                %s\n"
           "configuration       %s/tocsin.conf\n"
           "administrator       %s/administrator.json\n"
           "authority's key     %s/keys/authority.key\n"
           "                    certifies centres: move it off this machine "
           "and give its\n"
           "                    path with --authority when you enrol one\n",
           home.path, home.path, home.path, home.path);
    return EXIT_DONE;
}
