/* Ids, codes, times and digits as they stand in files and messages. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "wire/check.h"
#include "wire/topic.h"

static void look_at(const char *text)
{
    uint8_t bytes[32];
    char topics[OWN_TOPICS][TOPIC_MAX];
    char printed[CLOCK_TEXT_MAX];
    int64_t ms;
    int64_t again;
    enum log_level level;

    if (clock_parse(text, &ms) && clock_parse(clock_text(ms, printed), &again))
        REQUIRE(again == ms);
    (void)hex_decode(bytes, sizeof bytes, text);
    (void)ulid_valid(text);
    (void)principal_id_valid(text);
    (void)prefix_valid(text);
    (void)log_level_parse(text, &level);
    if (division_valid(text)) {
        REQUIRE(division_contains("000000", text));
        topics_of(topics, text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = must_calloc(1, size + 1);

    if (size > 0)
        memcpy(text, data, size);
    look_at(text);
    (void)utf8_valid(data, size);
    free(text);
    return 0;
}
