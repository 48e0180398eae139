/* tocsin enrol: one principal from flags; enrol_list.c does thousands. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/files.h"
#include "common/numbers.h"
#include "common/say.h"
#include "common/words.h"
#include "tocsin/commands.h"
#include "tocsin/enrol_bundle.h"
#include "tocsin/enrol_gateway.h"
#include "tocsin/enrol_list.h"
#include "tocsin/enrol_rescue.h"

struct enrol_flags {
    const char *name;
    const char *name_en;
    const char *division;
    const char *kind;
    const char *rank;
    const char *unit;
    const char *latitude;
    const char *longitude;
    const char *public_key;
    const char *authority;
    const char *out;
    const char *csv;
    const char *gateway;
    const char *hours;
    const char *address;
    const char *certificate;
    bool rekey;
    bool rescue;
    bool skip_bad;
};

#define ENROL_ROWS(flags)                                                      \
    {.name = "name",                                                           \
     .value = "NAME",                                                          \
     .text = &(flags)->name,                                                   \
     .help = "in its own language"},                                           \
        {.name = "name-en",                                                    \
         .value = "NAME",                                                      \
         .text = &(flags)->name_en,                                            \
         .help = "in English"},                                                \
        {.name = "division",                                                   \
         .value = "CODE",                                                      \
         .text = &(flags)->division,                                           \
         .help = "6 digits; its jurisdiction, or where it is"},                \
        {.name = "kind",                                                       \
         .value = "KIND",                                                      \
         .text = &(flags)->kind,                                               \
         .help = "checkpoints: railway, bus, airport, port, border, toll, "    \
                 "police, hospital, registry, other"},                         \
        {.name = "rank",                                                       \
         .value = "RANK",                                                      \
         .text = &(flags)->rank,                                               \
         .help = "officers: station, county, prefecture, province, ministry"}, \
        {.name = "unit",                                                       \
         .value = "NAME",                                                      \
         .text = &(flags)->unit,                                               \
         .help = "officers: of which unit"},                                   \
        {.name = "lat",                                                        \
         .value = "DEGREES",                                                   \
         .text = &(flags)->latitude,                                           \
         .help = "checkpoints: where it is"},                                  \
        {.name = "lon",                                                        \
         .value = "DEGREES",                                                   \
         .text = &(flags)->longitude,                                          \
         .help = "checkpoints: where it is"},                                  \
        {.name = "public-key",                                                 \
         .value = "FILE",                                                      \
         .text = &(flags)->public_key,                                         \
         .help = "the public half of a key that it made itself"},              \
        {.name = "authority",                                                  \
         .value = "FILE",                                                      \
         .text = &(flags)->authority,                                          \
         .help = "centres, --rescue: the authority's key "                     \
                 "(HOME/keys/authority.key)"},                                 \
        {.name = "out",                                                        \
         .value = "PATH",                                                      \
         .text = &(flags)->out,                                                \
         .help = "file or folder for the bundle (./ID.json)"},                 \
        {.name = "rekey",                                                      \
         .flag = &(flags)->rekey,                                              \
         .help = "replace the key of one that is enrolled or revoked"},        \
        {.name = "rescue",                                                     \
         .flag = &(flags)->rescue,                                             \
         .help = "an administrator, where no administrator's key is left: "    \
                 "with --home, and the authority's key"},                      \
        {.name = "gateway",                                                    \
         .value = "ID",                                                        \
         .text = &(flags)->gateway,                                            \
         .help = "devices: the gateway that it comes to"},                     \
        {.name = "hours",                                                      \
         .value = "N",                                                         \
         .text = &(flags)->hours,                                              \
         .help = "devices: how long its code is good (24)"},                   \
        {.name = "address",                                                    \
         .value = "HOST:PORT",                                                 \
         .text = &(flags)->address,                                            \
         .help = "gateways: where handhelds find it"},                         \
        {.name = "certificate",                                                \
         .value = "FILE",                                                      \
         .text = &(flags)->certificate,                                        \
         .help = "gateways: its TLS certificate, if not to be made here; "     \
                 "with --rekey the one it has, or each handheld needs a new "  \
                 "code"},                                                      \
        {.name = "csv",                                                        \
         .value = "FILE",                                                      \
         .text = &(flags)->csv,                                                \
         .help = "checkpoints from a table: id, kind, name_zh, name_en, lat, " \
                 "lon, division_code"},                                        \
    {                                                                          \
        .name = "skip-bad", .flag = &(flags)->skip_bad,                        \
        .help = "with --csv: enrol the good rows all the same"                 \
    }

static enum outcome put_kind(struct tocsin_enrolment *enrolment,
                             const char *text)
{
    int kind;

    if (text == NULL)
        return OUTCOME_DONE;
    if (!word_value(words_kind, text, &kind)) {
        word_complain(words_kind, "kind");
        return OUTCOME_USAGE;
    }
    enrolment->kind = (Tocsin__V1__NodeKind)kind;
    return OUTCOME_DONE;
}

static enum outcome put_rank(struct tocsin_enrolment *enrolment,
                             const char *text)
{
    int rank;

    if (text == NULL)
        return OUTCOME_DONE;
    if (!word_value(words_rank, text, &rank)) {
        word_complain(words_rank, "rank");
        return OUTCOME_USAGE;
    }
    enrolment->rank = (Tocsin__V1__Rank)rank;
    return OUTCOME_DONE;
}

static enum outcome put_point(struct tocsin_enrolment *enrolment,
                              const struct enrol_flags *flags)
{
    if (flags->latitude == NULL && flags->longitude == NULL)
        return OUTCOME_DONE;
    if (flags->latitude == NULL || flags->longitude == NULL ||
        !number_real(flags->latitude, &enrolment->latitude) ||
        !number_real(flags->longitude, &enrolment->longitude) ||
        !number_is_place(enrolment->latitude, enrolment->longitude)) {
        complain("--lat and --lon: must be degrees, both of them");
        return OUTCOME_USAGE;
    }
    enrolment->has_point = true;
    return OUTCOME_DONE;
}

static enum outcome check_needed(const struct tocsin_enrolment *enrolment)
{
    const char *missing = NULL;
    bool checkpoint = enrolment->role == TOCSIN__V1__ROLE__ROLE_CHECKPOINT;
    bool officer = enrolment->role == TOCSIN__V1__ROLE__ROLE_OFFICER;

    if (enrolment->name == NULL)
        missing = "--name";
    else if (enrolment->division == NULL)
        missing = "--division";
    else if (checkpoint &&
             enrolment->kind == TOCSIN__V1__NODE_KIND__NODE_KIND_UNSPECIFIED)
        missing = "--kind";
    else if (checkpoint && !enrolment->has_point)
        missing = "--lat and --lon";
    else if (officer && enrolment->rank == TOCSIN__V1__RANK__RANK_UNSPECIFIED)
        missing = "--rank";
    else if (officer && enrolment->unit == NULL)
        missing = "--unit";
    if (missing == NULL)
        return OUTCOME_DONE;
    complain("%s is missing", missing);
    return OUTCOME_USAGE;
}

static const char *choose_path(struct pool *pool, const char *out,
                               const char *id)
{
    char path[PATH_MAX];

    if (out == NULL)
        snprintf(path, sizeof path, "./%s.json", id);
    else if (is_folder(out))
        snprintf(path, sizeof path, "%s/%s.json", out, id);
    else
        snprintf(path, sizeof path, "%s", out);
    return pool_text(pool, path);
}

static const char *choose_authority(struct session *session,
                                    const char *authority)
{
    const char *path;

    if (session->rescue != NULL)
        return session->rescue;
    if (authority != NULL || session->home == NULL)
        return authority;
    path = session_home_file(session, "keys/authority.key");
    return access(path, R_OK) == 0 ? path : NULL;
}

/* false: nobody knows what the broker has made of it. */
static bool ask(struct session *session, uint8_t *request, size_t size,
                const Tocsin__V1__Reply **reply, enum outcome *outcome)
{
    struct tocsin_diag why = {0};
    enum tocsin_status status = tocsin_client_call_packed(
        session->client, request, size, reply, session->timeout_ms, &why);

    free(request);
    *outcome = status == TOCSIN_OK ? reply_outcome(*reply)
                                   : outcome_say(status, &why, NULL);
    return status == TOCSIN_OK;
}

#define YEAR_MS (366LL * 24 * 3600 * 1000)

/* Of a centre: whoever renews its certificate sees that it is. */
static void say_certified(const char *path)
{
    struct tocsin_bundle *bundle;
    char text[TIME_TEXT_MAX];
    int64_t until_ms;

    if (tocsin_bundle_load(&bundle, path, NULL, NULL) != TOCSIN_OK)
        return;
    until_ms = tocsin_bundle_certified_until(bundle);
    if (until_ms != 0)
        say("certified until %s", time_text(until_ms, text));
    if (until_ms != 0 && until_ms < (int64_t)time(NULL) * 1000 + YEAR_MS)
        complain("the certificate was not renewed; it is with --authority "
                 "FILE");
    tocsin_bundle_free(bundle);
}

static enum outcome send(struct session *session,
                         struct tocsin_enrolment *enrolment,
                         struct certificate_swap *swap)
{
    struct tocsin_diag why = {0};
    const Tocsin__V1__Reply *reply;
    const char *path = enrolment->bundle_path;
    struct new_bundle made = {.fresh = access(path, F_OK) != 0, .swap = swap};
    enum outcome outcome;
    uint8_t *request;
    size_t size;
    enum tocsin_status status;

    enrolment->former_path = &made.former;
    status =
        tocsin_enrol_prepare(enrolment, session->bundle, &request, &size, &why);
    if (status != TOCSIN_OK) {
        certificate_step_back(swap);
        return outcome_say(status, &why, NULL);
    }
    if (!ask(session, request, size, &reply, &outcome))
        bundle_in_doubt(path, &made);
    else if (outcome == OUTCOME_DONE)
        say("%s %s  %s",
            reply->status == TOCSIN__V1__STATUS__STATUS_DUPLICATE
                ? "already enrolled"
                : "enrolled",
            enrolment->id, path);
    else if (bundle_undo(path, &made))
        complain("the old key is still good, and in its place again: %s", path);
    if (outcome == OUTCOME_DONE)
        say_certified(path);
    if (outcome == OUTCOME_DONE)
        certificate_forget_former(swap);
    free(made.former);
    return outcome;
}

static enum outcome enrol_one(struct session *session, const char *const *words,
                              const struct enrol_flags *flags)
{
    struct tocsin_enrolment enrolment = {.id = words[1],
                                         .name = flags->name,
                                         .name_en = flags->name_en,
                                         .division = flags->division,
                                         .unit = flags->unit,
                                         .public_key_path = flags->public_key,
                                         .rekey = flags->rekey};
    struct gateway_tls tls = {0};
    int role = 0;
    enum outcome outcome;

    if (words[1] == NULL || !word_value(words_role, words[0], &role)) {
        word_complain(words_role, "ROLE");
        return OUTCOME_USAGE;
    }
    enrolment.role = (Tocsin__V1__Role)role;
    if (role == TOCSIN__V1__ROLE__ROLE_DEVICE && !flags->rescue)
        return enrol_device(session, words[1],
                            &(struct device_flags){.gateway = flags->gateway,
                                                   .name = flags->name,
                                                   .name_en = flags->name_en,
                                                   .hours = flags->hours,
                                                   .rekey = flags->rekey});
    if (flags->address != NULL && role != TOCSIN__V1__ROLE__ROLE_GATEWAY) {
        complain("--address: is for gateways");
        return OUTCOME_USAGE;
    }
    outcome = put_kind(&enrolment, flags->kind);
    if (outcome == OUTCOME_DONE)
        outcome = put_rank(&enrolment, flags->rank);
    if (outcome == OUTCOME_DONE)
        outcome = put_point(&enrolment, flags);
    if (outcome == OUTCOME_DONE)
        outcome = check_needed(&enrolment);
    if (outcome == OUTCOME_DONE && flags->rescue)
        outcome = rescue_begin(session, &enrolment, flags->authority);
    if (outcome == OUTCOME_DONE)
        outcome = session_open(session);
    if (outcome != OUTCOME_DONE)
        return outcome;
    enrolment.bundle_path =
        choose_path(&session->pool, flags->out, enrolment.id);
    enrolment.authority_path = choose_authority(session, flags->authority);
    if (flags->address != NULL)
        outcome = gateway_address(&enrolment, flags->address,
                                  flags->certificate, &tls);
    if (outcome != OUTCOME_DONE)
        return outcome;
    outcome = send(session, &enrolment, &tls.swap);
    if (outcome == OUTCOME_DONE && flags->rescue)
        rescue_warn(&enrolment);
    return outcome;
}

static enum outcome enrol(struct session *session,
                          const struct command_line *line,
                          const struct enrol_flags *flags)
{
    if (flags->csv == NULL && line->word_count == 2)
        return enrol_one(session, line->words, flags);
    if (flags->csv == NULL || line->word_count != 0 || flags->rescue) {
        complain("give ROLE and ID, or --csv FILE; see tocsin enrol --help");
        return OUTCOME_USAGE;
    }
    if (flags->out == NULL) {
        complain("--out is missing: a folder for the bundles");
        return OUTCOME_USAGE;
    }
    if (!make_folder(flags->out))
        return OUTCOME_LOCAL;
    return enrol_list(session,
                      &(struct enrol_list_flags){.csv = flags->csv,
                                                 .out = flags->out,
                                                 .skip_bad = flags->skip_bad,
                                                 .rekey = flags->rekey});
}

enum outcome command_enrol(struct session *session, int argc, char **argv)
{
    struct enrol_flags flags = {0};
    const struct option_row rows[] = {ENROL_ROWS(&flags)};
    struct command_line line = {
        .usage = "tocsin enrol ROLE ID --name NAME --division CODE [options]",
        .about =
            "       tocsin enrol --csv FILE --out FOLDER [--skip-bad]\n\n"
            "Adds a principal and writes its key bundle, which is all that "
            "it needs to start.\nROLE: centre, supervisor, administrator, "
            "laboratory, registry, officer, liaison, checkpoint\nor gateway; "
            "or device, a handheld: prints the code that it is given.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_max = 2};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? enrol(session, &line, &flags) : outcome;
}
