#include "wire/lab_word.h"

#include <stdlib.h>
#include <string.h>

#include "wire/kit.h"
#include "wire/signed.h"

#define REPORT_MAX 60

static bool check_kit(const char *kit, const char *field,
                      struct complaint *complaint)
{
    return kit_valid(kit) ||
           complain(complaint, field, "must be 1 to 40 letters, digits, -");
}

static bool same_kit(const char *a, const char *b)
{
    uint8_t digests[2][KIT_DIGEST_SIZE];

    kit_digest(digests[0], a);
    kit_digest(digests[1], b);
    return memcmp(digests[0], digests[1], KIT_DIGEST_SIZE) == 0;
}

static bool check_match(const Tocsin__V1__LabMatch *match,
                        struct complaint *complaint)
{
    if (!check_kit(match->child_kit, "match.child_kit", complaint))
        return false;
    if (match->n_kin_kits == 0 || match->n_kin_kits > KIN_KITS_MAX)
        return complain(complaint, "match.kin_kits", "must be 1 or 2");
    for (size_t i = 0; i < match->n_kin_kits; i++) {
        if (!check_kit(match->kin_kits[i], "match.kin_kits", complaint))
            return false;
        if (same_kit(match->kin_kits[i], match->child_kit) ||
            (i > 0 && same_kit(match->kin_kits[i], match->kin_kits[0])))
            return complain(complaint, "match.kin_kits", "are not different");
    }
    return true;
}

/* Nothing rides along: a field that nobody knows could hold anything. */
static bool has_strangers(const Tocsin__V1__LabWord *word)
{
    const ProtobufCMessage *inner = NULL;

    switch (word->word_case) {
    case TOCSIN__V1__LAB_WORD__WORD_RECEIVED:
        inner = &word->received->base;
        break;
    case TOCSIN__V1__LAB_WORD__WORD_FAILED:
        inner = &word->failed->base;
        break;
    case TOCSIN__V1__LAB_WORD__WORD_MATCH:
        inner = &word->match->base;
        break;
    case TOCSIN__V1__LAB_WORD__WORD__NOT_SET:
    case _TOCSIN__V1__LAB_WORD__WORD__CASE_IS_INT_SIZE:
        break;
    }
    return word->base.n_unknown_fields > 0 ||
           (inner != NULL && inner->n_unknown_fields > 0);
}

static bool check_body(const Tocsin__V1__LabWord *word,
                       struct complaint *complaint)
{
    switch (word->word_case) {
    case TOCSIN__V1__LAB_WORD__WORD_RECEIVED:
        return check_kit(word->received->kit, "received.kit", complaint);
    case TOCSIN__V1__LAB_WORD__WORD_FAILED:
        return check_kit(word->failed->kit, "failed.kit", complaint);
    case TOCSIN__V1__LAB_WORD__WORD_MATCH:
        if (word->report[0] == '\0')
            return complain(complaint, "report", "is missing");
        return check_match(word->match, complaint);
    case TOCSIN__V1__LAB_WORD__WORD__NOT_SET:
    case _TOCSIN__V1__LAB_WORD__WORD__CASE_IS_INT_SIZE:
        break;
    }
    return complain(complaint, "word", "is missing or of an unknown kind");
}

bool lab_word_check(const Tocsin__V1__LabWord *word,
                    struct complaint *complaint)
{
    if (has_strangers(word))
        return complain(complaint, "word", "has a field that is not known");
    if (word->report_id.len != REQUEST_ID_SIZE)
        return complain(complaint, "report_id", "is not 16 bytes");
    if (word->at_ms <= 0 || word->at_ms > TIME_MAX_MS)
        return complain(complaint, "at_ms", "is no time");
    if (strlen(word->report) > REPORT_MAX)
        return complain(complaint, "report", "longer than %d bytes",
                        REPORT_MAX);
    return check_body(word, complaint);
}

static bool check_word(const void *content, struct complaint *complaint)
{
    return lab_word_check(content, complaint);
}

static const struct signed_kind word_kind = {
    CONTEXT_LABORATORY, "word", LAB_WORD_MAX, &tocsin__v1__lab_word__descriptor,
    check_word};

uint8_t *lab_word_sign(const Tocsin__V1__LabWord *word,
                       const struct keypair *key, size_t *size)
{
    uint8_t *bytes;

    REQUIRE(signed_make(&bytes, size, &word_kind, &word->base, key, NULL) ==
            STATUS_OK);
    return bytes;
}

enum status lab_word_open(const Tocsin__V1__LabWord **out, struct arena *arena,
                          const Tocsin__V1__SignedLabWord *sealed,
                          const uint8_t public_key[KEY_SIZE],
                          struct complaint *complaint)
{
    const struct signed_parts parts = SIGNED_PARTS(sealed);
    const void *content;
    enum status status =
        signed_open(&content, arena, &word_kind, &parts, public_key, complaint);

    /* a field that is written over by the next one is signed with it, too */
    if (status == STATUS_OK &&
        protobuf_c_message_get_packed_size(content) != sealed->content.len) {
        complain(complaint, "word.content", "holds more than what it says");
        status = STATUS_MALFORMED;
    }
    if (status == STATUS_OK)
        *out = content;
    return status;
}
