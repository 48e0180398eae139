/* The world around the broker core: cast, paper disk, clock, transcript. */
#include "story_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <sodium.h>

#include "base/clock.h"
#include "book_lines.h"
#include "broker/snapshot.h"
#include "story_words.h"
#include "wire/decode.h"
#include "wire/document.h"
#include "wire/seal.h"

#define LONG_LIST 64 /* events */

static const char divisions_csv[] =
    "code,name_zh,name_en,level,lat,lon\n"
    "110000,北京市,Beijing,province,39.9075,116.3972\n"
    "110101,东城区,Dongcheng District,county,39.9161,116.4125\n"
    "440000,广东省,Guangdong,province,23.1317,113.2663\n"
    "440300,深圳市,Shenzhen,prefecture,22.5455,114.0683\n"
    "440305,南山区,Nanshan District,county,22.5333,113.9304\n"
    "440306,宝安区,Bao'an District,county,22.5553,113.8831\n"
    "441300,惠州市,Huizhou,prefecture,23.1115,114.4152\n"
    "441302,惠城区,Huicheng District,county,23.0841,114.3826\n";

void story_write(struct story *story, const char *format, ...)
{
    va_list args;
    int written;

    va_start(args, format);
    written = vsnprintf(story->transcript + story->length,
                        sizeof story->transcript - story->length, format, args);
    va_end(args);
    story->length += (size_t)written;
    ck_assert_msg(story->length < sizeof story->transcript,
                  "the transcript is full");
}

const char *story_alert_name(const struct story *story, const char *id)
{
    static char name[16];

    for (int i = 0; i < ALERTS_MAX; i++) {
        if (strcmp(story->alert_ids[i], id) == 0) {
            snprintf(name, sizeof name, "A%d", i);
            return name;
        }
    }
    return "A?";
}

void story_name_alert(struct story *story, int number)
{
    uint8_t random[10];

    if (story->alert_ids[number][0] != '\0')
        return;
    memset(random, number, sizeof random);
    ulid_make(story->alert_ids[number], story->now_ms, random);
}

struct actor *story_actor(struct story *story, const char *id)
{
    for (size_t i = 0; i < story->cast_count; i++) {
        if (strcmp(story->cast[i].bundle.id, id) == 0)
            return &story->cast[i];
    }
    ck_abort_msg("nobody is called %s", id);
    return NULL;
}

/* ---- ports --------------------------------------------------------------- */

static void tell_document(struct story *story, const Tocsin__V1__Notice *notice)
{
    struct arena arena;
    struct document document;
    struct complaint complaint;

    arena_init(&arena, 1 << 18);
    ck_assert_msg(document_open(&document, &arena, notice->document,
                                story->authority.public_key,
                                &complaint) == STATUS_OK,
                  "what was sent does not verify: %s %s", complaint.field,
                  complaint.reason);
    story_write(story, "%s r%u%s%s%s",
                story_alert_name(story, document.alert_id), document.revision,
                document.withdrawal != NULL ? " withdrawn" : "",
                notice->expired ? " expired" : "",
                document.exercise ? " exercise" : "");
    if (notice->ring != NULL)
        story_write(story, " ring %u%s", notice->ring->step,
                    notice->ring->reached ? " come" : "");
    arena_done(&arena);
}

static void keep_mark(struct story *story, const Tocsin__V1__Mark *mark)
{
    story->marked = mark != NULL ? mark->sequence : 0;
    if (mark != NULL) {
        ck_assert_uint_eq(mark->chain.len, LINE_MARK_SIZE);
        memcpy(story->mark, mark->chain.data, LINE_MARK_SIZE);
    }
}

static void tell_page(struct story *story, const Tocsin__V1__SyncPage *page)
{
    story_write(story, " page%s%s", page->from_start ? " from the start" : "",
                page->turned_back ? ", turned back" : "");
    for (size_t i = 0; i < page->n_notices; i++) {
        story_write(story, " [");
        tell_document(story, page->notices[i]);
        story_write(story, "]");
    }
    for (size_t i = 0; i < page->n_purges; i++)
        story_write(story, " purge %s",
                    story_alert_name(story, page->purges[i]->alert_id));
    for (size_t i = 0; i < page->n_words; i++)
        story_write(story, " word of %s",
                    story_alert_name(story, page->words[i]->alert_id));
    story_write(story, page->more ? " more" : " head %" PRIu64, page->head);
    story->page_next = page->next;
    keep_mark(story, page->mark);
}

static void tell_widened(struct story *story, const Tocsin__V1__EventList *list)
{
    for (size_t i = 0; i < list->n_events; i++) {
        const Tocsin__V1__Event *event = list->events[i];

        if (event->kind == TOCSIN__V1__EVENT_KIND__EVENT_KIND_PICTURED)
            story_write(story, " pictured sighting %" PRIu64 " of %s by %s",
                        event->sighting,
                        story_alert_name(story, event->alert_id),
                        event->principal);
        if (event->kind == TOCSIN__V1__EVENT_KIND__EVENT_KIND_WIDENED)
            story_write(story, " widened %s %u nodes",
                        story_alert_name(story, event->alert_id), event->nodes);
    }
}

static void tell_case(struct story *story, const Tocsin__V1__CaseFile *file)
{
    static const char *const states[] = {"", "open", "standing", "solved",
                                         "sealed"};

    story_write(story, " %s, led by %s", states[file->state],
                file->lead != NULL ? file->lead->id : "nobody");
    if (file->offered != NULL)
        story_write(story, ", offered to %s", file->offered->id);
    if (file->waiting != TOCSIN__V1__OUTCOME__OUTCOME_UNSPECIFIED)
        story_write(story, ", waiting for a second");
    if (file->purge_nodes > 0)
        story_write(story, ", purged by %u of %u", file->purged,
                    file->purge_nodes);
    for (size_t i = 0; i < file->n_doubled; i++)
        story_write(story, ", doubled: %s", file->doubled[i]);
    story_write_samples(story, file);
}

static void tell_silence(struct story *story, const Tocsin__V1__Event *event)
{
    const Tocsin__V1__FellSilent *silent = event->silent;

    story_write(story, " silent:");
    if (event->nodes > 0)
        story_write(story, " %u nodes", event->nodes);
    if (silent->lead)
        story_write(story, " lead");
    for (size_t i = 0; i < silent->n_duties; i++)
        story_write(story, " duty %d", (int)silent->duties[i]);
    for (size_t i = 0; i < silent->n_sightings; i++)
        story_write(story, " sighting %" PRIu64, silent->sightings[i]);
    if (silent->sample)
        story_write(story, " no sample");
    for (size_t i = 0; i < silent->n_samples; i++)
        story_write(story, " sample %" PRIu64, silent->samples[i]);
    for (size_t i = 0; i < silent->n_matches; i++)
        story_write(story, " match %" PRIu64, silent->matches[i]);
}

static void tell_overdue(struct story *story,
                         const Tocsin__V1__OverdueList *list)
{
    static const char *const kinds[] = {"",     "node",     "lead",
                                        "duty", "sighting", "sample"};

    for (size_t i = 0; i < list->n_entries; i++)
        story_write(story, "%s %s %s", i == 0 ? "" : ",",
                    kinds[list->entries[i]->kind], list->entries[i]->who->id);
}

static void tell_supervised(struct story *story,
                            const Tocsin__V1__SupervisedList *list)
{
    for (size_t i = 0; i < list->n_entries; i++)
        story_write(
            story, "%s %s by %s", i == 0 ? "" : ",",
            list->entries[i]->kind == TOCSIN__V1__SUPERVISED__SUPERVISED_CASE
                ? story_alert_name(story, list->entries[i]->subject)
                : list->entries[i]->subject,
            list->entries[i]->by[0] == '\0' ? "rule" : list->entries[i]->by);
}

/* Who, newest first; a row of one's own as one. */
static void tell_looks(struct story *story, const Tocsin__V1__LookList *list)
{
    size_t row = 0;

    for (size_t i = 0; i < list->n_looks; i++) {
        const Tocsin__V1__LookEntry *look = list->looks[i];
        const Tocsin__V1__LookEntry *next =
            i + 1 < list->n_looks ? list->looks[i + 1] : NULL;

        row++;
        if (next != NULL && strcmp(next->who->id, look->who->id) == 0 &&
            next->outside == look->outside)
            continue;
        story_write(story, "%s %zu of %s%s", i + 1 == row ? "" : ",", row,
                    look->who->id, look->outside ? " from outside" : "");
        row = 0;
    }
    story_write(story, ", %u in all", list->looks_in_all);
}

static void tell_sightings(struct story *story,
                           const Tocsin__V1__SightingList *list)
{
    for (size_t i = 0; i < list->n_sightings; i++)
        story_write(story, "%s sighting %" PRIu64 "%s", i == 0 ? "" : ",",
                    list->sightings[i]->sequence,
                    list->sightings[i]->pictured_ms != 0 ? " pictured" : "");
}

static void tell_sample(struct story *story, const Tocsin__V1__Reply *reply)
{
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_SAMPLE_CHECK) {
        story_write(story, " %s",
                    protobuf_c_enum_descriptor_get_value(
                        &tocsin__v1__sample_answer__descriptor,
                        reply->sample_check->answer)
                            ->name +
                        strlen("SAMPLE_ANSWER_"));
        return;
    }
    story_write(story, " %s", story_sample_state(reply->sample_status->state));
    for (size_t i = 0; i < reply->sample_status->n_matches; i++)
        story_write(story, ", match %" PRIu64 " %s",
                    reply->sample_status->matches[i]->match,
                    story_decision(reply->sample_status->matches[i]->decision));
}

/* What a laboratory has said. */
static void tell_laboratory(struct story *story, const Tocsin__V1__Event *event)
{
    if (event->kind == TOCSIN__V1__EVENT_KIND__EVENT_KIND_MATCHED)
        story_write(story, " match in %s by %s",
                    story_alert_name(story, event->alert_id), event->principal);
    else if (event->kind == TOCSIN__V1__EVENT_KIND__EVENT_KIND_SAMPLED)
        story_write(story, " sample of %s by %s",
                    story_alert_name(story, event->alert_id), event->principal);
}

static void tell_filed(struct story *story, const Tocsin__V1__Filed *filed)
{
    story_write(story, " %u nodes", filed->nodes);
    for (size_t i = 0; i < filed->n_unknown_divisions; i++)
        story_write(story, ", unknown %s", filed->unknown_divisions[i]);
}

static void tell_share(struct story *story, const char *share, int64_t ms)
{
    if (ms == -1)
        story_write(story, ", %s not yet", share);
    else
        story_write(story, ", %s after %" PRId64 " s", share, ms / 1000);
}

static void tell_board(struct story *story,
                       const Tocsin__V1__Progress *progress)
{
    story_write(story, " held by %u of %u", progress->held, progress->nodes);
    tell_share(story, "half", progress->to_50_ms);
    tell_share(story, "all", progress->to_100_ms);
}

static void tell_reply(struct story *story, const Tocsin__V1__Reply *reply)
{
    const char *name = protobuf_c_enum_descriptor_get_value(
                           &tocsin__v1__status__descriptor, reply->status)
                           ->name;

    story_write(story, "%s", name + strlen("STATUS_"));
    if (reply->field[0] != '\0')
        story_write(story, " %s", reply->field);
    if (reply->sequence != 0)
        story_write(story, " %" PRIu64, reply->sequence);
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_FILED)
        tell_filed(story, reply->filed);
    for (size_t i = 0; reply->body_case == TOCSIN__V1__REPLY__BODY_EVENT_LIST &&
                       i < reply->event_list->n_events;
         i++) {
        tell_laboratory(story, reply->event_list->events[i]);
        if (reply->event_list->events[i]->silent != NULL)
            tell_silence(story, reply->event_list->events[i]);
    }
    story_tell_found_reply(story, reply);
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_SUPERVISED_LIST)
        tell_supervised(story, reply->supervised_list);
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_SIGHTING_LIST)
        tell_sightings(story, reply->sighting_list);
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_LOOK_LIST)
        tell_looks(story, reply->look_list);
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_PICTURE_RECEIPT)
        story_write(story, " %u bytes here", reply->picture_receipt->have);
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_PICTURE_CHUNK)
        story_write(story, " picture of %u bytes", reply->picture_chunk->size);
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_OVERDUE_LIST)
        tell_overdue(story, reply->overdue_list);
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_BOARD)
        tell_board(story, reply->board->summary->progress);
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_CASE_FILE)
        tell_case(story, reply->case_file);
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_EVENT_LIST &&
        reply->event_list->missed)
        story_write(story, " missed some");
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_EVENT_LIST &&
        reply->event_list->n_events > LONG_LIST)
        story_write(story, " %zu events up to %" PRIu64,
                    reply->event_list->n_events, reply->event_list->last);
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_SAMPLE_CHECK ||
        reply->body_case == TOCSIN__V1__REPLY__BODY_SAMPLE_STATUS)
        tell_sample(story, reply);
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_EVENT_LIST) {
        tell_widened(story, reply->event_list);
        if (reply->event_list->mark != NULL)
            keep_mark(story, reply->event_list->mark);
    }
    story->retry_ms = reply->retry_after_ms;
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_SYNC_PAGE)
        tell_page(story, reply->sync_page);
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_KEYS)
        story_write(story, " keys of generation %u", reply->keys->generation);
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_PRESENCE)
        story_write(story, " head %" PRIu64, reply->presence->head);
}

static void tell_push(struct story *story,
                      const Tocsin__V1__FeedPayload *payload)
{
    static const char *const verdicts[] = {"nothing", "checking", "confirmed",
                                           "dismissed", "duplicate"};

    if (payload->kind_case == TOCSIN__V1__FEED_PAYLOAD__KIND_WORD) {
        story_write(story, "word %s: %s by officer %s",
                    story_alert_name(story, payload->word->alert_id),
                    verdicts[payload->word->verdict], payload->word->officer);
        return;
    }
    if (payload->kind_case == TOCSIN__V1__FEED_PAYLOAD__KIND_PURGE) {
        story_write(story, "purge %s",
                    story_alert_name(story, payload->purge->alert_id));
        return;
    }
    story_write(story, "push ");
    tell_document(story, payload->notice);
}

static enum sent on_send(void *arg, enum gate gate, const struct route *route,
                         const uint8_t *bytes, size_t size)
{
    struct story *story = arg;
    Tocsin__V1__Reply *reply = tocsin__v1__reply__unpack(NULL, size, bytes);

    (void)gate;
    ck_assert(reply != NULL && size <= 65536);
    story_write(story, "%.*s <- ", (int)route->size,
                (const char *)route->bytes);
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_PUSH) {
        tell_push(story, reply->push);
    } else {
        tell_reply(story, reply);
    }
    story_write(story, "\n");
    tocsin__v1__reply__free_unpacked(reply, NULL);
    return SENT;
}

static void on_publish(void *arg, const char *topic, const uint8_t *bytes,
                       size_t size)
{
    struct story *story = arg;
    Tocsin__V1__FeedMessage *message =
        tocsin__v1__feed_message__unpack(NULL, size, bytes);
    Tocsin__V1__FeedPayload *payload;
    uint8_t plain[FEED_MESSAGE_MAX];
    uint8_t key[32];

    ck_assert(message != NULL && size <= FEED_MESSAGE_MAX);
    topic_key(key, story->config.master, topic, message->generation);
    ck_assert(feed_open(message, topic, key, plain, &size) == STATUS_OK);
    payload = tocsin__v1__feed_payload__unpack(NULL, size, plain);
    ck_assert(payload != NULL);
    story->feed_generation = message->generation;
    story->beacons += strcmp(topic, BEACON_TOPIC) == 0;
    if (payload->kind_case == TOCSIN__V1__FEED_PAYLOAD__KIND_NOTICE) {
        story_write(story, "feed %s ", topic);
        tell_document(story, payload->notice);
        story_write(story, " %" PRIu64 " after %" PRIu64 "\n",
                    message->sequence, message->previous);
    }
    if (payload->kind_case == TOCSIN__V1__FEED_PAYLOAD__KIND_THUMBNAIL) {
        story_write(story, "feed %s ", topic);
        story_write_thumbnail(story, payload->thumbnail);
        story_write(story, "\n");
    }
    tocsin__v1__feed_payload__free_unpacked(payload, NULL);
    tocsin__v1__feed_message__free_unpacked(message, NULL);
}

static void on_append(void *arg, const struct record *record)
{
    struct story *story = arg;
    struct sheet *sheet = &story->paper[story->written];
    size_t name = strlen(record->principal) + 1;

    ck_assert(story->written < PAPER_MAX);
    ck_assert_uint_eq(record->sequence, story->written + 1);
    sheet->bytes =
        must_calloc(1, name + record->request_size + record->body_size);
    sheet->record = *record;
    memcpy(sheet->bytes, record->principal, name);
    if (record->request_size > 0)
        memcpy(sheet->bytes + name, record->request_id, record->request_size);
    memcpy(sheet->bytes + name + record->request_size, record->body,
           record->body_size);
    sheet->record.principal = (const char *)sheet->bytes;
    sheet->record.request_id = sheet->bytes + name;
    sheet->record.body = sheet->bytes + name + record->request_size;
    sheet->marks =
        must_memdup(record->marks, record->mark_count * sizeof *record->marks);
    story->written++;
}

static void on_want_keys(void *arg)
{
    ((struct story *)arg)->keys_wanted++;
}

static void on_store(void *arg, const char *name, const uint8_t *bytes,
                     size_t size)
{
    struct story *story = arg;
    struct paper_file *file = &story->files[story->file_count++];

    ck_assert(story->file_count <= FILES_MAX);
    snprintf(file->name, sizeof file->name, "%s", name);
    file->bytes = must_memdup(bytes, size);
    file->size = size;
    story->files_asked++;
}

static bool on_load(void *arg, const char *name, uint8_t **bytes, size_t *size)
{
    struct story *story = arg;

    story->stopwatch_us += story->load_us;
    for (size_t i = story->file_count; i > 0; i--) {
        const struct paper_file *file = &story->files[i - 1];

        if (!file->durable || strcmp(file->name, name) != 0)
            continue;
        *bytes = must_memdup(file->bytes, file->size);
        *size = file->size;
        return true;
    }
    return false;
}

/* What the disk was handed is there, unless it pauses. */
static void settle_files(struct story *story)
{
    bool news = false;

    for (size_t i = 0; i < story->file_count; i++) {
        news = news || !story->files[i].durable;
        story->files[i].durable = true;
    }
    if (news)
        broker_stored(story->broker, story->files_asked, story_moment(story));
}

static void lose_files(struct story *story)
{
    while (story->file_count > 0 &&
           !story->files[story->file_count - 1].durable)
        free(story->files[--story->file_count].bytes);
    story->files_asked = 0;
}

static void on_random(void *arg, void *bytes, size_t size)
{
    struct story *story = arg;

    for (size_t i = 0; i < size; i++) {
        story->dice = story->dice * 6364136223846793005u + 1442695040888963407u;
        ((uint8_t *)bytes)[i] = (uint8_t)(story->dice >> 56);
    }
}

static void on_say(void *arg, enum log_level level, const char *event,
                   const char *text)
{
    struct story *story = arg;

    if (strncmp(event, "clock.", 6) == 0)
        snprintf(story->clock_log, sizeof story->clock_log, "%s %s", event,
                 text);
    if (strcmp(event, "journal.older") == 0 && strncmp(text, "node=", 5) == 0)
        story_write(story, "log: %solder %s\n",
                    level == LEVEL_ERROR ? "error, " : "", text);
    if (strcmp(event, "node.doubled") == 0)
        story_write(story, "log: doubled %s\n", text);
    if (strcmp(event, "peer.refused") == 0) {
        size_t used = strlen(story->refused);

        snprintf(story->refused + used, sizeof story->refused - used, "%s\n",
                 text);
    }
}

static void on_destroy_key(void *arg, const uint8_t id[KEY_ID_SIZE])
{
    struct story *story = arg;

    for (int i = 0; i < KEYS; i++) {
        if (memcmp(story->keys[i].id, id, KEY_ID_SIZE) == 0)
            memset(story->keys[i].key, 0, CASE_KEY_SIZE);
    }
    ck_assert(story->ended_count < KEYS);
    memcpy(story->ended[story->ended_count++], id, KEY_ID_SIZE);
}

static void on_each_key(void *arg, const char *alert_id,
                        void (*take)(void *to, const uint8_t id[KEY_ID_SIZE]),
                        void *to)
{
    const struct story *story = arg;

    for (size_t i = 0; i < story->file_count; i++) {
        if (story->files[i].durable &&
            strncmp(story->files[i].name, alert_id, ULID_SIZE) == 0)
            take(to, story->files[i].bytes);
    }
}

static enum status on_recall(void *arg, const void *name, size_t size,
                             struct found *found)
{
    const struct story *story = arg;

    if (story->unreadable)
        return STATUS_DISK;
    for (size_t i = 0; i < story->durable; i++) {
        const struct sheet *sheet = &story->paper[i];

        for (size_t m = 0; m < sheet->record.mark_count; m++) {
            const struct mark *mark = &sheet->marks[m];

            if (mark->name_size != size || memcmp(mark->name, name, size) != 0)
                continue;
            found->sequence = sheet->record.sequence;
            found->value_size = mark->value_size;
            memcpy(found->value, mark->value, mark->value_size);
            return STATUS_OK;
        }
    }
    return STATUS_MISSING;
}

/* Not the journal's own, but like it: of all that was recorded up to there. */
static enum status on_chain_at(void *arg, uint64_t sequence,
                               uint8_t chain[CHAIN_SIZE])
{
    const struct story *story = arg;

    if (story->unreadable)
        return STATUS_MISSING;
    if (story->slow && sequence < story->durable)
        return STATUS_BUSY;
    ck_assert(sequence <= story->durable);
    memset(chain, 0, CHAIN_SIZE);
    for (size_t i = 0; i < sequence; i++) {
        const struct record *record = &story->paper[i].record;

        (void)crypto_generichash(chain, CHAIN_SIZE, record->body,
                                 record->body_size, chain, CHAIN_SIZE);
    }
    return STATUS_OK;
}

static int64_t on_stopwatch_us(void *arg)
{
    const struct story *story = arg;

    return story->stopwatch_us;
}

/* ---- the world ----------------------------------------------------------- */

struct moment story_moment(const struct story *story)
{
    return (struct moment){story->monotonic_ms, story->now_ms};
}

static void make_broker(struct story *story)
{
    const struct broker_ports ports = {
        story,          on_send,     on_publish,  on_append,      on_want_keys,
        on_store,       on_load,     on_random,   on_say,         on_recall,
        on_destroy_key, on_each_key, on_chain_at, on_stopwatch_us};

    lose_files(story);
    vault_free(story->vault);
    story->vault = vault_new();
    for (int i = 0; i < story->ended_count; i++)
        vault_destroy(story->vault, story->ended[i]);
    for (int i = 0; i < KEYS; i++)
        vault_add(story->vault, &story->keys[i]);
    story->broker =
        broker_new(&story->config, &ports, story->divisions, story->vault);
}

static void replay_from(struct story *story, size_t from)
{
    for (size_t i = from; i < story->durable; i++)
        ck_assert(broker_replay(story->broker, &story->paper[i].record, NULL) ==
                  STATUS_OK);
    ck_assert(broker_begin(story->broker, story_moment(story), NULL) ==
              STATUS_OK);
}

void story_start_broker(struct story *story)
{
    make_broker(story);
    replay_from(story, 0);
}

static void cut(struct story *story, size_t facts)
{
    while (story->written > facts) {
        free(story->paper[--story->written].bytes);
        free(story->paper[story->written].marks);
    }
    story->durable = story->written;
}

void story_put_back(struct story *story, size_t facts)
{
    broker_free(story->broker);
    cut(story, facts);
    story_start_broker(story);
}

void story_restore(struct story *story, size_t facts, uint32_t skipped)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Restored restored = TOCSIN__V1__RESTORED__INIT;
    struct record record = {.sequence = facts + 1, .principal = ""};
    uint8_t epoch[EPOCH_SIZE] = {2};
    uint8_t *body;

    restored.epoch = (ProtobufCBinaryData){sizeof epoch, epoch};
    restored.generation = broker_book(story->broker)->generation + skipped;
    restored.serial = broker_book(story->broker)->serial + skipped;
    fact.body_case = TOCSIN__V1__FACT__BODY_RESTORED;
    fact.restored = &restored;
    broker_free(story->broker);
    cut(story, facts);
    body = encode(&fact.base, &record.body_size);
    record.body = body;
    on_append(story, &record);
    free(body);
    story->durable = story->written;
    story_start_broker(story);
}

void story_write_down(struct story *story)
{
    uint8_t chain[CHAIN_SIZE] = {7};

    free(story->snapshot);
    story->snapshot = snapshot_make(broker_book(story->broker), story->vault,
                                    chain, &story->snapshot_size);
}

void story_resume_broker(struct story *story)
{
    struct book *book = book_new(story->divisions);
    uint8_t chain[CHAIN_SIZE];
    uint64_t sequence;

    make_broker(story);
    ck_assert(snapshot_check(story->snapshot, story->snapshot_size, &sequence,
                             chain, NULL) == STATUS_OK);
    ck_assert(snapshot_take(book, story->vault, story->snapshot,
                            story->snapshot_size, NULL) == STATUS_OK);
    ck_assert_uint_eq(book->head, sequence);
    broker_resume(story->broker, book);
    replay_from(story, (size_t)sequence);
}

void story_settle(struct story *story)
{
    if (!story->gathers)
        broker_hand_over(story->broker, story_moment(story));
    if (!story->paused)
        settle_files(story);
    while (!story->paused && story->durable < story->written) {
        story->durable = story->written;
        broker_durable(story->broker, story->durable, story_moment(story));
    }
}

void story_request_id(struct story *story, uint8_t out[16])
{
    on_random(story, out, 16);
}

void story_send(struct story *story, struct actor *actor,
                Tocsin__V1__Request *request)
{
    uint8_t id[16];

    if (request->request_id.len == 0) {
        story_request_id(story, id);
        request->request_id = (ProtobufCBinaryData){sizeof id, id};
    }
    free(story->last_request);
    story->last_request = encode(&request->base, &story->last_size);
    story->last_actor = actor;
    story_throw(story, actor->bundle.id, story->last_request, story->last_size);
}

void story_throw(struct story *story, const char *who, const uint8_t *bytes,
                 size_t size)
{
    struct actor *actor = story_actor(story, who);
    struct route route = {0};
    uint8_t curve[KEY_SIZE];

    route.size = (uint8_t)strlen(who);
    memcpy(route.bytes, who, route.size < ROUTE_MAX ? route.size : ROUTE_MAX);
    route.size = route.size < ROUTE_MAX ? route.size : ROUTE_MAX;
    if (story->elsewhere && route.size < ROUTE_MAX)
        route.bytes[route.size++] = '\'';
    ck_assert(key_curve_public(actor->bundle.key.public_key, curve));
    broker_request(story->broker, actor->gate, curve, &route, bytes, size,
                   story_moment(story));
    story_settle(story);
}

struct actor *story_cast(struct story *story, const char *id,
                         Tocsin__V1__Role role, const char *division)
{
    struct actor *actor = &story->cast[story->cast_count++];
    struct bundle *bundle = &actor->bundle;

    ck_assert(story->cast_count <= CAST_MAX);
    snprintf(bundle->id, sizeof bundle->id, "%s", id);
    snprintf(bundle->name, sizeof bundle->name, "%s", id);
    snprintf(bundle->division, sizeof bundle->division, "%s", division);
    bundle->role = role;
    actor->gate = role == TOCSIN__V1__ROLE__ROLE_CHECKPOINT ||
                          role == TOCSIN__V1__ROLE__ROLE_GATEWAY
                      ? GATE_FIELD
                      : GATE_COMMAND;
    keypair_make(&bundle->key);
    keypair_make(&bundle->exercise_key);
    bundle->has_seed = true;
    bundle->has_exercise_seed = true;
    memcpy(bundle->authority, story->authority.public_key, KEY_SIZE);
    if (role == TOCSIN__V1__ROLE__ROLE_CENTRE)
        ck_assert(certificate_issue(bundle, &story->authority, 0,
                                    story->now_ms + 40LL * 365 * 86400000,
                                    NULL) == STATUS_OK);
    return actor;
}

static void found(struct story *story)
{
    struct actor *administrator = story_cast(
        story, "administrator", TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR, "000000");
    uint8_t epoch[EPOCH_SIZE] = {1};
    struct record record = {.sequence = 1, .principal = ""};
    uint8_t *body;

    memcpy(administrator->bundle.broker_key, story->authority.public_key,
           KEY_SIZE);
    body = broker_founding(&administrator->bundle, epoch, story->now_ms,
                           &record.body_size);
    record.body = body;
    on_append(story, &record);
    story->durable = 1;
    free(body);
}

static void bring_in(struct story *story)
{
    static const char *const lines[] = {
        "administrator enrols sz centre in 440300",
        "administrator enrols bj centre in 110000",
        "administrator enrols sup supervisor in 440000",
        "administrator enrols admin-bj administrator in 110000",
        "administrator enrols lab laboratory in 000000",
        "administrator enrols van gateway in 440305",
        "administrator enrols gate-1 border in 440305 at 22.53,113.93",
        "administrator enrols gate-2 airport in 440306 at 22.63,113.81",
        "administrator enrols gate-3 railway in 110101 at 39.91,116.42",
        "administrator enrols gate-4 bus in 441302 at 23.08,114.38"};

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        story_tell(story, lines[i]);
}

struct story *story_new(void)
{
    struct story *story = must_calloc(1, sizeof *story);

    keys_start();
    story->now_ms = 1790000000000;
    story->monotonic_ms = 5000;
    story->dice = 42;
    keypair_make(&story->authority);
    story->config = (struct broker_config){.beacon_ms = 1000,
                                           .direct_ms = 3000,
                                           .journal_queue_max = 100,
                                           .case_queue_max = 10,
                                           .syncs_per_second = 50,
                                           .peer_requests_max = 20,
                                           .node_rate = 20,
                                           .peer_rate = 1000,
                                           .giving_rate = 4,
                                           .keep_ended_ms = 30 * 86400000LL};
    randombytes_buf(story->config.master, 32);
    story->config.key = &story->authority;
    ck_assert(divisions_parse(&story->divisions, divisions_csv,
                              sizeof divisions_csv - 1, NULL) == STATUS_OK);
    randombytes_buf(story->keys, sizeof story->keys);
    found(story);
    story_start_broker(story);
    bring_in(story);
    story_skip(story);
    return story;
}

void story_free(struct story *story)
{
    broker_free(story->broker);
    vault_free(story->vault);
    divisions_free(story->divisions);
    for (size_t i = 0; i < story->written; i++) {
        free(story->paper[i].bytes);
        free(story->paper[i].marks);
    }
    for (size_t i = 0; i < story->file_count; i++)
        free(story->files[i].bytes);
    free(story->last_request);
    free(story->snapshot);
    free(story);
}

const char *story_heard(struct story *story)
{
    story->transcript[story->length] = '\0';
    return story->transcript;
}

void story_skip(struct story *story)
{
    story->length = 0;
    story->transcript[0] = '\0';
}

void story_expect(struct story *story, const char *transcript)
{
    ck_assert_msg(strcmp(story_heard(story), transcript) == 0,
                  "\n--- expected\n%s--- heard\n%s", transcript,
                  story->transcript);
    story_skip(story);
}

uint32_t story_feed_generation(const struct story *story)
{
    return story->feed_generation;
}

size_t story_facts(const struct story *story)
{
    return story->durable;
}

int64_t story_recorded_ms(const struct story *story)
{
    return story->paper[story->durable - 1].record.time_ms;
}

int64_t story_now_ms(const struct story *story)
{
    return story->now_ms;
}

unsigned story_beacons(struct story *story)
{
    unsigned beacons = story->beacons;

    story->beacons = 0;
    return beacons;
}

const char *story_clock_log(const struct story *story)
{
    return story->clock_log;
}

void story_book(struct story *story, uint8_t digest[32])
{
    struct book_lines lines = book_lines(broker_book(story->broker));

    memset(digest, 0, 32);
    for (size_t i = 0; i < lines.count; i++) {
        size_t size = strlen(lines.list[i]);
        uint8_t *both = must_calloc(1, 32 + size);

        memcpy(both, digest, 32);
        memcpy(both + 32, lines.list[i], size);
        hash_bytes(digest, both, 32 + size);
        free(both);
    }
    book_lines_done(&lines);
}

struct broker *story_broker(struct story *story)
{
    return story->broker;
}

const uint8_t *story_last_request(const struct story *story, size_t *size)
{
    *size = story->last_size;
    return story->last_request;
}
