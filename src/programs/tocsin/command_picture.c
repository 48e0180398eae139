/* tocsin picture: the one that an alert shows, or that came with a sighting. */
#include <stdio.h>
#include <stdlib.h>

#include "common/files.h"
#include "common/numbers.h"
#include "common/say.h"
#include "tocsin/commands.h"
#include "tocsin/filing.h"
#include "tocsin/sighting.h"

enum outcome sighting_find(struct session *session, const char *alert,
                           uint64_t number, Tocsin__V1__SightingList **list)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListSightings ask = TOCSIN__V1__LIST_SIGHTINGS__INIT;
    const Tocsin__V1__Reply *reply;
    ProtobufCMessage *kept = NULL;
    enum outcome outcome;

    ask.alert = (char *)(uintptr_t)alert;
    ask.before = number + 1;
    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_SIGHTINGS;
    request.list_sightings = &ask;
    outcome = session_ask(session, &request, &reply);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_SIGHTING_LIST &&
        reply->sighting_list->n_sightings > 0 &&
        reply->sighting_list->sightings[0]->sequence == number) {
        page_append(&kept, &reply->sighting_list->base);
        *list = (Tocsin__V1__SightingList *)kept;
        return OUTCOME_DONE;
    }
    complain("no sighting of this case has the number %llu",
             (unsigned long long)number);
    return OUTCOME_REFUSED;
}

/* Its bytes are those of the hash that was signed, or it is not written. */
static enum outcome save(struct session *session, const char *alert_id,
                         const Tocsin__V1__Picture *picture, const char *path)
{
    struct tocsin_diag why = {0};
    enum tocsin_status status;
    enum outcome outcome;
    uint8_t *bytes;
    size_t size;

    if (picture->hash.len != 32) {
        complain("the picture has no hash that could be checked");
        return OUTCOME_REFUSED;
    }
    status = tocsin_picture_get(session->client, alert_id, picture->hash.data,
                                &bytes, &size, session->timeout_ms, &why);
    if (status != TOCSIN_OK)
        return outcome_say(status, &why, "picture");
    outcome = file_save(path, bytes, size) ? OUTCOME_DONE : OUTCOME_LOCAL;
    if (outcome == OUTCOME_DONE)
        say("%s  %s, %zu bytes", path, picture->media_type, size);
    free(bytes);
    return outcome;
}

static enum outcome of_sighting(struct session *session, const char *alert,
                                uint64_t number, const char *path)
{
    Tocsin__V1__SightingList *list = NULL;
    Tocsin__V1__Answer *answer = NULL;
    enum outcome outcome = sighting_find(session, alert, number, &list);

    if (outcome == OUTCOME_DONE && list->sightings[0]->answer != NULL)
        answer = tocsin_answer_open(list->sightings[0]->answer);
    if (outcome == OUTCOME_DONE &&
        (answer == NULL || answer->picture == NULL)) {
        complain("the sighting names no picture");
        outcome = OUTCOME_REFUSED;
    } else if (outcome == OUTCOME_DONE &&
               list->sightings[0]->pictured_ms == 0) {
        complain("the picture of the sighting has not come yet");
        outcome = OUTCOME_REFUSED;
    }
    if (outcome == OUTCOME_DONE)
        outcome = save(session, answer->alert_id, answer->picture, path);
    tocsin_answer_free(answer);
    if (list != NULL)
        tocsin__v1__sighting_list__free_unpacked(list, NULL);
    return outcome;
}

static enum outcome of_alert(struct session *session, const char *text,
                             const char *path)
{
    struct newest newest = {0};
    const Tocsin__V1__Alert *alert;
    enum outcome outcome = newest_open(&newest, session, text);

    if (outcome == OUTCOME_DONE) {
        alert = newest_alert(&newest);
        if (alert != NULL && alert->picture != NULL) {
            outcome = save(session, alert->alert_id, alert->picture, path);
        } else {
            complain("the alert has no picture");
            outcome = OUTCOME_REFUSED;
        }
    }
    newest_close(&newest);
    return outcome;
}

static enum outcome picture(struct session *session, const char *alert,
                            const char *sighting, const char *path)
{
    int64_t number = 0;
    enum outcome outcome;

    if (path == NULL) {
        complain("where to? give --save FILE");
        return OUTCOME_USAGE;
    }
    if (sighting != NULL && !number_whole(sighting, 1, INT64_MAX, &number)) {
        complain("--sighting: must be a sighting's number; see tocsin "
                 "sightings");
        return OUTCOME_USAGE;
    }
    outcome = session_open(session);
    if (outcome != OUTCOME_DONE)
        return outcome;
    return sighting != NULL
               ? of_sighting(session, alert, (uint64_t)number, path)
               : of_alert(session, alert, path);
}

enum outcome command_picture(struct session *session, int argc, char **argv)
{
    const char *sighting = NULL;
    const char *path = NULL;
    const struct option_row rows[] = {
        {.name = "sighting",
         .value = "N",
         .text = &sighting,
         .help = "the one that came with this sighting; else the alert's"},
        {.name = "save",
         .value = "FILE",
         .text = &path,
         .help = "write it there, once its hash is right"}};
    struct command_line line = {
        .usage = "tocsin picture CASE [--sighting N] --save FILE",
        .about = "A picture as it was signed. That of a sighting may tell in "
                 "its metadata where it was taken.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? picture(session, line.words[0], sighting, path) : outcome;
}
