/**
 * Prints what the C code makes of fixed input, one "name hex" a line, so that
 * test_wire.py can hold the Python code against it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/document.h"
#include "wire/seal.h"
#include "wire/topic.h"

#define SENT_MS 1760000000000

static void show(const char *name, const uint8_t *bytes, size_t size)
{
    printf("%s ", name);
    for (size_t i = 0; i < size; i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

static struct keypair pair_of(uint8_t first)
{
    struct keypair pair;
    uint8_t seed[KEY_SIZE];

    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)(first + i);
    keypair_from_seed(&pair, seed);
    return pair;
}

static void show_keys(void)
{
    static const uint8_t content[] = "hello";
    struct keypair pair = pair_of(0);
    uint8_t half[KEY_SIZE];
    uint8_t signature[SIGNATURE_SIZE];

    show("public", pair.public_key, KEY_SIZE);
    if (!key_curve_public(pair.public_key, half))
        abort();
    show("curve_public", half, KEY_SIZE);
    keypair_curve_secret(&pair, half);
    show("curve_secret", half, KEY_SIZE);
    sign(signature, CONTEXT_ANSWER, content, sizeof content - 1, &pair);
    show("signature", signature, sizeof signature);
}

static void show_feed(void)
{
    static const uint8_t epoch[EPOCH_SIZE] = {1, 2, 3, 4};
    static const uint8_t master[32] = {7};
    struct feed_header header = {epoch, UINT64_C(1) << 40, 77, 3};
    Tocsin__V1__FeedPayload payload = TOCSIN__V1__FEED_PAYLOAD__INIT;
    Tocsin__V1__Beacon beacon = TOCSIN__V1__BEACON__INIT;
    uint8_t key[32];
    size_t size;
    uint8_t *packed;
    uint8_t *message;

    beacon.head = 99;
    payload.kind_case = TOCSIN__V1__FEED_PAYLOAD__KIND_BEACON;
    payload.beacon = &beacon;
    packed = encode(&payload.base, &size);
    topic_key(key, master, "a/4403/", 3);
    message = feed_seal(&header, "a/4403/", key, packed, size, &size);
    show("topic_key", key, sizeof key);
    show("feed_message", message, size);
    free(packed);
    free(message);
}

static void show_digest(void)
{
    uint8_t digest[DIGEST_SIZE] = {0};

    digest_toggle(digest, "01JA0000000000000000000001", 1);
    digest_toggle(digest, "01JA0000000000000000000002", 300);
    show("digest", digest, sizeof digest);
}

/* An exercise's withdrawal: the longer of the two ways to sign. */
static void show_document(void)
{
    struct keypair authority = pair_of(100);
    char alert_id[] = "01JA0000000000000000000001";
    struct bundle centre = {.id = "CC-1", .division = "440300"};
    Tocsin__V1__AlertDocument document = TOCSIN__V1__ALERT_DOCUMENT__INIT;
    Tocsin__V1__Withdrawal withdrawal = TOCSIN__V1__WITHDRAWAL__INIT;
    struct diag why = {0};
    uint8_t *bytes;
    size_t size;

    centre.role = TOCSIN__V1__ROLE__ROLE_CENTRE;
    centre.key = pair_of(1);
    centre.exercise_key = pair_of(2);
    centre.has_seed = centre.has_exercise_seed = true;
    withdrawal.alert_id = alert_id;
    withdrawal.revision = 2;
    withdrawal.exercise = true;
    withdrawal.sent_ms = SENT_MS;
    withdrawal.reason = TOCSIN__V1__WITHDRAWAL_REASON__WITHDRAWAL_REASON_OTHER;
    document.kind_case = TOCSIN__V1__ALERT_DOCUMENT__KIND_WITHDRAWAL;
    document.withdrawal = &withdrawal;
    if (certificate_issue(&centre, &authority, SENT_MS - 1, SENT_MS + 1,
                          &why) != STATUS_OK ||
        document_sign(&document, &centre, &bytes, &size, &why) != STATUS_OK)
        abort();
    show("authority", authority.public_key, KEY_SIZE);
    show("document", bytes, size);
    free(bytes);
}

int main(void)
{
    keys_start();
    show_keys();
    show_feed();
    show_digest();
    show_document();
    return 0;
}
