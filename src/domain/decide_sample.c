/* What is said of samples: by those who answer for a case, by laboratories; and
 * what a registry office asks. */
#include <string.h>

#include "domain/case_matter.h"
#include "domain/samples.h"
#include "wire/lab_word.h"

#define INVALID TOCSIN__V1__STATUS__STATUS_INVALID
#define DENIED TOCSIN__V1__STATUS__STATUS_DENIED
#define NOT_FOUND TOCSIN__V1__STATUS__STATUS_NOT_FOUND
#define CONFLICT TOCSIN__V1__STATUS__STATUS_CONFLICT

#define NONE TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_UNSPECIFIED
#define TAKEN TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_TAKEN
#define SENT TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_SENT
#define IN_LIBRARY TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IN_LIBRARY
#define FAILED TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_FAILED

static ProtobufCBinaryData digest_of(const struct order *order, const char *kit)
{
    uint8_t *digest = order_take(order, KIT_DIGEST_SIZE);

    kit_digest(digest, kit);
    return (ProtobufCBinaryData){KIT_DIGEST_SIZE, digest};
}

/* ---- the case's own word --------------------------------------------------
 */

static bool refuse_sample(const struct matter *matter, const char *field,
                          const char *what)
{
    refuse(matter->verdict, CONFLICT, field, "%s", what);
    return false;
}

static bool moves(const struct matter *matter, Tocsin__V1__SampleState from)
{
    static const char *const states[] = {
        "new",        "due",    "taken",     "sent to the laboratory",
        "in library", "failed", "impossible"};
    Tocsin__V1__SampleState to = matter->asked->note_sample->state;

    if (from != IN_LIBRARY && sample_may_move(from, to))
        return true;
    refuse(matter->verdict, CONFLICT, "order.note_sample.state",
           "is no move of a sample that is %s", states[from]);
    return false;
}

static bool is_one_more(const struct matter *matter)
{
    return matter->alert->sample_count < SAMPLES_PER_CASE ||
           refuse_sample(matter, "order.note_sample.kit",
                         "the case has as many samples as a case may have");
}

/* The laboratory had it before anybody said whose it is: it stays where it is.
 */
static bool adopt(const struct matter *matter, const struct sample *sample)
{
    Tocsin__V1__SampleState asked = matter->asked->note_sample->state;

    matter->changed->sample = sample->state;
    return (asked == TAKEN || asked == SENT ||
            refuse_sample(matter, "order.note_sample.state",
                          "the laboratory has that sample already")) &&
           is_one_more(matter);
}

static bool is_nobodys(const struct sample *sample)
{
    return sample->alert == NULL && !sample_is_spent(sample) &&
           sample->relation == TOCSIN__V1__RELATION__RELATION_UNSPECIFIED;
}

static bool note_known(const struct matter *matter, const struct sample *sample)
{
    const Tocsin__V1__NoteSample *note = matter->asked->note_sample;

    if (sample->alert != matter->alert) {
        if (is_nobodys(sample))
            return adopt(matter, sample);
        return refuse_sample(matter, "order.note_sample.kit",
                             "is the number of another sample");
    }
    if (sample->relation != note->relation)
        return refuse_sample(matter, "order.note_sample.relation",
                             "is not what was said of that sample before");
    return moves(matter, sample->state);
}

bool decide_note_sample(const struct matter *matter)
{
    const Tocsin__V1__NoteSample *note = matter->asked->note_sample;
    const struct sample *sample;

    matter->changed->sample = note->state;
    if (note->kit[0] == '\0')
        return is_one_more(matter);
    matter->changed->kit = digest_of(matter->order, note->kit);
    sample = book_sample(matter->book, note->kit);
    if (sample != NULL)
        return note_known(matter, sample);
    return moves(matter, NONE) && is_one_more(matter);
}

bool decide_match(const struct matter *matter)
{
    const Tocsin__V1__DecideMatch *asked = matter->asked->decide_match;
    const struct match *match = alert_match(matter->alert, asked->match);

    if (match == NULL) {
        refuse(matter->verdict, NOT_FOUND, "order.decide_match.match",
               "no match of this case has that sequence");
        return false;
    }
    if (match->decision == asked->decision)
        return matter_conflict(matter, "the match is decided so already");
    matter->changed->match = asked->match;
    matter->changed->decision = asked->decision;
    return true;
}

/* ---- laboratories ---------------------------------------------------------
 */

struct hearing {
    struct verdict *verdict;
    const struct book *book;
    const struct order *order;
    const Tocsin__V1__LabWord *word;
};

/* Of another jurisdiction's it learns nothing. */
static bool may_speak(const struct book *book, const struct principal *lab,
                      const struct sample *sample)
{
    const struct principal *other;
    const struct found_child *found;

    if (sample == NULL || sample_is_spent(sample))
        return false;
    if (sample->alert != NULL)
        return division_contains(lab->division, sample->alert->division);
    other = book_number(book, sample->laboratory);
    if (other != NULL)
        return other == lab ||
               division_contains(lab->division, other->division);
    found = book_found_kit(book, sample->digest);
    if (found == NULL)
        return !sample->found_filed; /* where it was found is not known now */
    return division_contains(lab->division, found->division);
}

static void unknown(const struct hearing *hearing, const char *field)
{
    refuse(hearing->verdict, NOT_FOUND, field,
           "there is no such sample in this jurisdiction");
}

static void repeat(const struct hearing *hearing, uint64_t sequence)
{
    hearing->verdict->status = TOCSIN__V1__STATUS__STATUS_DUPLICATE;
    hearing->verdict->sequence = sequence;
}

static Tocsin__V1__LabReported *record(const struct hearing *hearing,
                                       const struct alert *alert,
                                       const char *kit)
{
    const struct order *order = hearing->order;
    const Tocsin__V1__SignedLabWord *sealed = order->request->lab_report->word;
    Tocsin__V1__SignedLabWord bare = TOCSIN__V1__SIGNED_LAB_WORD__INIT;
    Tocsin__V1__LabReported *reported = order_take(order, sizeof *reported);

    tocsin__v1__lab_reported__init(reported);
    reported->kit = digest_of(order, kit);
    if (alert == NULL) {
        reported->signature = sealed->signature;
    } else {
        reported->alert_id = (char *)(uintptr_t)alert->id;
        bare.content = sealed->content;
        bare.signature = sealed->signature;
        reported->document.len = protobuf_c_message_get_packed_size(&bare.base);
        reported->document.data = order_take(order, reported->document.len);
        (void)protobuf_c_message_pack(&bare.base, reported->document.data);
    }
    hearing->verdict->fact =
        order_fact(order, TOCSIN__V1__FACT__BODY_LAB_REPORTED);
    hearing->verdict->fact->lab_reported = reported;
    hearing->verdict->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
    return reported;
}

static void hear_state(const struct hearing *hearing, const char *kit,
                       Tocsin__V1__SampleState state)
{
    const char *field =
        state == FAILED ? "word.failed.kit" : "word.received.kit";
    const struct sample *sample = book_sample(hearing->book, kit);

    if (sample == NULL
            ? state == FAILED
            : !may_speak(hearing->book, hearing->order->actor, sample)) {
        unknown(hearing, field);
        return;
    }
    if (sample != NULL && sample->state == state) {
        repeat(hearing, sample->sequence);
        return;
    }
    if (!sample_may_move(sample != NULL ? sample->state : NONE, state)) {
        refuse(hearing->verdict, CONFLICT, field,
               "was never taken, so there is nothing that failed");
        return;
    }
    record(hearing, sample != NULL ? sample->alert : NULL, kit)->state = state;
}

/* In the library, and this laboratory's to speak of; NULL: refused. */
static const struct sample *compared(const struct hearing *hearing,
                                     const char *kit, const char *field)
{
    const struct sample *sample = book_sample(hearing->book, kit);

    if (!may_speak(hearing->book, hearing->order->actor, sample)) {
        unknown(hearing, field);
        return NULL;
    }
    if (sample->state == IN_LIBRARY)
        return sample;
    refuse(hearing->verdict, CONFLICT, field, "%s is not in the library", kit);
    return NULL;
}

/* The case of the kin; NULL: refused. */
static const struct alert *case_of(const struct hearing *hearing)
{
    const Tocsin__V1__LabMatch *match = hearing->word->match;
    const struct alert *alert = NULL;

    for (size_t i = 0; i < match->n_kin_kits; i++) {
        const struct sample *kin =
            compared(hearing, match->kin_kits[i], "word.match.kin_kits");

        if (kin == NULL)
            return NULL;
        if (kin->alert == NULL || (i > 0 && kin->alert != alert)) {
            refuse(hearing->verdict, INVALID, "word.match.kin_kits",
                   "are not samples of one case");
            return NULL;
        }
        alert = kin->alert;
    }
    return alert;
}

static bool names(const struct match *match, const char *kit)
{
    uint8_t digest[KIT_DIGEST_SIZE];

    kit_digest(digest, kit);
    for (size_t i = 0; i < match->kin_count; i++) {
        if (memcmp(match->kin[i], digest, KIT_DIGEST_SIZE) == 0)
            return true;
    }
    return false;
}

static bool is_same(const struct match *known, const Tocsin__V1__LabMatch *told)
{
    uint8_t child[KIT_DIGEST_SIZE];

    kit_digest(child, told->child_kit);
    if (memcmp(known->child, child, sizeof child) != 0 ||
        known->kin_count != told->n_kin_kits)
        return false;
    for (size_t i = 0; i < told->n_kin_kits; i++) {
        if (!names(known, told->kin_kits[i]))
            return false;
    }
    return true;
}

/* Said before, and not to be made again. */
static bool is_told(const struct hearing *hearing, const struct alert *alert)
{
    for (size_t i = alert->match_count; i > 0; i--) {
        const struct match *match = &alert->matches[i - 1];

        if (!is_same(match, hearing->word->match))
            continue;
        if (match->decision == TOCSIN__V1__MATCH_DECISION__MATCH_DECISION_AGAIN)
            return false;
        if (match->decision !=
            TOCSIN__V1__MATCH_DECISION__MATCH_DECISION_REJECTED)
            repeat(hearing, match->sequence);
        else
            refuse(hearing->verdict, CONFLICT, "word.match",
                   "was rejected by the lead: match %llu",
                   (unsigned long long)match->sequence);
        return true;
    }
    return false;
}

static bool has_room(const struct hearing *hearing, const struct alert *alert)
{
    size_t waiting = 0;

    for (size_t i = 0; i < alert->match_count; i++)
        waiting += match_waits(&alert->matches[i]);
    if (waiting < MATCHES_WAITING && alert->match_count < MATCHES_PER_CASE)
        return true;
    refuse(hearing->verdict, CONFLICT, "word.match",
           "the case has as many matches as a case may have");
    return false;
}

static void hear_match(const struct hearing *hearing)
{
    const Tocsin__V1__LabMatch *match = hearing->word->match;
    const struct alert *alert = case_of(hearing);
    const struct sample *child;
    Tocsin__V1__LabReported *reported;

    if (alert == NULL)
        return;
    child = compared(hearing, match->child_kit, "word.match.child_kit");
    if (child == NULL)
        return;
    if (child->alert != NULL) {
        refuse(hearing->verdict, INVALID, "word.match.child_kit",
               "is a sample of somebody's kin");
        return;
    }
    if (is_told(hearing, alert) || !has_room(hearing, alert))
        return;
    reported = record(hearing, alert, match->child_kit);
    reported->n_kin = match->n_kin_kits;
    reported->kin =
        order_take(hearing->order, match->n_kin_kits * sizeof *reported->kin);
    for (size_t i = 0; i < match->n_kin_kits; i++)
        reported->kin[i] = digest_of(hearing->order, match->kin_kits[i]);
}

/* Signed by this laboratory, now, under the id of the request; NULL: refused.
 */
static const Tocsin__V1__LabWord *open_word(struct verdict *verdict,
                                            const struct order *order)
{
    const Tocsin__V1__Request *request = order->request;
    const Tocsin__V1__LabWord *word;
    enum status status =
        lab_word_open(&word, order->arena, request->lab_report->word,
                      order->actor->key, &verdict->complaint);

    if (status != STATUS_OK)
        verdict->status = status == STATUS_FORGED ? DENIED : INVALID;
    else if (word->report_id.len != request->request_id.len ||
             memcmp(word->report_id.data, request->request_id.data,
                    word->report_id.len) != 0)
        refuse(verdict, INVALID, "word.report_id", "is not the request_id");
    else if (word->at_ms < order->now_ms - CLOCK_TOLERANCE_MS ||
             word->at_ms > order->now_ms + CLOCK_TOLERANCE_MS)
        refuse(verdict, INVALID, "word.at_ms",
               "is more than 10 minutes from the broker's clock");
    else
        return word;
    return NULL;
}

void decide_lab_report(struct verdict *verdict, const struct book *book,
                       const struct order *order)
{
    struct hearing hearing = {verdict, book, order, NULL};

    hearing.word = open_word(verdict, order);
    if (hearing.word == NULL)
        return;
    switch (hearing.word->word_case) {
    case TOCSIN__V1__LAB_WORD__WORD_RECEIVED:
        hear_state(&hearing, hearing.word->received->kit, IN_LIBRARY);
        return;
    case TOCSIN__V1__LAB_WORD__WORD_FAILED:
        hear_state(&hearing, hearing.word->failed->kit, FAILED);
        return;
    case TOCSIN__V1__LAB_WORD__WORD_MATCH:
        hear_match(&hearing);
        return;
    case TOCSIN__V1__LAB_WORD__WORD__NOT_SET:
    case _TOCSIN__V1__LAB_WORD__WORD__CASE_IS_INT_SIZE:
        break;
    }
    refuse(verdict, INVALID, "word", "is of an unknown kind");
}

/* ---- registry offices -----------------------------------------------------
 */

void decide_check_sample(struct verdict *verdict, const struct book *book,
                         const struct order *order)
{
    const char *kit = order->request->check_sample->kit;
    Tocsin__V1__SampleChecked *checked;

    if (!kit_valid(kit)) {
        refuse(verdict, INVALID, "kit", "must be 1 to 40 letters, digits, -");
        return;
    }
    checked = order_take(order, sizeof *checked);
    tocsin__v1__sample_checked__init(checked);
    checked->kit = digest_of(order, kit);
    checked->answer = sample_answer(book_sample(book, kit));
    verdict->fact = order_fact(order, TOCSIN__V1__FACT__BODY_SAMPLE_CHECKED);
    verdict->fact->sample_checked = checked;
    verdict->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
}
