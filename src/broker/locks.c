/* Commands about the same case, principal or key wait in line. */
#include "broker/core_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/samples.h"
#include "wire/lab_word.h"

static const Tocsin__V1__SignedAlert *
alert_of(const Tocsin__V1__Request *request)
{
    switch (request->body_case) {
    case TOCSIN__V1__REQUEST__BODY_REPORT:
        return request->report->alert;
    case TOCSIN__V1__REQUEST__BODY_REVISE:
        return request->revise->alert;
    case TOCSIN__V1__REQUEST__BODY_WITHDRAW:
        return request->withdraw->alert;
    case TOCSIN__V1__REQUEST__BODY_HAND_BACK:
        return request->hand_back->alert;
    default:
        return NULL;
    }
}

/* ---- samples --------------------------------------------------------------
 */

/* The digest, not the number: of a child's kit nothing else is known. */
static void lock_digest(const uint8_t digest[KIT_DIGEST_SIZE], char name[72])
{
    memcpy(name, "kit:", 4);
    hex_encode(name + 4, digest, KIT_DIGEST_SIZE);
}

/* The kit, and the case on which it hangs. */
static void lock_kit(const struct broker *broker, const char *kit,
                     char locks[LOCKS_PER_COMMAND][72])
{
    const struct sample *sample;
    uint8_t digest[KIT_DIGEST_SIZE];

    if (!kit_valid(kit))
        return;
    kit_digest(digest, kit);
    lock_digest(digest, locks[1]);
    sample = book_sample_of(broker->book, digest);
    if (sample != NULL && sample->alert != NULL)
        snprintf(locks[0], sizeof locks[0], "a:%s", sample->alert->id);
}

/* What the kin's samples are in changes with their case alone. */
static void lock_match(const struct broker *broker,
                       const Tocsin__V1__LabMatch *match,
                       char locks[LOCKS_PER_COMMAND][72])
{
    if (match->n_kin_kits > 0)
        lock_kit(broker, match->kin_kits[0], locks);
    if (kit_valid(match->child_kit)) {
        uint8_t digest[KIT_DIGEST_SIZE];

        kit_digest(digest, match->child_kit);
        lock_digest(digest, locks[2]);
    }
}

static void lock_word(struct broker *broker,
                      const Tocsin__V1__SignedLabWord *sealed,
                      char locks[LOCKS_PER_COMMAND][72])
{
    const Tocsin__V1__LabWord *word =
        sealed != NULL && sealed->content.len <= LAB_WORD_MAX
            ? decode(&broker->arena, &tocsin__v1__lab_word__descriptor,
                     sealed->content.data, sealed->content.len, NULL)
            : NULL;

    if (word == NULL)
        return;
    if (word->word_case == TOCSIN__V1__LAB_WORD__WORD_RECEIVED)
        lock_kit(broker, word->received->kit, locks);
    else if (word->word_case == TOCSIN__V1__LAB_WORD__WORD_FAILED)
        lock_kit(broker, word->failed->kit, locks);
    else if (word->word_case == TOCSIN__V1__LAB_WORD__WORD_MATCH)
        lock_match(broker, word->match, locks);
}

/* Of an order about a case, beside the case. */
static void lock_sample(const struct broker *broker,
                        const Tocsin__V1__CaseOrder *order, char name[72])
{
    const struct alert *alert = book_alert(broker->book, order->alert_id);
    const struct match *match = NULL;
    uint8_t digest[KIT_DIGEST_SIZE];

    if (order->step_case == TOCSIN__V1__CASE_ORDER__STEP_NOTE_SAMPLE &&
        kit_valid(order->note_sample->kit)) {
        kit_digest(digest, order->note_sample->kit);
        lock_digest(digest, name);
    } else if (order->step_case == TOCSIN__V1__CASE_ORDER__STEP_DECIDE_MATCH &&
               alert != NULL) {
        match = alert_match(alert, order->decide_match->match);
    }
    if (match != NULL)
        lock_digest(match->child, name);
}

/* ---- cases and alerts ------------------------------------------------------
 */

static void lock_case(struct broker *broker,
                      const Tocsin__V1__SignedOrder *sealed,
                      char locks[LOCKS_PER_COMMAND][72])
{
    const Tocsin__V1__CaseOrder *order =
        sealed != NULL && sealed->content.len <= CASE_ORDER_MAX
            ? decode(&broker->arena, &tocsin__v1__case_order__descriptor,
                     sealed->content.data, sealed->content.len, NULL)
            : NULL;

    if (order == NULL || !ulid_valid(order->alert_id))
        return;
    snprintf(locks[0], sizeof locks[0], "a:%s", order->alert_id);
    lock_sample(broker, order, locks[1]);
}

/* The list of all, and the case, which may be on its way out of the book. */
static void lock_supervision(const Tocsin__V1__Request *request,
                             char locks[LOCKS_PER_COMMAND][72])
{
    bool puts = request->body_case == TOCSIN__V1__REQUEST__BODY_SUPERVISE;
    Tocsin__V1__Supervised kind =
        puts ? request->supervise->kind : request->lift_supervision->kind;
    const char *subject =
        puts ? request->supervise->subject : request->lift_supervision->subject;

    snprintf(locks[0], sizeof locks[0], SUPERVISION_LOCK);
    if (kind == TOCSIN__V1__SUPERVISED__SUPERVISED_CASE && ulid_valid(subject))
        snprintf(locks[1], sizeof locks[1], "a:%s", subject);
}

/* The alert that a command is about, before it is verified: only a queue hangs
 * on it. */
static void lock_alert(struct broker *broker,
                       const Tocsin__V1__Request *request, char name[72])
{
    const Tocsin__V1__SignedAlert *sealed = alert_of(request);
    const Tocsin__V1__AlertDocument *document;
    const char *id;

    if (sealed == NULL || sealed->content.len > ALERT_CONTENT_MAX)
        return;
    document = decode(&broker->arena, &tocsin__v1__alert_document__descriptor,
                      sealed->content.data, sealed->content.len, NULL);
    if (document == NULL ||
        document->kind_case == TOCSIN__V1__ALERT_DOCUMENT__KIND__NOT_SET)
        return;
    id = document->kind_case == TOCSIN__V1__ALERT_DOCUMENT__KIND_ALERT
             ? document->alert->alert_id
             : document->withdrawal->alert_id;
    if (ulid_valid(id))
        snprintf(name, 72, "a:%s", id);
}

/* Before it is verified, like an alert's. */
static void lock_claim(struct broker *broker,
                       const Tocsin__V1__SignedClaim *sealed,
                       char locks[LOCKS_PER_COMMAND][72])
{
    const Tocsin__V1__DeviceClaim *claim;

    if (sealed == NULL || sealed->content.len > CLAIM_CONTENT_MAX)
        return;
    claim = decode(&broker->arena, &tocsin__v1__device_claim__descriptor,
                   sealed->content.data, sealed->content.len, NULL);
    if (claim == NULL || claim->public_key.len != KEY_SIZE)
        return;
    snprintf(locks[0], sizeof locks[0], "p:%.40s", claim->device);
    memcpy(locks[1], "k:", 2);
    hex_encode(locks[1] + 2, claim->public_key.data, KEY_SIZE);
    snprintf(locks[2], sizeof locks[2], "generation");
}

/* With the case that it is identified with: sealing that seals this one too. */
static void lock_found(const struct broker *broker, const char *found_id,
                       char locks[LOCKS_PER_COMMAND][72])
{
    const struct found_child *found = book_found(broker->book, found_id);

    if (!ulid_valid(found_id))
        return;
    snprintf(locks[0], sizeof locks[0], "f:%s", found_id);
    if (found != NULL && found->alert_id[0] != '\0')
        snprintf(locks[1], sizeof locks[1], "a:%s", found->alert_id);
}

static void lock_registration(struct broker *broker,
                              const Tocsin__V1__SignedFound *sealed,
                              char locks[LOCKS_PER_COMMAND][72])
{
    const Tocsin__V1__FoundChild *content =
        sealed != NULL && sealed->content.len <= FOUND_CONTENT_MAX
            ? decode(&broker->arena, &tocsin__v1__found_child__descriptor,
                     sealed->content.data, sealed->content.len, NULL)
            : NULL;

    uint8_t digest[KIT_DIGEST_SIZE];

    if (content == NULL)
        return;
    lock_found(broker, content->found_id, locks);
    if (kit_valid(content->kit)) {
        kit_digest(digest, content->kit);
        lock_digest(digest, locks[2]);
    }
}

static void lock_resolution(struct broker *broker,
                            const Tocsin__V1__SignedFoundOrder *sealed,
                            char locks[LOCKS_PER_COMMAND][72])
{
    const Tocsin__V1__FoundOrder *order =
        sealed != NULL && sealed->content.len <= FOUND_ORDER_MAX
            ? decode(&broker->arena, &tocsin__v1__found_order__descriptor,
                     sealed->content.data, sealed->content.len, NULL)
            : NULL;

    if (order == NULL)
        return;
    lock_found(broker, order->found_id, locks);
    if (order->step_case == TOCSIN__V1__FOUND_ORDER__STEP_IDENTIFY &&
        ulid_valid(order->identify->alert_id) &&
        strcmp(locks[1] + 2, order->identify->alert_id) != 0)
        snprintf(locks[2], sizeof locks[2], "a:%s", order->identify->alert_id);
}

/* Two that are handed back must not both get it. */
static void lock_number(const Tocsin__V1__Request *request, char name[72])
{
    if (request->body_case == TOCSIN__V1__REQUEST__BODY_HAND_BACK &&
        request->hand_back->case_number[0] != '\0')
        snprintf(name, 72, "n:%.60s", request->hand_back->case_number);
}

void command_lock_names(struct broker *broker,
                        const Tocsin__V1__Request *request,
                        char locks[LOCKS_PER_COMMAND][72])
{
    const Tocsin__V1__Principal *principal;

    memset(locks, 0, LOCKS_PER_COMMAND * sizeof *locks);
    if (request->body_case == TOCSIN__V1__REQUEST__BODY_REVOKE) {
        snprintf(locks[0], sizeof locks[0], "p:%.40s", request->revoke->id);
        snprintf(locks[1], sizeof locks[1], "generation");
    } else if (request->body_case == TOCSIN__V1__REQUEST__BODY_ENROL) {
        principal = request->enrol->principal;
        if (principal == NULL || principal->public_key.len != KEY_SIZE)
            return;
        snprintf(locks[0], sizeof locks[0], "p:%.40s", principal->id);
        memcpy(locks[1], "k:", 2);
        hex_encode(locks[1] + 2, principal->public_key.data, KEY_SIZE);
        if (request->enrol->rekey)
            snprintf(locks[2], sizeof locks[2], "generation");
    } else if (request->body_case == TOCSIN__V1__REQUEST__BODY_INVITE) {
        snprintf(locks[0], sizeof locks[0], "p:%.40s", request->invite->device);
    } else if (request->body_case == TOCSIN__V1__REQUEST__BODY_CLAIM) {
        lock_claim(broker, request->claim->claim, locks);
    } else if (request->body_case == TOCSIN__V1__REQUEST__BODY_SUPERVISE ||
               request->body_case ==
                   TOCSIN__V1__REQUEST__BODY_LIFT_SUPERVISION) {
        lock_supervision(request, locks);
    } else if (request->body_case == TOCSIN__V1__REQUEST__BODY_ORDER) {
        lock_case(broker, request->order->order, locks);
    } else if (request->body_case == TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND) {
        lock_registration(broker, request->register_found->found, locks);
    } else if (request->body_case == TOCSIN__V1__REQUEST__BODY_RESOLVE_FOUND) {
        lock_resolution(broker, request->resolve_found->order, locks);
    } else if (request->body_case == TOCSIN__V1__REQUEST__BODY_LAB_REPORT) {
        lock_word(broker, request->lab_report->word, locks);
    } else if (request->body_case == TOCSIN__V1__REQUEST__BODY_CHECK_SAMPLE) {
        lock_kit(broker, request->check_sample->kit, locks);
    } else {
        lock_alert(broker, request, locks[0]);
        lock_number(request, locks[1]);
    }
}

static struct lock *find_lock(const struct broker *broker, const char *name)
{
    return name[0] != '\0' ? map_get(broker->locks, name, strlen(name)) : NULL;
}

void command_lock(struct broker *broker, char locks[LOCKS_PER_COMMAND][72])
{
    for (int i = 0; i < LOCKS_PER_COMMAND; i++) {
        struct lock *lock;

        if (locks[i][0] == '\0')
            continue;
        lock = must_calloc(1, sizeof *lock);
        lock->last = &lock->first;
        (void)map_put(broker->locks, locks[i], strlen(locks[i]), lock);
    }
}

bool command_is_about(const struct broker *broker, const char *alert_id)
{
    char name[72];

    snprintf(name, sizeof name, "a:%s", alert_id);
    return find_lock(broker, name) != NULL;
}

bool command_is_locked(const struct broker *broker, const struct alert *alert)
{
    return command_is_about(broker, alert->id);
}

bool command_lock_alert(struct broker *broker, const struct alert *alert,
                        char locks[LOCKS_PER_COMMAND][72])
{
    snprintf(locks[0], sizeof locks[0], "a:%s", alert->id);
    if (find_lock(broker, locks[0]) != NULL)
        return false;
    command_lock(broker, locks);
    return true;
}

bool command_lock_found(struct broker *broker, const struct found_child *found,
                        char locks[LOCKS_PER_COMMAND][72])
{
    lock_found(broker, found->id, locks);
    if (find_lock(broker, locks[0]) != NULL ||
        find_lock(broker, locks[1]) != NULL)
        return false;
    command_lock(broker, locks);
    return true;
}

bool command_must_wait(struct broker *broker, const struct caller *caller,
                       char locks[LOCKS_PER_COMMAND][72], const uint8_t *bytes,
                       size_t size, int64_t now_ms)
{
    struct queued_request *queued;
    struct lock *lock = NULL;

    for (int i = 0; i < LOCKS_PER_COMMAND && lock == NULL; i++)
        lock = find_lock(broker, locks[i]);
    if (lock == NULL)
        return false;
    if (broker->queued_count >= broker->config.case_queue_max) {
        reply_busy(broker, caller, RETRY_FULL_MS, now_ms);
        return true;
    }
    queued = must_calloc(1, sizeof *queued);
    queued->caller = *caller;
    memcpy(queued->curve, broker_caller(broker, caller)->curve, KEY_SIZE);
    queued->bytes = must_memdup(bytes, size);
    queued->size = size;
    *lock->last = queued;
    lock->last = &queued->next;
    broker->queued_count++;
    broker_presence(broker, caller->principal)->under_way++;
    return true;
}

void command_unlock(struct broker *broker, const struct pending *pending,
                    int64_t now_ms)
{
    for (int i = 0; i < LOCKS_PER_COMMAND; i++) {
        const char *name = pending->locks[i];
        struct lock *lock = find_lock(broker, name);
        struct queued_request *queued;

        if (lock == NULL)
            continue;
        (void)map_remove(broker->locks, name, strlen(name));
        while ((queued = lock->first) != NULL) {
            lock->first = queued->next;
            broker->queued_count--;
            broker_presence(broker, queued->caller.principal)->under_way--;
            if (broker->full) /* what it waited for may come again */
                reply_full(broker, &queued->caller, now_ms);
            else
                broker_take(broker, &queued->caller, queued->curve,
                            queued->bytes, queued->size, now_ms);
            free(queued->bytes);
            free(queued);
        }
        free(lock);
    }
}
