/* Sentences. */
#include "stage_inside.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <sodium.h>

#include "base/clock.h"
#include "terminal/says.h"

#define STEP_MS 100

static bool has(const char *sentence, const char *words)
{
    return strstr(sentence, words) != NULL;
}

/* ---- time ---- */

static int64_t unit_ms(const char *unit)
{
    if (strncmp(unit, "ms", 2) == 0)
        return 1;
    if (unit[0] == 's')
        return 1000;
    return unit[0] == 'h' ? 3600000 : 24 * 3600000;
}

/* In small steps at first, as a daemon would; what takes days is one leap and
 * some steps. */
static void pass(struct stage *stage, int64_t ms)
{
    if (ms > 600000) {
        stage->now.monotonic_ms += ms - 10000;
        stage->now.wall_ms += ms - 10000;
        stage->true_ms += ms - 10000;
        ms = 10000;
    }
    while (ms > 0) {
        int64_t step = ms < STEP_MS ? ms : STEP_MS;

        stage->now.monotonic_ms += step;
        stage->now.wall_ms += step;
        stage->true_ms += step;
        ms -= step;
        terminal_tick(stage->terminal, stage->now);
        stage_settle(stage);
    }
}

static void tell_time(struct stage *stage, const char *sentence)
{
    char *unit;
    long count = strtol(sentence, &unit, 10);

    pass(stage, count * unit_ms(unit + strspn(unit, " ")));
}

/* ---- alerts ---- */

static void tell_issue(struct stage *stage, int number, const char *sentence)
{
    struct entry *entry = &stage->entries[number];
    struct issue issue = {
        .number = number,
        .revision = entry->revision + 1,
        .elsewhere = has(sentence, "elsewhere"),
        .exercise = entry->exercise || has(sentence, "exercise"),
        .pictured = has(sentence, "with a picture") ||
                    (entry->pictured && !has(sentence, "without a picture")),
        .ringed = has(sentence, "ringed"),
        .withdrawal = has(sentence, "withdrawn"),
        .prefix = has(sentence, "to the country") ? "" : "4403"};
    const char *revision = strstr(sentence, "as revision ");

    entry->silent = has(sentence, "by an old broker");
    entry->come = has(sentence, "come to us");
    if (revision != NULL)
        issue.revision = (uint32_t)atoi(revision + strlen("as revision "));
    issue_publish(stage, &issue);
}

static void tell_alert(struct stage *stage, const char *sentence)
{
    int number = atoi(sentence + 1);
    struct entry *entry = &stage->entries[number];
    struct blob newest = {entry->document, entry->size};

    if (has(sentence, "comes again as first issued"))
        issue_send(stage, entry,
                   (struct blob){entry->first, entry->first_size});
    else if (has(sentence, "comes again"))
        issue_send(stage, entry, newest);
    else if (has(sentence, "'s ring comes"))
        issue_ring(stage, entry);
    else if (has(sentence, "'s ring has come to us"))
        entry->come = true;
    else if (has(sentence, "is pushed"))
        desk_push(stage, entry);
    else if (has(sentence, "is expired"))
        issue_expire(stage, entry);
    else if (has(sentence, "is forgotten"))
        entry->known = false;
    else if (has(sentence, "is known as first issued"))
        issue_forget(stage, entry);
    else if (has(sentence, "is forged"))
        issue_twisted(stage, number, "forged");
    else if (has(sentence, "is misused"))
        issue_twisted(stage, number, "misused");
    else if (has(sentence, "is crossed"))
        issue_twisted(stage, number, "crossed");
    else
        tell_issue(stage, number, sentence);
}

/* ---- the officer, in a process of his own ---- */

static void open_officer(struct stage *stage)
{
    struct store_owner owner = {NODE, stage->node.division,
                                stage->node.key.public_key,
                                stage->node.key.seed};

    if (stage->officer == NULL)
        ck_assert_int_eq(
            store_open(&stage->officer, stage->folder, &owner, NULL),
            STATUS_OK);
}

static void tell_look(struct stage *stage, const char *sentence)
{
    const char *alert_id = stage_alert_id(strchr(sentence, 'A'));
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__NoteLook note = TOCSIN__V1__NOTE_LOOK__INIT;
    struct new_look look = {.at_ms = stage->now.wall_ms};
    uint8_t id[16];
    uint8_t *packed;
    uint8_t *picture;
    size_t size;

    open_officer(stage);
    randombytes_buf(id, sizeof id);
    note.alert_id = (char *)(uintptr_t)alert_id;
    note.at_ms = look.at_ms;
    request.request_id = (ProtobufCBinaryData){sizeof id, id};
    request.body_case = TOCSIN__V1__REQUEST__BODY_NOTE_LOOK;
    request.note_look = &note;
    look.request_id = id;
    look.request.data = packed = encode(&request.base, &look.request.size);
    ck_assert_int_eq(
        store_picture(stage->officer, alert_id, &look, &picture, &size, NULL),
        STATUS_OK);
    free(picture);
    free(packed);
    stage_settle(stage);
}

static void tell_officer(struct stage *stage, const char *sentence)
{
    Tocsin__V1__Answer answer = TOCSIN__V1__ANSWER__INIT;
    struct new_answer given = {.personal = true};
    uint8_t hash[32];
    const struct new_photograph photograph = {
        .hash = hash, .bytes = {stage->picture, PHOTOGRAPH_BYTES}};
    uint8_t ids[32];
    uint8_t *request;

    open_officer(stage);
    hash_bytes(hash, stage->picture, PHOTOGRAPH_BYTES);
    randombytes_buf(ids, sizeof ids);
    answer.answer_id = (ProtobufCBinaryData){16, ids};
    answer.node = stage->node.id;
    answer.alert_id = (char *)(uintptr_t)stage_alert_id(strchr(sentence, 'A'));
    answer.revision = 1;
    answer.officer = (char *)(uintptr_t) "0815";
    answer.rung = has(sentence, "intercepted")
                      ? TOCSIN__V1__RUNG__RUNG_INTERCEPTED
                  : has(sentence, "as read") ? TOCSIN__V1__RUNG__RUNG_READ
                                             : TOCSIN__V1__RUNG__RUNG_SIGHTING;
    request = answer_request(&answer, &stage->node.key, ids + 16,
                             &given.request.size);
    given.alert_id = answer.alert_id;
    given.revision = 1;
    given.rung = answer.rung;
    given.answer_id = ids;
    given.request_id = ids + 16;
    given.request.data = request;
    if (has(sentence, "with a photograph"))
        given.photograph = &photograph;
    ck_assert_int_eq(store_answer(stage->officer, &given, NULL), STATUS_OK);
    free(request);
    stage_settle(stage);
}

/* ---- the broker and its line ---- */

static Tocsin__V1__Status status_in(const char *sentence)
{
    static const struct {
        const char *word;
        Tocsin__V1__Status status;
    } words[] = {
        {"BUSY", TOCSIN__V1__STATUS__STATUS_BUSY},
        {"DENIED", TOCSIN__V1__STATUS__STATUS_DENIED},
        {"EARLIER", TOCSIN__V1__STATUS__STATUS_INVALID},
        {"NOT_FOUND", TOCSIN__V1__STATUS__STATUS_NOT_FOUND},
        {"UNAVAILABLE", TOCSIN__V1__STATUS__STATUS_UNAVAILABLE},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (has(sentence, words[i].word))
            return words[i].status;
    }
    return TOCSIN__V1__STATUS__STATUS_OK;
}

static void tell_line(struct stage *stage, const char *sentence)
{
    if (has(sentence, "stands"))
        terminal_connected(stage->terminal, stage->now);
    else
        terminal_lost(stage->terminal, has(sentence, "refused"), stage->now);
    stage_settle(stage);
}

static void restart(struct stage *stage)
{
    stage_close_terminal(stage);
    stage_open_terminal(stage);
    stage_settle(stage);
}

/* And then up to another head, with facts that concern nobody here. */
static void turn_back(struct stage *stage, const char *sentence)
{
    uint64_t head = strtoul(strstr(sentence, "to ") + 3, NULL, 10);
    const char *on = strstr(sentence, "goes on to ");

    stage->head = on != NULL ? strtoul(on + 11, NULL, 10) : head;
    stage->line++;
    stage->line_from = head;
    for (int i = 0; i < HELD_TOPICS; i++) {
        if (stage->last[i] > head)
            stage->last[i] = head;
    }
}

/* Long stories forget what was said before. */
static void quieten(struct stage *stage)
{
    for (size_t i = 0; i < stage->asked_count; i++)
        free(stage->asked[i].bytes);
    stage->asked_count = 0;
    stage->seen_count = 0;
}

static bool tell_broker(struct stage *stage, const char *sentence)
{
    if (has(sentence, "a beacon") || has(sentence, "a false beacon"))
        desk_beacon(stage, has(sentence, "false"));
    else if (has(sentence, "the desk denies"))
        desk_deny(stage);
    else if (has(sentence, "the desk answers")) {
        stage->retry_ms = has(sentence, "in 3 s") ? 3000 : 0;
        stage->refused_field = has(sentence, "role")        ? "role"
                               : has(sentence, "principal") ? "principal"
                                                            : NULL;
        desk_answer(stage, status_in(sentence), has(sentence, "once"));
    } else if (has(sentence, "the desk is quiet"))
        quieten(stage);
    else if (has(sentence, "the feed"))
        stage->deaf = has(sentence, "deaf");
    else if (has(sentence, "the keys change"))
        stage->generation++;
    else if (has(sentence, "the node is enrolled anew")) {
        stage->generation += 2;
        stage->head += 2;
        stage->enrolled = stage->head;
    } else if (has(sentence, "the old keys"))
        stage->generation--;
    else if (has(sentence, "the pages begin anew") ||
             has(sentence, "the pages are on their way")) {
        stage->begins_anew = has(sentence, "anew");
        stage->anew = !stage->begins_anew;
        stage->anew_head = stage->head;
    } else if (has(sentence, "a new journal")) {
        memset(stage->epoch, stage->epoch[0] + 1, sizeof stage->epoch);
        stage->sighted = false;
        stage->photographed = 0;
    } else if (has(sentence, "the broker says "))
        stage->broker_wrong_ms =
            (has(sentence, "2038") ? 2148000000000 : 1) - stage->true_ms;
    else if (has(sentence, "the broker's clock jumps "))
        stage->broker_wrong_ms += atoll(strstr(sentence, "jumps ") + 6) * 1000;
    else if (has(sentence, "turns back to "))
        turn_back(stage, sentence);
    else if (has(sentence, "the broker knows no marks"))
        stage->unmarked = true;
    else if (has(sentence, "the broker knows marks"))
        stage->unmarked = false;
    else if (has(sentence, "a thumbnail of A"))
        issue_thumbnail(stage, atoi(strstr(sentence, " A") + 2),
                        has(sentence, "another"));
    else if (has(sentence, "the photograph is forgotten"))
        stage->photographed = 0;
    else if (has(sentence, " is sealed"))
        desk_purge(stage, atoi(sentence + 1));
    else if (has(sentence, "somebody reads the store"))
        stage->reads = stage->has_read = true;
    else if (has(sentence, "nobody reads the store"))
        stage->reads = false;
    else if (has(sentence, "is damaged"))
        stage->picture[PICTURE_BYTES - 1] ^= 1;
    else
        return false;
    return true;
}

void stage_tell(struct stage *stage, const char *sentence)
{
    if (has(sentence, "the line"))
        tell_line(stage, sentence);
    else if (has(sentence, "an officer looks"))
        tell_look(stage, sentence);
    else if (has(sentence, "an officer"))
        tell_officer(stage, sentence);
    else if (has(sentence, "the clock jumps "))
        stage->now.wall_ms += atoll(strstr(sentence, "jumps ") + 6) * 1000;
    else if (has(sentence, "all others' clocks jump "))
        stage->true_ms += atoll(strstr(sentence, "jump ") + 5) * 1000;
    else if (has(sentence, "the clock says "))
        ck_assert(
            clock_parse(strstr(sentence, "says ") + 5, &stage->now.wall_ms));
    else if (has(sentence, "the terminal gets another key")) {
        keypair_make(&stage->node.key);
        store_close(stage->officer); /* it would seal with the old one */
        stage->officer = NULL;
        restart(stage);
    } else if (has(sentence, "the terminal restarts"))
        restart(stage);
    else if (sentence[0] >= '0' && sentence[0] <= '9')
        tell_time(stage, sentence);
    else if (tell_broker(stage, sentence))
        return;
    else if (sentence[0] == 'A')
        tell_alert(stage, sentence);
    else
        ck_abort_msg("the stage does not know: %s", sentence);
}
