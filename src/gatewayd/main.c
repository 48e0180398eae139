/* tocsin-gateway: relays the answers of officers on foot. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tocsin/status.h>

#include "base/file.h"
#include "base/log.h"
#include "gatewayd/daemon.h"

#define CACHE_MIB 256

static const char help[] =
    "usage: tocsin-gateway COMMAND --bundle FILE [options]\n"
    "\n"
    "  run      hold the line to the centre and serve handhelds over HTTPS;\n"
    "           prints `ready gateway=ID port=N local=N` when it does\n"
    "  status   how it stands: line, picture of alerts, answers\n"
    "  spool    the answers that are here, in order of arrival\n"
    "\n"
    "  --bundle FILE        the gateway's bundle (or TOCSIN_BUNDLE)\n"
    "  --own-key FILE       its own key, when the bundle has none\n"
    "  --former-bundle FILE run: the bundle that it had before, for what "
    "still\n"
    "                       waits sealed with that key; default: BUNDLE.old\n"
    "                       and so on, which `tocsin enrol --rekey` leaves\n"
    "  --former-key FILE    run: the key that it had, when that bundle has "
    "none\n"
    "  --store DIR          alerts and answers; default: BUNDLE.store\n"
    "  --json               status, spool: print JSON\n"
    "\n"
    "  --listen ADDR:PORT   run: HTTPS for handhelds; 0.0.0.0:8443\n"
    "  --local ADDR:PORT    run: plain HTTP, loopback only; 127.0.0.1:8444,\n"
    "                       \"\" for none\n"
    "  --certificate FILE   run: PEM; default: BUNDLE.tls.crt\n"
    "  --certificate-key FILE   run: PEM, mode 0600; default: BUNDLE.tls.key\n"
    "  --cache-mib N        run: bound of the picture cache; 256\n"
    "  --waiting-max N      run: answers that may wait, in all; 200000\n"
    "  --device-rate N      run: answers a second of one handheld; 20\n"
    "  --pictures-wait N    run: no pictures are fetched, taken or sent while\n"
    "                       more answers than this wait; 1000\n"
    "  --connections-max N  run: handhelds at once; 4096\n"
    "  --request-s N        run: seconds that a request may take to come; 10\n"
    "  --taking-s N         run: seconds to take 4 KiB more of an answer, or\n"
    "                       all that is left; 30\n"
    "  --log LEVEL          debug, info, warn or error\n"
    "  --help, --version    this text, the version\n"
    "\n"
    "exit codes: 0 done, 1 local trouble, 2 wrong usage\n";

struct words {
    struct place place;
    struct run_options run;
    const char *bundle;
    const char *store;
    const char *certificate;
    const char *certificate_key;
    bool json;
    bool help;
    bool version;
};

static const struct option table[] = {
    {"bundle", required_argument, NULL, 'b'},
    {"own-key", required_argument, NULL, 'o'},
    {"former-bundle", required_argument, NULL, 'f'},
    {"former-key", required_argument, NULL, 'F'},
    {"store", required_argument, NULL, 's'},
    {"json", no_argument, NULL, 'j'},
    {"listen", required_argument, NULL, 'l'},
    {"local", required_argument, NULL, 'L'},
    {"certificate", required_argument, NULL, 'c'},
    {"certificate-key", required_argument, NULL, 'k'},
    {"cache-mib", required_argument, NULL, 'm'},
    {"waiting-max", required_argument, NULL, 'w'},
    {"device-rate", required_argument, NULL, 'r'},
    {"pictures-wait", required_argument, NULL, 'p'},
    {"connections-max", required_argument, NULL, 'n'},
    {"request-s", required_argument, NULL, 'q'},
    {"taking-s", required_argument, NULL, 't'},
    {"log", required_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0}};

static bool number(const char *text, size_t most, size_t *out)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || value == 0 ||
        value > most) {
        fprintf(stderr, "tocsin-gateway: %s: must be 1 to %zu\n", text, most);
        return false;
    }
    *out = (size_t)value;
    return true;
}

static bool take_log(const char *text)
{
    enum log_level level;

    if (!log_level_parse(text, &level)) {
        fprintf(stderr, "tocsin-gateway: --log: debug, info, warn or error\n");
        return false;
    }
    log_threshold(level);
    return true;
}

static bool take_option(struct words *words, int option)
{
    size_t mib;
    size_t rate;
    size_t seconds;

    switch (option) {
    case 'b':
        words->bundle = optarg;
        return true;
    case 'o':
        words->place.own_key = optarg;
        return true;
    case 'f':
        words->place.former_bundle = optarg;
        return true;
    case 'F':
        words->place.former_key = optarg;
        return true;
    case 's':
        words->store = optarg;
        return true;
    case 'j':
        words->json = true;
        return true;
    case 'l':
        words->run.listen = optarg;
        return true;
    case 'L':
        words->run.local = optarg;
        return true;
    case 'c':
        words->certificate = optarg;
        return true;
    case 'k':
        words->certificate_key = optarg;
        return true;
    case 'm':
        if (!number(optarg, 65536, &mib))
            return false;
        words->run.cache_bytes = mib << 20;
        return true;
    case 'w':
        return number(optarg, 10000000, &words->run.limits.waiting);
    case 'r':
        if (!number(optarg, 1000, &rate))
            return false;
        words->run.limits.device_rate = (unsigned)rate;
        words->run.http.requests_a_second = (unsigned)rate + 50;
        return true;
    case 'p':
        return number(optarg, 10000000, &words->run.limits.pictures_wait);
    case 'n':
        return number(optarg, 100000, &words->run.http.connections);
    case 'q':
        if (!number(optarg, 3600, &seconds))
            return false;
        words->run.http.request_ms = (int64_t)seconds * 1000;
        return true;
    case 't':
        if (!number(optarg, 3600, &seconds))
            return false;
        words->run.http.taking_ms = (int64_t)seconds * 1000;
        return true;
    case 'v':
        return take_log(optarg);
    case 'h':
        words->help = true;
        return true;
    case 'V':
        words->version = true;
        return true;
    default:
        return false;
    }
}

/* "/etc/tocsin/GW-7.json" has its store in "/etc/tocsin/GW-7.store". */
static bool place_beside(char out[PATH_ROOM], const char *given,
                         const char *bundle, const char *suffix)
{
    size_t size = strlen(bundle);

    if (given != NULL)
        return snprintf(out, PATH_ROOM, "%s", given) < PATH_ROOM;
    if (size > 5 && strcmp(bundle + size - 5, ".json") == 0)
        size -= 5;
    return snprintf(out, PATH_ROOM, "%.*s%s", (int)size, bundle, suffix) <
           PATH_ROOM;
}

static bool settle_place(struct words *words)
{
    struct place *place = &words->place;
    const char *bundle =
        words->bundle != NULL ? words->bundle : getenv("TOCSIN_BUNDLE");

    if (bundle == NULL) {
        fprintf(stderr, "tocsin-gateway: whose gateway? give --bundle FILE\n");
        return false;
    }
    if (place_beside(place->bundle, bundle, bundle, "") &&
        place_beside(place->store, words->store, bundle, ".store") &&
        place_beside(place->certificate, words->certificate, bundle,
                     ".tls.crt") &&
        place_beside(place->certificate_key, words->certificate_key, bundle,
                     ".tls.key"))
        return true;
    fprintf(stderr, "tocsin-gateway: a path is too long\n");
    return false;
}

/* What was printed only in part is not done. */
static int printed(int code)
{
    if ((fflush(stdout) == 0 && ferror(stdout) == 0) || code != EXIT_DONE)
        return code;
    fprintf(stderr, "tocsin-gateway: standard output cannot be written\n");
    return EXIT_LOCAL;
}

int main(int argc, char **argv)
{
    struct words words = {.run = {.listen = "0.0.0.0:8443",
                                  .local = "127.0.0.1:8444",
                                  .cache_bytes = (size_t)CACHE_MIB << 20,
                                  .limits = gateway_usual_limits,
                                  .http = http_usual_limits}};
    const char *command;
    int option;

    file_keep_standard();
    while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
        if (!take_option(&words, option))
            return EXIT_USAGE;
    }
    if (words.help) {
        fputs(help, stdout);
        return printed(EXIT_DONE);
    }
    if (words.version) {
        printf("tocsin-gateway %s\n", tocsin_version());
        return printed(EXIT_DONE);
    }
    command = argc - optind == 1 ? argv[optind] : "";
    if (strcmp(command, "run") != 0 && strcmp(command, "status") != 0 &&
        strcmp(command, "spool") != 0) {
        fprintf(stderr, "tocsin-gateway: run, status or spool; see --help\n");
        return EXIT_USAGE;
    }
    if (!settle_place(&words))
        return EXIT_USAGE;
    if (strcmp(command, "run") == 0)
        return command_run(&words.place, &words.run);
    return printed(strcmp(command, "status") == 0
                       ? command_status(&words.place, words.json)
                       : command_spool(&words.place, words.json));
}
