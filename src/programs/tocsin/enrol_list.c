#define _GNU_SOURCE
#include "tocsin/enrol_list.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "common/progress.h"
#include "common/say.h"
#include "tocsin/enrol_bundle.h"
#include "tocsin/node_rows.h"

struct prepared {
    struct node_row *row;
    uint8_t *request; /* NULL: it was sent */
    size_t size;
    struct new_bundle made;
    bool answered;
};

struct enrolling {
    struct session *session;
    const struct enrol_list_flags *flags;
    struct node_table table;
    struct prepared *list; /* of the good rows, in order */
    size_t count;
    size_t sent;
    size_t enrolled;
    size_t already;
    size_t refused; /* by the broker */
    size_t undone;  /* whose former bundle is in its place again */
    struct progress progress;
};

/* ---- what is wrong ---- */

/* Texts of the file go through say, which lets no control character pass. */
static void tell_bad(const struct enrolling *enrolling)
{
    const struct node_table *table = &enrolling->table;

    for (size_t i = 0; i < table->count; i++) {
        const struct node_row *row = table->rows + i;

        if (row->bad_field != NULL)
            say_to(stderr, "%s: line %zu: %s: %s", enrolling->flags->csv,
                   row->line, row->bad_field, row->reason);
    }
}

/* ---- bundles ---- */

static void name_bundle(const struct enrolling *enrolling,
                        const struct node_row *row, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s.json", enrolling->flags->out, row->id);
}

static enum outcome prepare_row(struct enrolling *enrolling,
                                struct node_row *row)
{
    struct prepared *prepared = enrolling->list + enrolling->count;
    struct tocsin_diag why = {0};
    char path[PATH_MAX];
    struct tocsin_enrolment enrolment = {
        .id = row->id,
        .role = TOCSIN__V1__ROLE__ROLE_CHECKPOINT,
        .kind = (Tocsin__V1__NodeKind)row->kind,
        .name = row->name,
        .name_en = row->name_en,
        .division = row->division,
        .has_point = true,
        .latitude = row->latitude,
        .longitude = row->longitude,
        .rekey = enrolling->flags->rekey,
        .bundle_path = path,
        .quick = true,
        .former_path = &prepared->made.former};
    enum tocsin_status status;

    name_bundle(enrolling, row, path);
    prepared->made.fresh = access(path, F_OK) != 0;
    status = tocsin_enrol_prepare(&enrolment, enrolling->session->bundle,
                                  &prepared->request, &prepared->size, &why);
    if (status == TOCSIN_USAGE) {
        node_row_bad(&enrolling->table, row, "row", "%.110s", why.text);
        return OUTCOME_DONE;
    }
    if (status != TOCSIN_OK)
        return outcome_say(status, &why, row->id);
    prepared->row = row;
    enrolling->count++;
    return OUTCOME_DONE;
}

/* The bundles must be on disk before the broker records their keys. */
static enum outcome sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && syncfs(fd) == 0;

    if (!good)
        complain("%s: %s", folder, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return good ? OUTCOME_DONE : OUTCOME_LOCAL;
}

static enum outcome prepare(struct enrolling *enrolling)
{
    struct node_table *table = &enrolling->table;
    enum outcome outcome = OUTCOME_DONE;

    enrolling->list = calloc(table->count + 1, sizeof *enrolling->list);
    if (enrolling->list == NULL)
        abort();
    for (size_t i = 0;
         outcome == OUTCOME_DONE && i < table->count && !interrupted(); i++) {
        if (table->rows[i].bad_field == NULL)
            outcome = prepare_row(enrolling, table->rows + i);
    }
    return outcome == OUTCOME_DONE ? sync_folder(enrolling->flags->out)
                                   : outcome;
}

/* ---- sending ---- */

static int next(void *arg, uint8_t **request, size_t *size)
{
    struct enrolling *enrolling = arg;
    struct prepared *prepared;

    if (enrolling->sent == enrolling->count || interrupted())
        return 0; /* those under way are waited for */
    prepared = enrolling->list + enrolling->sent++;
    *request = prepared->request;
    *size = prepared->size;
    prepared->request = NULL;
    return 1;
}

static void undo(struct enrolling *enrolling, const struct prepared *prepared)
{
    char path[PATH_MAX];

    name_bundle(enrolling, prepared->row, path);
    enrolling->undone += bundle_undo(path, &prepared->made);
}

/* Nobody can use the bundle of a principal that is not enrolled. */
static void note_refusal(struct enrolling *enrolling,
                         const struct prepared *prepared,
                         const Tocsin__V1__Reply *reply)
{
    enrolling->refused++;
    node_row_bad(&enrolling->table, prepared->row, "broker", "%s%s%.100s",
                 reply->field, reply->field[0] == '\0' ? "" : ": ",
                 reply->reason);
    undo(enrolling, prepared);
}

static void done(void *arg, size_t number, const Tocsin__V1__Reply *reply)
{
    struct enrolling *enrolling = arg;

    progress_step(&enrolling->progress);
    enrolling->list[number].answered = true;
    switch (reply->status) {
    case TOCSIN__V1__STATUS__STATUS_RECORDED:
        enrolling->enrolled++;
        break;
    case TOCSIN__V1__STATUS__STATUS_DUPLICATE:
        enrolling->already++;
        break;
    default:
        note_refusal(enrolling, enrolling->list + number, reply);
    }
}

static enum outcome send_all(struct enrolling *enrolling)
{
    struct tocsin_pipeline pipeline = {next, done, enrolling};
    struct tocsin_diag why = {0};
    enum tocsin_status status;

    progress_begin(&enrolling->progress, "enrolled", enrolling->count);
    status = tocsin_client_pipeline(enrolling->session->client, &pipeline,
                                    enrolling->session->timeout_ms, &why);
    progress_end(&enrolling->progress);
    if (status == TOCSIN_OK && enrolling->sent == enrolling->count)
        return OUTCOME_DONE;
    if (status != TOCSIN_OK)
        (void)outcome_say(status, &why, NULL);
    if (interrupted())
        complain("interrupted: %zu of %zu were not sent",
                 enrolling->count - enrolling->sent, enrolling->count);
    complain("run it again to go on where it stopped");
    return status == TOCSIN_OK ? OUTCOME_LOCAL : outcome_of(status);
}

/* ---- what is not known, or was not asked ---- */

/* A new bundle that was never sent is nobody's. One without a former is left:
 * its key is taken when the table is read again. */
static void look_back(struct enrolling *enrolling)
{
    char path[PATH_MAX];

    for (size_t i = 0; i < enrolling->count; i++) {
        const struct prepared *prepared = enrolling->list + i;

        if (prepared->made.former == NULL || prepared->answered)
            continue;
        name_bundle(enrolling, prepared->row, path);
        if (prepared->request != NULL)
            undo(enrolling, prepared);
        else
            bundle_in_doubt(path, &prepared->made);
    }
    if (enrolling->undone > 0)
        complain("%zu were not given a new key: the old ones are still good, "
                 "and in their places again",
                 enrolling->undone);
}

/* ---- the whole ---- */

static void sum_up(const struct enrolling *enrolling)
{
    size_t bad = enrolling->table.bad - enrolling->refused;

    if (enrolling->session->json)
        printf("{\"rows\":%zu,\"enrolled\":%zu,\"already\":%zu,\"refused\":%zu,"
               "\"bad\":%zu}\n",
               enrolling->table.count, enrolling->enrolled, enrolling->already,
               enrolling->refused, bad);
    else
        say("%zu rows: %zu enrolled, %zu enrolled before, %zu refused by the "
            "broker, %zu bad",
            enrolling->table.count, enrolling->enrolled, enrolling->already,
            enrolling->refused, bad);
}

static enum outcome nothing_enrolled(const struct enrolling *enrolling)
{
    tell_bad(enrolling);
    complain("%zu of %zu rows are bad; nothing was enrolled (--skip-bad enrols "
             "the others)",
             enrolling->table.bad, enrolling->table.count);
    return OUTCOME_USAGE;
}

static enum outcome run(struct enrolling *enrolling)
{
    bool skip = enrolling->flags->skip_bad;
    enum outcome outcome =
        node_table_load(&enrolling->table, enrolling->flags->csv);

    if (outcome != OUTCOME_DONE)
        return outcome;
    if (enrolling->table.bad > 0 && !skip)
        return nothing_enrolled(enrolling);
    outcome = session_open(enrolling->session);
    interrupt_watch(); /* each row is told of: is it done, may it be */
    if (outcome == OUTCOME_DONE)
        outcome = prepare(enrolling);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (enrolling->table.bad > 0 && !skip)
        return nothing_enrolled(enrolling);
    outcome = send_all(enrolling);
    tell_bad(enrolling);
    sum_up(enrolling);
    return outcome == OUTCOME_DONE && enrolling->refused > 0 ? OUTCOME_REFUSED
                                                             : outcome;
}

enum outcome enrol_list(struct session *session,
                        const struct enrol_list_flags *flags)
{
    struct enrolling enrolling = {.session = session, .flags = flags};
    enum outcome outcome = run(&enrolling);

    look_back(&enrolling);
    for (size_t i = 0; i < enrolling.count; i++) {
        free(enrolling.list[i].request);
        free(enrolling.list[i].made.former);
    }
    free(enrolling.list);
    node_table_done(&enrolling.table);
    return outcome;
}
