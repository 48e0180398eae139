/* Alerts and found children that are long over leave the book, one at a time.
 * What is left of them is marks in the journal, by which a late command, answer
 * or registration is still known. */
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

static struct mark mark_kept(const uint8_t identity[IDENTITY_SIZE],
                             const struct kept *kept)
{
    struct mark mark = make_mark('s', identity, IDENTITY_SIZE);

    memcpy(mark.value, kept, sizeof *kept);
    mark.value_size = sizeof *kept;
    return mark;
}

static struct mark mark_seen(const struct seen *seen)
{
    struct kept kept = {seen->sequence, {0}, seen->revision, seen->nodes};

    memcpy(kept.digest, seen->digest, sizeof kept.digest);
    return mark_kept(seen->identity, &kept);
}

static struct mark mark_registration(const struct found_child *found,
                                     size_t revision)
{
    const struct found_revision *said = &found->revisions[revision - 1];
    struct kept kept = {said->sequence, {0}, 0, 0};
    uint8_t identity[IDENTITY_SIZE];

    memcpy(kept.digest, said->digest, sizeof kept.digest);
    identity_of_found(identity, found->id, (uint32_t)revision);
    return mark_kept(identity, &kept);
}

static size_t count_seen(const struct seen *seen)
{
    size_t count = 0;

    for (; seen != NULL; seen = seen->next)
        count++;
    return count;
}

static void mark_all(struct mark *marks, size_t *count, const struct seen *seen)
{
    for (; seen != NULL; seen = seen->next)
        marks[(*count)++] = mark_seen(seen);
}

struct mark *broker_filing_marks(const struct alert *alert, size_t *count)
{
    struct mark *marks;

    marks = must_calloc(3 + count_seen(alert->seen), sizeof *marks);
    marks[0] = mark_text('a', alert->id, alert->case_number);
    marks[1] = mark_text('c', alert->case_number, alert->id);
    marks[2] = make_mark('k', alert->key_id, KEY_ID_SIZE);
    *count = 3;
    mark_all(marks, count, alert->seen);
    return marks;
}

struct mark *broker_found_marks(const struct found_child *found, size_t *count)
{
    struct mark *marks;

    marks = must_calloc(2 + found->revision_count + count_seen(found->seen),
                        sizeof *marks);
    marks[0] = mark_text('f', found->id, found->division);
    marks[1] = make_mark('k', found->key_id, KEY_ID_SIZE);
    *count = 2;
    for (size_t i = 1; i <= found->revision_count; i++)
        marks[(*count)++] = mark_registration(found, i);
    mark_all(marks, count, found->seen);
    return marks;
}

size_t broker_mark_of_key(uint8_t name[MARK_NAME_MAX],
                          const uint8_t key_id[KEY_ID_SIZE])
{
    struct mark mark = make_mark('k', key_id, KEY_ID_SIZE);

    memcpy(name, mark.name, mark.name_size);
    return mark.name_size;
}

static enum status recall(const struct broker *broker, const struct mark *mark,
                          struct found *found)
{
    if (broker->ports.recall == NULL)
        return STATUS_MISSING;
    return broker->ports.recall(broker->ports.arg, mark->name, mark->name_size,
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

static void file_found(struct broker *broker, struct found_child *found,
                       int64_t now_ms)
{
    char locks[LOCKS_PER_COMMAND][72] = {{0}};

    if (!command_lock_found(broker, found, locks))
        return;
    arena_reset(&broker->arena);
    broker->filing_found = found;
    (void)broker_append(broker,
                        decide_found_filing(found, now_ms, &broker->arena),
                        NULL, locks);
}

/* true: one goes. Its place is the next one's. */
static bool looks_at_alerts(struct broker *broker, int64_t now_ms)
{
    const struct book *book = broker->book;
    size_t lines = 0;

    if (broker->filing_sweep >= book->alert_count)
        broker->filing_sweep = 0;
    for (size_t left = LOOKED_AT_PER_TICK;
         left > 0 && lines < LINES_PER_TURN &&
         broker->filing_sweep < book->alert_count;
         left--) {
        struct alert *alert = book->alerts[broker->filing_sweep];

        if (case_is_sealed(&alert->file))
            lines += alert->cover_count; /* who has yet to purge it? */
        if (alert_is_past(broker->book, alert, broker->config.keep_ended_ms,
                          now_ms)) {
            file_away(broker, alert, now_ms);
            return true;
        }
        broker->filing_sweep++;
    }
    return false;
}

static void look_at_found(struct broker *broker, int64_t now_ms)
{
    const struct book *book = broker->book;

    if (broker->found_sweep >= book->found_count)
        broker->found_sweep = 0;
    for (size_t left = LOOKED_AT_PER_TICK;
         left > 0 && broker->found_sweep < book->found_count; left--) {
        struct found_child *found = book->found[broker->found_sweep];

        if (found_is_past(book, found, broker->config.keep_ended_ms, now_ms)) {
            file_found(broker, found, now_ms);
            return;
        }
        broker->found_sweep++;
    }
}

/* Nothing may be under way that is about it when it goes, nor may its key have
 * yet to be destroyed. There is no hurry: look only in a quiet moment, at one
 * after the other. */
void filing_tick(struct broker *broker, int64_t now_ms)
{
    if (broker->pending_count > 0 || broker->keys_to_end ||
        looks_at_alerts(broker, now_ms))
        return;
    look_at_found(broker, now_ms);
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

void filing_release_found(struct broker *broker, const char *found_id)
{
    const struct found_child *found = book_found(broker->book, found_id);

    REQUIRE(found != NULL);
    broker->filing_found = NULL;
    follow_forget_found(broker, found);
    vault_forget(broker->vault, found->key_id);
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
                        const char *field, const char *reason, int64_t now_ms)
{
    struct complaint complaint;

    complain(&complaint, field, "%s", reason);
    reply_refused(broker, caller, TOCSIN__V1__STATUS__STATUS_CONFLICT,
                  &complaint, now_ms);
}

/* What was recorded under this identity, if anything. */
static enum status recall_kept(const struct broker *broker,
                               const uint8_t identity[IDENTITY_SIZE],
                               struct kept *kept)
{
    struct mark mark = make_mark('s', identity, IDENTITY_SIZE);
    struct found found;
    enum status status = recall(broker, &mark, &found);

    if (status == STATUS_OK && found.value_size != sizeof *kept)
        return STATUS_MISSING;
    if (status == STATUS_OK)
        memcpy(kept, found.value, sizeof *kept);
    return status;
}

bool filing_answers(struct broker *broker, const struct caller *caller,
                    const char *alert_id, const uint8_t identity[IDENTITY_SIZE],
                    const uint8_t digest[8], bool urgent, int64_t now_ms)
{
    struct mark name = make_mark('a', alert_id, strlen(alert_id));
    struct found alert;
    struct kept kept;
    enum status filed = recall(broker, &name, &alert);
    enum status said =
        filed == STATUS_OK ? recall_kept(broker, identity, &kept) : filed;

    if (filed == STATUS_MISSING || (filed != STATUS_OK && urgent))
        return false;
    if (said != STATUS_OK && said != STATUS_MISSING)
        reply_unread(broker, caller, now_ms);
    else if (said == STATUS_MISSING)
        refuse_late(broker, caller, "alert.alert_id",
                    "is of a case that is over and filed away", now_ms);
    else if (memcmp(kept.digest, digest, sizeof kept.digest) != 0)
        refuse_late(broker, caller, "alert.alert_id",
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
                          digest, false, order->now_ms);
}

/* A registration is known by what it says, whichever request brings it. One
 * that does not open keeps the request's identity, and is refused. */
static void identify_registration(struct broker *broker,
                                  const struct order *order,
                                  uint8_t identity[IDENTITY_SIZE],
                                  uint8_t digest[8])
{
    const Tocsin__V1__SignedFound *sealed =
        order->request->register_found->found;
    const Tocsin__V1__FoundChild *content =
        decode(&broker->arena, &tocsin__v1__found_child__descriptor,
               sealed->content.data, sealed->content.len, NULL);
    uint8_t hash[32];

    if (content == NULL)
        return;
    identity_of_found(identity, content->found_id, content->revision);
    hash_bytes(hash, sealed->content.data, sealed->content.len);
    memcpy(digest, hash, 8);
}

bool filing_answers_found(struct broker *broker, const struct caller *caller,
                          const char *found_id,
                          const uint8_t identity[IDENTITY_SIZE],
                          const struct order *order)
{
    const struct principal *who = book_number(broker->book, caller->principal);
    bool registers =
        order->request->body_case == TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND;
    const char *field = registers ? "found.found_id" : "order.found_id";
    struct mark name = make_mark('f', found_id, strlen(found_id));
    struct found found;
    struct kept kept;
    uint8_t own[IDENTITY_SIZE];
    uint8_t digest[8];
    enum status filed = recall(broker, &name, &found);
    enum status said;

    if (filed == STATUS_MISSING)
        return false;
    memcpy(own, identity, sizeof own);
    memcpy(digest, order->request_digest, sizeof digest);
    if (registers)
        identify_registration(broker, order, own, digest);
    said = filed == STATUS_OK ? recall_kept(broker, own, &kept) : filed;
    if (said != STATUS_OK && said != STATUS_MISSING) {
        reply_unread(broker, caller, order->now_ms);
    } else if (said == STATUS_MISSING) {
        if (!registers && !filing_knows_found(broker, who, found_id))
            return false; /* as one that never was */
        refuse_late(broker, caller, field, "is over and filed away",
                    order->now_ms);
    } else if (memcmp(kept.digest, digest, sizeof digest) != 0) {
        refuse_late(broker, caller, field,
                    "the same id was used for something else", order->now_ms);
    } else {
        reply_recorded(broker, caller, found_id, &found, &kept, order->now_ms);
    }
    return true;
}

bool filing_knows_found(const struct broker *broker,
                        const struct principal *who, const char *text)
{
    char division[DIVISION_SIZE + 1] = {0};
    struct found found;
    struct mark mark;

    if (!ulid_valid(text))
        return false;
    mark = make_mark('f', text, strlen(text));
    if (recall(broker, &mark, &found) != STATUS_OK ||
        found.value_size != DIVISION_SIZE)
        return false;
    memcpy(division, found.value, DIVISION_SIZE);
    return division_contains(who->division, division);
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
    if (recall(broker, &mark, &found) == STATUS_OK) {
        if (found.value_size >= DIVISION_SIZE)
            memcpy(division, found.value, DIVISION_SIZE);
    } else {
        mark = make_mark('c', text, size);
        if (size < DIVISION_SIZE || recall(broker, &mark, &found) != STATUS_OK)
            return false;
        memcpy(division, text, DIVISION_SIZE);
    }
    return division_contains(who->division, division);
}
