#define _GNU_SOURCE
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/file.h"
#include "domain/geo.h"
#include "fleet.h"
#include "wire/check.h"
#include "wire/decode.h"
#include "wire/document.h"

const char *broker_program = TOCSIND;

_Noreturn void give_up(const char *what)
{
    fprintf(stderr, "benchmark: %s\n", what);
    exit(1);
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

/* ---- processes ----------------------------------------------------------- */

void child_start(struct child *child, char *const argv[])
{
    int out[2];
    FILE *lines;

    if (pipe(out) != 0)
        give_up("pipe");
    child->pid = fork();
    if (child->pid == 0) {
        /* not to outlive us; what stands still hears nothing but this */
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(out[1], STDOUT_FILENO);
        (void)close(out[0]);
        execv(argv[0], argv);
        _exit(127);
    }
    (void)close(out[1]);
    lines = fdopen(out[0], "r");
    if (lines == NULL ||
        fgets(child->ready, sizeof child->ready, lines) == NULL)
        give_up("a child process did not get ready");
    (void)fclose(lines);
}

void child_stop(struct child *child)
{
    if (child->pid <= 0)
        return;
    (void)kill(child->pid, SIGTERM);
    (void)kill(child->pid, SIGCONT); /* it may stand still */
    (void)waitpid(child->pid, NULL, 0);
    child->pid = 0;
}

/* ---- the broker ---------------------------------------------------------- */

static void run_init(struct stand *stand, const char *host)
{
    char *argv[] = {(char *)broker_program, "init", stand->home, "--host",
                    (char *)host,           NULL};
    pid_t pid = fork();
    int code;

    if (pid == 0) {
        (void)!freopen("/dev/null", "w", stdout);
        execv(argv[0], argv);
        _exit(127);
    }
    if (waitpid(pid, &code, 0) != pid || code != 0)
        give_up("tocsind init failed");
}

static void certify(struct stand *stand)
{
    struct keypair authority;
    struct diag why = {0};
    char path[200];

    stand->centre = stand->administrator;
    strcpy(stand->centre.id, "centre-1");
    stand->centre.role = TOCSIN__V1__ROLE__ROLE_CENTRE;
    keypair_make(&stand->centre.key);
    keypair_make(&stand->centre.exercise_key);
    stand->centre.has_exercise_seed = true;
    snprintf(path, sizeof path, "%s/keys/authority.key", stand->home);
    if (keyfile_load(&authority, path, &why) != STATUS_OK ||
        certificate_issue(&stand->centre, &authority, 0,
                          clock_wall_ms() + 86400000, &why) != STATUS_OK)
        give_up(why.text);
}

static struct line *connect_desk(struct stand *stand, const struct bundle *who)
{
    struct line_setup setup = {.kind = LINE_DESK,
                               .endpoint = who->command,
                               .broker_key = who->broker_key,
                               .key = &who->key,
                               .frame_max = 65536,
                               .reconnect_ms = 20};
    struct line *line;

    if (line_open(&line, stand->context, &setup, NULL) != STATUS_OK)
        give_up("cannot connect");
    return line;
}

const Tocsin__V1__Reply *stand_ask(struct line *line,
                                   Tocsin__V1__Request *request)
{
    static Tocsin__V1__Reply *reply;
    int64_t until = clock_monotonic_ms() + 10000;
    uint8_t id[16];
    struct line_message message;
    size_t size;
    uint8_t *bytes;

    randombytes_buf(id, sizeof id);
    request->request_id.data = id;
    request->request_id.len = sizeof id;
    bytes = encode(&request->base, &size);
    while (!line_send(line, bytes, size)) {
        line_wait(&line, 1, 10);
        if (clock_monotonic_ms() > until)
            give_up("cannot send");
    }
    free(bytes);
    while (!line_receive(line, &message)) {
        line_wait(&line, 1, 100);
        if (clock_monotonic_ms() > until)
            give_up("no reply");
    }
    if (reply != NULL)
        tocsin__v1__reply__free_unpacked(reply, NULL);
    reply = tocsin__v1__reply__unpack(NULL, message.size, message.body);
    return reply;
}

static void enrol_centre(struct stand *stand)
{
    struct line *line = connect_desk(stand, &stand->administrator);
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Enrol enrol = TOCSIN__V1__ENROL__INIT;
    Tocsin__V1__Principal principal = TOCSIN__V1__PRINCIPAL__INIT;
    Tocsin__V1__SignedCertificate certificate =
        TOCSIN__V1__SIGNED_CERTIFICATE__INIT;
    struct bundle *centre = &stand->centre;

    certificate.content =
        (ProtobufCBinaryData){centre->certificate_size, centre->certificate};
    certificate.signature =
        (ProtobufCBinaryData){SIGNATURE_SIZE, centre->certificate_signature};
    principal.id = centre->id;
    principal.role = centre->role;
    principal.name = "Benchmark centre";
    principal.division = centre->division;
    principal.public_key =
        (ProtobufCBinaryData){KEY_SIZE, centre->key.public_key};
    principal.certificate = &certificate;
    enrol.principal = &principal;
    request.body_case = TOCSIN__V1__REQUEST__BODY_ENROL;
    request.enrol = &enrol;
    if (stand_ask(line, &request)->status !=
        TOCSIN__V1__STATUS__STATUS_RECORDED)
        give_up("the centre was not enrolled");
    line_close(line);
}

void stand_open(struct stand *stand)
{
    char host[32];
    char path[200];
    struct diag why = {0};

    memset(stand, 0, sizeof *stand);
    strcpy(stand->folder, "/tmp/tocsin-bench.XXXXXX");
    if (mkdtemp(stand->folder) == NULL)
        give_up("no temporary folder");
    snprintf(stand->home, sizeof stand->home, "%s/home", stand->folder);
    snprintf(host, sizeof host, "127.90.%u.%u", randombytes_uniform(250) + 1,
             randombytes_uniform(250) + 1);
    run_init(stand, host);
    snprintf(path, sizeof path, "%s/administrator.json", stand->home);
    if (bundle_load(&stand->administrator, path, NULL, &why) != STATUS_OK)
        give_up(why.text);
    certify(stand);
    child_start(&stand->broker,
                (char *[]){(char *)broker_program, "run", stand->home, NULL});
    stand->context = line_context_new();
    enrol_centre(stand);
    stand->command = connect_desk(stand, &stand->centre);
}

void stand_close(struct stand *stand)
{
    char command[120];

    line_close(stand->command);
    line_context_free(stand->context);
    child_stop(&stand->broker);
    snprintf(command, sizeof command, "rm -rf '%s'", stand->folder);
    (void)!system(command);
}

/* ---- places -------------------------------------------------------------- */

struct distant {
    struct place place;
    double km;
};

static int by_distance(const void *a, const void *b)
{
    return by_value(&((const struct distant *)a)->km,
                    &((const struct distant *)b)->km);
}

static Tocsin__V1__NodeKind kind_named(const char *word)
{
    static const struct {
        const char *word;
        Tocsin__V1__NodeKind kind;
    } words[] = {{"railway", TOCSIN__V1__NODE_KIND__NODE_KIND_RAILWAY_STATION},
                 {"bus", TOCSIN__V1__NODE_KIND__NODE_KIND_BUS_STATION},
                 {"airport", TOCSIN__V1__NODE_KIND__NODE_KIND_AIRPORT},
                 {"port", TOCSIN__V1__NODE_KIND__NODE_KIND_PORT},
                 {"border", TOCSIN__V1__NODE_KIND__NODE_KIND_LAND_BORDER}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i].word) == 0)
            return words[i].kind;
    }
    return TOCSIN__V1__NODE_KIND__NODE_KIND_OTHER;
}

static bool take_place(char *line, struct place *place)
{
    char *fields[7];

    if (csv_split(line, fields, 7) != 7)
        return false;
    snprintf(place->id, sizeof place->id, "%s", fields[0]);
    place->kind = kind_named(fields[1]);
    place->latitude = atof(fields[4]);
    place->longitude = atof(fields[5]);
    snprintf(place->division, sizeof place->division, "%s", fields[6]);
    return true;
}

struct place *places_near(double latitude, double longitude, size_t count,
                          double *radius_km)
{
    FILE *file = fopen(NODES_CSV, "re");
    struct distant *all = must_calloc(20000, sizeof *all);
    struct place *places = must_calloc(count, sizeof *places);
    struct point from = {latitude, longitude};
    char line[500];
    size_t found = 0;

    if (file == NULL || fgets(line, sizeof line, file) == NULL)
        give_up("cannot read nodes.csv");
    while (found < 20000 && fgets(line, sizeof line, file) != NULL) {
        struct distant *next = &all[found];

        if (!take_place(line, &next->place))
            continue;
        next->km = geo_distance_km(
            from, (struct point){next->place.latitude, next->place.longitude});
        found++;
    }
    (void)fclose(file);
    qsort(all, found, sizeof *all, by_distance);
    for (size_t i = 0; i < count; i++) {
        places[i] = all[i % found].place;
        if (i >= found)
            snprintf(places[i].id, sizeof places[i].id, "%.20s-TWIN%u",
                     all[i % found].place.id, (unsigned)(i / found));
    }
    *radius_km = all[(count < found ? count : found) - 1].km + 0.001;
    free(all);
    return places;
}
