/* Alerts that are long over leave the book, one at a time. What is left of them
 * is marks in the journal, by which a late command or answer is still known. */
#include "broker/core_private.h"

#include <stdlib.h>
#include <string.h>

#include "wire/document.h"

#define LOOKED_AT_PER_TICK 200

/* ---- marks --------------------------------------------------------------- */

static struct mark make_mark(char kind, const void *name, size_t size)
{
    struct mark mark = {{(uint8_t)kind}, size + 1, {0}, 0};

    REQUIRE(size < MARK_NAME_MAX);
    memcpy(mark.name + 1, name, size);
    return mark;
}

static struct mark mark_text(char kind, const char *name, const char *value)
{
    struct mark mark = make_mark(kind, name, strlen(name));

    mark.value_size = strlen(value);
    memcpy(mark.value, value, mark.value_size);
    return mark;
}

/* What a Duplicate has to say; the sequence is the seen one's own. */
struct kept {
    uint64_t sequence;
    uint8_t digest[8];
    uint32_t revision;
    uint32_t nodes;
};

static struct mark mark_seen(const struct seen *seen)
{
    struct mark mark = make_mark('s', seen->identity, IDENTITY_SIZE);
    struct kept kept = {seen->sequence, {0}, seen->revision, seen->nodes};

    memcpy(kept.digest, seen->digest, sizeof kept.digest);
    memcpy(mark.value, &kept, sizeof kept);
    mark.value_size = sizeof kept;
    return mark;
}

struct mark *broker_filing_marks(const struct alert *alert, size_t *count)
{
    struct mark *marks;
    size_t room = 3;

    for (const struct seen *seen = alert->seen; seen != NULL; seen = seen->next)
        room++;
    marks = must_calloc(room, sizeof *marks);
    marks[0] = mark_text('a', alert->id, alert->case_number);
    marks[1] = mark_text('c', alert->case_number, alert->id);
    marks[2] = make_mark('k', alert->key_id, KEY_ID_SIZE);
    *count = 3;
    for (const struct seen *seen = alert->seen; seen != NULL; seen = seen->next)
        marks[(*count)++] = mark_seen(seen);
    return marks;
}

size_t broker_mark_of_key(uint8_t name[MARK_NAME_MAX],
                          const uint8_t key_id[KEY_ID_SIZE])
{
    struct mark mark = make_mark('k', key_id, KEY_ID_SIZE);

    memcpy(name, mark.name, mark.name_size);
    return mark.name_size;
}

static bool recall(const struct broker *broker, const struct mark *mark,
                   struct found *found)
{
    return broker->ports.recall != NULL &&
           broker->ports.recall(broker->ports.arg, mark->name, mark->name_size,
                                found);
}

/* ---- filing -------------------------------------------------------------- */

static void file_away(struct broker *broker, struct alert *alert,
                      int64_t now_ms)
{
    char locks[LOCKS_PER_COMMAND][72] = {{0}};

    if (!command_lock_alert(broker, alert, locks))
        return;
    arena_reset(&broker->arena);
    broker->filing = alert;
    (void)broker_append(broker, decide_filing(alert, now_ms, &broker->arena),
                        NULL, locks);
}

/* Nothing may be under way that is about the alert when it goes. There is no
 * hurry: look only in a quiet moment, at one alert after the other. */
void filing_tick(struct broker *broker, int64_t now_ms)
{
    const struct book *book = broker->book;

    if (broker->pending_count > 0)
        return;
    if (broker->filing_sweep >= book->alert_count)
        broker->filing_sweep = 0;
    for (size_t left = LOOKED_AT_PER_TICK;
         left > 0 && broker->filing_sweep < book->alert_count; left--) {
        struct alert *alert = book->alerts[broker->filing_sweep];

        if (alert_is_past(broker->book, alert, broker->config.keep_ended_ms,
                          now_ms)) {
            file_away(broker, alert, now_ms);
            return; /* its place is the next one's */
        }
        broker->filing_sweep++;
    }
}

bool filing_is_under_way(const struct broker *broker, const char *alert_id)
{
    return broker->filing != NULL && strcmp(broker->filing->id, alert_id) == 0;
}

void filing_release(struct broker *broker, const char *alert_id, int64_t now_ms)
{
    const struct alert *alert = book_alert(broker->book, alert_id);

    REQUIRE(alert != NULL);
    broker->filing = NULL;
    direct_forget(broker, alert);
    rings_forget(broker, alert);
    follow_forget(broker, alert, now_ms);
    vault_forget(broker->vault, alert->key_id);
}

/* ---- what comes late ----------------------------------------------------- */

static void reply_recorded(struct broker *broker, const struct caller *caller,
                           const char *alert_id, const struct found *alert,
                           const struct kept *kept, int64_t now_ms)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__Filed filed = TOCSIN__V1__FILED__INIT;
    char case_number[MARK_VALUE_MAX + 1] = {0};

    memcpy(case_number, alert->value, alert->value_size);
    reply.status = TOCSIN__V1__STATUS__STATUS_DUPLICATE;
    reply.sequence = kept->sequence;
    if (kept->revision > 0) {
        filed.alert_id = (char *)(uintptr_t)alert_id;
        filed.case_number = case_number;
        filed.revision = kept->revision;
        filed.nodes = kept->nodes;
        reply.body_case = TOCSIN__V1__REPLY__BODY_FILED;
        reply.filed = &filed;
    }
    reply_send(broker, caller, &reply, now_ms);
}

static void refuse_late(struct broker *broker, const struct caller *caller,
                        Tocsin__V1__Status status, const char *reason,
                        int64_t now_ms)
{
    struct complaint complaint;

    complain(&complaint, "alert.alert_id", "%s", reason);
    reply_refused(broker, caller, status, &complaint, now_ms);
}

bool filing_answers(struct broker *broker, const struct caller *caller,
                    const char *alert_id, const uint8_t identity[IDENTITY_SIZE],
                    const uint8_t digest[8], int64_t now_ms)
{
    struct mark name = make_mark('a', alert_id, strlen(alert_id));
    struct mark same = make_mark('s', identity, IDENTITY_SIZE);
    struct found alert;
    struct found seen;
    struct kept kept;

    if (!recall(broker, &name, &alert))
        return false;
    if (!recall(broker, &same, &seen) || seen.value_size != sizeof kept) {
        refuse_late(broker, caller, TOCSIN__V1__STATUS__STATUS_CONFLICT,
                    "is of a case that is over and filed away", now_ms);
        return true;
    }
    memcpy(&kept, seen.value, sizeof kept);
    if (memcmp(kept.digest, digest, sizeof kept.digest) != 0)
        refuse_late(broker, caller, TOCSIN__V1__STATUS__STATUS_CONFLICT,
                    "the same id was used for something else", now_ms);
    else
        reply_recorded(broker, caller, alert_id, &alert, &kept, now_ms);
    return true;
}

/* An answer, whose identity decide has found out. */
bool filing_answers_late(struct broker *broker, const struct caller *caller,
                         const struct verdict *verdict,
                         const struct order *order)
{
    const Tocsin__V1__SignedAnswer *sealed;
    const Tocsin__V1__Answer *answer;
    struct complaint complaint;
    uint8_t digest[32];

    if (order->request->body_case != TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE ||
        verdict->status != TOCSIN__V1__STATUS__STATUS_NOT_FOUND)
        return false;
    sealed = order->request->acknowledge->answer;
    if (answer_open(&answer, order->arena, sealed, &complaint) != STATUS_OK ||
        book_alert(broker->book, answer->alert_id) != NULL)
        return false;
    hash_bytes(digest, sealed->content.data, sealed->content.len);
    return filing_answers(broker, caller, answer->alert_id, verdict->identity,
                          digest, order->now_ms);
}

bool filing_knows(const struct broker *broker, const struct principal *who,
                  const char *text)
{
    size_t size = strlen(text);
    char division[DIVISION_SIZE + 1] = {0};
    struct found found = {0};
    struct mark mark;

    if (size == 0 || size >= MARK_NAME_MAX - 1)
        return false;
    mark = make_mark('a', text, size);
    if (recall(broker, &mark, &found)) {
        if (found.value_size >= DIVISION_SIZE)
            memcpy(division, found.value, DIVISION_SIZE);
    } else {
        mark = make_mark('c', text, size);
        if (size < DIVISION_SIZE || !recall(broker, &mark, &found))
            return false;
        memcpy(division, text, DIVISION_SIZE);
    }
    return division_contains(who->division, division);
}
