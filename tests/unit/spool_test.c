/* One contract for the spool in SQLite and the one on paper that stories are
 * told with; and what only the one in SQLite can do. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>
#include <sodium.h>
#include <sqlite3.h>

#include "base/file.h"
#include "paper_spool.h"
#include "spool/cache.h"
#include "spool/spool.h"
#include "wire/seal.h"

#define ALERT "01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define WAITING TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING
#define RECORDED TOCSIN__V1__FATE_STATE__FATE_STATE_RECORDED
#define REFUSED TOCSIN__V1__FATE_STATE__FATE_STATE_REFUSED
#define EXPECTED TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_EXPECTED
#define PICTURED TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_WAITING
#define THERE TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_RECORDED
#define NOT_TAKEN TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_REFUSED
#define MARKED TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_REVOKED
#define REVOKED TOCSIN__V1__FATE_STATE__FATE_STATE_REVOKED

static const uint8_t secret[KEY_SIZE] = {9};
static char folder[300];
static char path[320];
static struct paper_spool *paper;
static struct spool *sqlite;
static struct gateway_spool spool;

static void open_sqlite(void)
{
    const struct spool_owner owner = {"GW-1", secret, NULL, 0};
    struct diag why = {0};

    ck_assert_msg(spool_open(&sqlite, path, &owner, &why) == STATUS_OK, "%s",
                  why.text);
    spool_port(sqlite, &spool);
}

static void setup(void)
{
    ck_assert_int_ge(sodium_init(), 0);
    snprintf(folder, sizeof folder, "%s/spool-XXXXXX", getenv("TEST_FOLDER"));
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/spool.db", folder);
}

static void teardown(void)
{
    spool_close(sqlite);
    sqlite = NULL;
    if (paper != NULL)
        paper_spool_free(paper);
    paper = NULL;
    file_clear(folder);
}

/* _i: 0 SQLite, 1 paper */
static void open_kind(int kind)
{
    if (kind == 0) {
        open_sqlite();
        return;
    }
    paper = paper_spool_new();
    paper_spool_port(paper, &spool);
}

static void reopen(int kind)
{
    if (kind == 0) {
        spool_close(sqlite);
        open_sqlite();
    } else {
        paper_spool_crash(paper);
    }
}

#define PICTURE 48

static void picture_of(uint8_t id, uint8_t out[PICTURE])
{
    memset(out, 'A' + id, PICTURE);
}

static struct fate put(const char *device, uint8_t id)
{
    struct fate fate = {.revision = 1,
                        .rung = TOCSIN__V1__RUNG__RUNG_SIGHTING,
                        .state = WAITING,
                        .taken_ms = 1000 + id};
    Tocsin__V1__SignedAnswer answer = TOCSIN__V1__SIGNED_ANSWER__INIT;
    uint8_t content[3] = {7, 0, id};
    uint8_t bytes[PICTURE];
    uint8_t signature[64] = {id};

    strcpy(fate.device, device);
    strcpy(fate.alert_id, ALERT);
    fate.answer_id[15] = id;
    fate.digest[0] = id;
    fate.kind = device[0] == 'F' ? FATE_FOUND : FATE_ANSWER;
    if (device[0] == 'P') { /* its answers name pictures */
        picture_of(id, bytes);
        fate.picture.state = EXPECTED;
        fate.picture.size = sizeof bytes;
        hash_bytes(fate.picture.hash, bytes, sizeof bytes);
    }
    answer.content = (ProtobufCBinaryData){sizeof content, content};
    answer.signature = (ProtobufCBinaryData){sizeof signature, signature};
    spool.put(spool.arg, &fate, &answer);
    return fate;
}

static void commit(void)
{
    struct diag why = {0};

    ck_assert_msg(spool.commit(spool.arg, &why) == STATUS_OK, "%s", why.text);
}

static void end(struct fate *fate, Tocsin__V1__FateState state,
                Tocsin__V1__Status status)
{
    fate->state = state;
    fate->status = status;
    fate->sequence = 77;
    fate->settled_ms = 5000;
    strcpy(fate->reason, "because");
    spool.end(spool.arg, fate);
}

static Tocsin__V1__FateState state_of(const struct fate *fate)
{
    struct fate found;

    ck_assert(spool.find(spool.arg, fate->device, fate->answer_id, &found));
    ck_assert_int_eq(found.row, fate->row);
    ck_assert_mem_eq(found.digest, fate->digest, sizeof found.digest);
    return found.state;
}

static bool count_one(void *to, const struct fate *fate)
{
    (void)fate;
    ++*(int *)to;
    return true;
}

static int waiting(void)
{
    int count = 0;

    spool.each_waiting(spool.arg, count_one, &count);
    return count;
}

START_TEST(what_was_committed_is_there_after_a_crash_and_nothing_else)
{
    struct fate kept;
    struct fate lost;
    struct fate found;
    Tocsin__V1__SignedAnswer answer;

    open_kind(_i);
    kept = put("H-1", 1);
    commit();
    lost = put("H-1", 2);
    reopen(_i);
    ck_assert_int_eq(waiting(), 1);
    ck_assert(!spool.find(spool.arg, "H-1", lost.answer_id, &found));
    ck_assert(spool.read(spool.arg, kept.row, &found, &answer));
    ck_assert_int_eq(found.taken_ms, 1001);
    ck_assert_str_eq(found.alert_id, ALERT);
    ck_assert_uint_eq(answer.content.len, 3);
    ck_assert_uint_eq(answer.content.data[2], 1);
    ck_assert_uint_eq(answer.signature.len, 64);
}
END_TEST

START_TEST(rows_come_back_in_order_of_arrival)
{
    struct fate first;
    struct fate second;

    open_kind(_i);
    first = put("H-2", 9);
    second = put("H-1", 3);
    commit();
    ck_assert_int_lt(first.row, second.row);
    spool.forget(spool.arg, "H-2", first.answer_id); /* it waits: stays */
    commit();
    ck_assert_int_eq(waiting(), 2);
}
END_TEST

START_TEST(a_fate_is_kept_until_its_handheld_knows)
{
    struct fate fate;
    struct fate found;

    open_kind(_i);
    fate = put("H-1", 1);
    end(&fate, REFUSED, TOCSIN__V1__STATUS__STATUS_DENIED);
    commit();
    reopen(_i);
    ck_assert_int_eq(state_of(&fate), REFUSED);
    ck_assert(spool.find(spool.arg, "H-1", fate.answer_id, &found));
    ck_assert_str_eq(found.reason, "because");
    ck_assert_uint_eq(found.sequence, 77);
    ck_assert(!spool.find(spool.arg, "H-2", fate.answer_id, &found));
    spool.forget(spool.arg, "H-2", fate.answer_id);
    ck_assert_int_eq(state_of(&fate), REFUSED);
    spool.forget(spool.arg, "H-1", fate.answer_id);
    commit();
    ck_assert(!spool.find(spool.arg, "H-1", fate.answer_id, &found));
}
END_TEST

#define OTHER_ALERT "01ARZ3NDEKTSV4RRFFQ69G5F0A"

static bool count_look(void *to, const struct spooled_look *look)
{
    size_t *count = to;

    ck_assert_int_gt(look->row, 0);
    ++*count;
    return true;
}

static size_t looks(void)
{
    size_t count = 0;

    spool.each_look(spool.arg, 0, count_look, &count);
    return count;
}

static bool newest_look(void *to, const struct spooled_look *look)
{
    *(int64_t *)to = look->row;
    return true;
}

static void look_and_end(const char *device, const char *alert, int64_t at_ms)
{
    struct spooled_look look = {.at_ms = at_ms};
    int64_t row = 0;

    strcpy(look.device, device);
    strcpy(look.alert_id, alert);
    look.request_id[0] = (uint8_t)at_ms;
    spool.put_look(spool.arg, &look);
    spool.each_look(spool.arg, 0, newest_look, &row);
    spool.end_look(spool.arg, row);
}

START_TEST(a_look_that_was_told_waits_again_for_another_journal)
{
    open_kind(_i);
    look_and_end("H-1", ALERT, 1000);
    look_and_end("H-1", ALERT, 2000);
    look_and_end("H-1", OTHER_ALERT, 2000);
    spool.purge(spool.arg, 1500);
    spool.strip(spool.arg, OTHER_ALERT);
    commit();
    reopen(_i);
    ck_assert_uint_eq(looks(), 0);
    spool.say_again(spool.arg);
    commit();
    reopen(_i);
    ck_assert_uint_eq(looks(), 1);
    spool.say_again(spool.arg);
    ck_assert_uint_eq(looks(), 1);
    for (int i = 0; i < SPOOL_LOOKED_MAX + 5; i++)
        look_and_end("H-2", ALERT, 3000 + i);
    spool.say_again(spool.arg);
    ck_assert_uint_eq(looks(), 1 + SPOOL_LOOKED_MAX);
}
END_TEST

START_TEST(what_was_recorded_waits_again_for_another_journal)
{
    struct fate recorded;
    struct fate missing;
    struct fate denied;
    struct fate stripped;

    open_kind(_i);
    stripped = put("H-1", 4);
    end(&stripped, RECORDED, TOCSIN__V1__STATUS__STATUS_RECORDED);
    spool.strip(spool.arg, ALERT);
    recorded = put("H-1", 1);
    missing = put("H-1", 2);
    denied = put("H-1", 3);
    end(&recorded, RECORDED, TOCSIN__V1__STATUS__STATUS_RECORDED);
    end(&missing, REFUSED, TOCSIN__V1__STATUS__STATUS_NOT_FOUND);
    end(&denied, REFUSED, TOCSIN__V1__STATUS__STATUS_DENIED);
    commit();
    spool.say_again(spool.arg);
    commit();
    ck_assert_int_eq(state_of(&recorded), WAITING);
    ck_assert_int_eq(state_of(&missing), WAITING);
    ck_assert_int_eq(state_of(&denied), REFUSED);
    ck_assert_int_eq(state_of(&stripped), RECORDED);
}
END_TEST

START_TEST(a_revoked_handhelds_answers_are_marked_and_stay)
{
    struct fate mine;
    struct fate others;

    open_kind(_i);
    mine = put("H-1", 1);
    others = put("H-2", 2);
    spool.revoke(spool.arg, "H-1", "another", 5000);
    commit();
    ck_assert_int_eq(state_of(&mine), WAITING);
    spool.revoke(spool.arg, "H-1", _i == 0 ? NULL : ALERT, 5000);
    commit();
    ck_assert_int_eq(state_of(&mine), REVOKED);
    ck_assert_int_eq(state_of(&others), WAITING);
    ck_assert_int_eq(waiting(), 1);
}
END_TEST

static bool take_device(void *to, const struct spooled_device *device)
{
    *(struct spooled_device *)to = *device;
    return true;
}

START_TEST(the_newest_word_on_a_handheld_counts)
{
    struct spooled_device device = {.id = "H-1", .own = true};
    struct spooled_device found = {0};

    open_kind(_i);
    device.key[0] = 5;
    spool.keep_device(spool.arg, &device);
    device.own = false;
    device.introduced = true;
    spool.keep_device(spool.arg, &device);
    commit();
    spool.each_device(spool.arg, take_device, &found);
    ck_assert(found.introduced && !found.own);
    device.own = true;
    device.introduced = false;
    device.revoked = true;
    spool.keep_device(spool.arg, &device);
    commit();
    reopen(_i);
    spool.each_device(spool.arg, take_device, &found);
    ck_assert_str_eq(found.id, "H-1");
    ck_assert(found.revoked && found.own && !found.introduced);
    ck_assert_uint_eq(found.key[0], 5);
    device.revoked = false;
    device.lost_ms = 1790000000000;
    spool.keep_device(spool.arg, &device);
    commit();
    reopen(_i);
    spool.each_device(spool.arg, take_device, &found);
    ck_assert(!found.revoked && found.lost_ms == device.lost_ms);
}
END_TEST

/* The last page of the answers, as a damaged disk leaves it. */
static void damage_answers(void)
{
    const uint8_t nothing[4096] = {0};
    sqlite3_stmt *query;
    sqlite3 *db;
    int64_t last;
    FILE *file;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_prepare_v2(db,
                           "SELECT max(pageno), max(pgsize) FROM dbstat"
                           " WHERE name = 'answers' AND pagetype = 'leaf'",
                           -1, &query, NULL),
        SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(query), SQLITE_ROW);
    last = sqlite3_column_int64(query, 0);
    ck_assert_int_eq(sqlite3_column_int(query, 1), sizeof nothing);
    sqlite3_finalize(query);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    file = fopen(path, "r+b");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, (last - 1) * (long)sizeof nothing, SEEK_SET),
                     0);
    ck_assert_uint_eq(fwrite(nothing, sizeof nothing, 1, file), 1);
    ck_assert_int_eq(fclose(file), 0);
}

static const char *const other_versions[] = {
    ("UPDATE about SET value = '1' WHERE key = 'schema';"
     "ALTER TABLE answers DROP COLUMN kind"),
    "UPDATE about SET value = '3' WHERE key = 'schema'",
    "DROP TABLE looked", /* earlier, by a table under the same number */
};

START_TEST(who_looks_into_a_spool_of_another_version_is_told_so)
{
    struct spool *looked;
    struct diag why = {0};
    sqlite3 *db;

    open_sqlite();
    ck_assert(spool_look(&looked, path, &why) == STATUS_OK);
    spool_close(looked);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, other_versions[_i], NULL, NULL, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    ck_assert(spool_look(&looked, path, &why) == STATUS_REFUSED);
    ck_assert_ptr_null(looked);
    ck_assert_msg(strstr(why.text, "another version") != NULL, "%s", why.text);
}
END_TEST

#define ANSWERS 100

START_TEST(what_cannot_be_read_is_not_taken_for_nothing)
{
    Tocsin__V1__SignedAnswer answer;
    struct fate fates[ANSWERS];
    struct fate fate;
    struct diag why = {0};
    int count = 0;

    open_sqlite();
    for (uint8_t id = 0; id < ANSWERS; id++)
        fates[id] = put("H-1", id);
    commit();
    ck_assert(!spool.unread(spool.arg, &why));
    spool_close(sqlite);
    damage_answers();
    open_sqlite();
    spool.each_waiting(spool.arg, count_one, &count);
    ck_assert_int_lt(count, ANSWERS);
    ck_assert(spool.unread(spool.arg, &why));
    ck_assert_msg(strstr(why.text, "malformed") != NULL, "%s", why.text);
    ck_assert(spool.find(spool.arg, "H-1", fates[0].answer_id, &fate));
    ck_assert(!spool.unread(spool.arg, &why));
    ck_assert(
        !spool.find(spool.arg, "H-1", fates[ANSWERS - 1].answer_id, &fate));
    ck_assert(spool.unread(spool.arg, &why));
    ck_assert(!spool.read(spool.arg, fates[ANSWERS - 1].row, &fate, &answer));
    ck_assert(spool.unread(spool.arg, &why));
    ck_assert(spool.read(spool.arg, fates[0].row, &fate, &answer));
    ck_assert(!spool.unread(spool.arg, &why));
}
END_TEST

START_TEST(a_spool_belongs_to_one_gateway_and_to_its_owner_alone)
{
    struct stat about;
    struct diag why = {0};
    const struct spool_owner owner = {"GW-2", secret, NULL, 0};
    struct spool *other;

    open_sqlite();
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_int_eq(about.st_mode & 0777, 0600);
    spool_close(sqlite);
    sqlite = NULL;
    ck_assert(spool_open(&other, path, &owner, &why) == STATUS_REFUSED);
    ck_assert_msg(strstr(why.text, "GW-1") != NULL, "%s", why.text);
    ck_assert_ptr_null(other);
}
END_TEST

START_TEST(recorded_answers_go_after_their_time)
{
    struct fate fate;
    struct fate found;

    open_sqlite();
    fate = put("H-1", 1);
    end(&fate, RECORDED, TOCSIN__V1__STATUS__STATUS_RECORDED);
    spool.purge(spool.arg, 5000);
    commit();
    ck_assert_int_eq(state_of(&fate), RECORDED);
    spool.purge(spool.arg, 5001);
    commit();
    ck_assert(!spool.find(spool.arg, "H-1", fate.answer_id, &found));
}
END_TEST

START_TEST(what_was_refused_long_ago_keeps_its_fate_and_no_words)
{
    struct fate fate;
    struct fate found;

    open_kind(_i);
    fate = put("H-1", 1);
    end(&fate, REFUSED, TOCSIN__V1__STATUS__STATUS_NOT_FOUND);
    spool.purge(spool.arg, 5000);
    spool.say_again(spool.arg);
    commit();
    ck_assert_int_eq(state_of(&fate), WAITING);
    end(&fate, REFUSED, TOCSIN__V1__STATUS__STATUS_NOT_FOUND);
    spool.purge(spool.arg, 5001);
    spool.say_again(spool.arg);
    commit();
    ck_assert_int_eq(state_of(&fate), REFUSED);
    ck_assert(spool.find(spool.arg, "H-1", fate.answer_id, &found));
}
END_TEST

/* ---- found children ---- */

START_TEST(of_a_registration_nothing_is_kept_once_the_centre_has_spoken)
{
    struct fate_query found_ones = {.device = "F-1", .kind = FATE_FOUND};
    struct fate_query answers = {.device = "F-1"};
    Tocsin__V1__SignedAnswer letter;
    struct fate recorded;
    struct fate stolen;
    struct fate found;
    int count = 0;

    open_kind(_i);
    recorded = put("F-1", 1);
    (void)put("H-1", 2);
    stolen = put("F-2", 3);
    commit();
    spool.each_fate(spool.arg, &answers, count_one, &count);
    ck_assert_int_eq(count, 0);
    spool.each_fate(spool.arg, &found_ones, count_one, &count);
    ck_assert_int_eq(count, 1);
    ck_assert(spool.read(spool.arg, recorded.row, &found, &letter));
    ck_assert_int_eq(found.kind, FATE_FOUND);
    end(&recorded, RECORDED, TOCSIN__V1__STATUS__STATUS_RECORDED);
    spool.revoke(spool.arg, "F-2", NULL, 5000);
    spool.say_again(spool.arg);
    commit();
    reopen(_i);
    ck_assert_int_eq(state_of(&recorded), RECORDED);
    ck_assert(!spool.read(spool.arg, recorded.row, &found, &letter));
    ck_assert_int_eq(state_of(&stolen), REVOKED);
    ck_assert(spool.read(spool.arg, stolen.row, &found, &letter));
}
END_TEST

/* ---- photographs ---- */

static void keep(const struct fate *fate)
{
    uint8_t bytes[PICTURE];

    picture_of(fate->answer_id[15], bytes);
    spool.keep_picture(spool.arg, fate, bytes);
}

static Tocsin__V1__PictureState picture_state(const struct fate *fate)
{
    struct fate found;

    ck_assert(spool.find(spool.arg, fate->device, fate->answer_id, &found));
    return found.picture.state;
}

static bool has_bytes(const struct fate *fate)
{
    uint8_t expected[PICTURE];
    uint8_t *bytes;
    bool there = spool.read_picture(spool.arg, fate, &bytes);

    picture_of(fate->answer_id[15], expected);
    if (there)
        ck_assert_mem_eq(bytes, expected, PICTURE);
    free(bytes);
    return there;
}

static struct fate put_pictured(const char *device, uint8_t id)
{
    struct fate fate = put(device, id);

    end(&fate, RECORDED, TOCSIN__V1__STATUS__STATUS_RECORDED);
    keep(&fate);
    commit();
    return fate;
}

static void end_picture(struct fate *fate, Tocsin__V1__PictureState state,
                        Tocsin__V1__Status status)
{
    fate->picture.state = state;
    fate->picture.status = status;
    spool.end_picture(spool.arg, fate);
    commit();
}

START_TEST(a_picture_waits_until_the_centre_has_it_and_is_gone_then)
{
    struct fate found;
    struct fate fate;

    open_kind(_i);
    fate = put("P-1", 1);
    commit();
    ck_assert_int_eq(picture_state(&fate), EXPECTED);
    keep(&fate);
    commit();
    reopen(_i);
    ck_assert_int_eq(picture_state(&fate), PICTURED);
    ck_assert(!spool.next_picture(spool.arg, "", &found));
    end(&fate, RECORDED, TOCSIN__V1__STATUS__STATUS_RECORDED);
    commit();
    ck_assert(spool.next_picture(spool.arg, "", &found));
    ck_assert_int_eq(found.row, fate.row);
    ck_assert_uint_eq(found.picture.size, PICTURE);
    ck_assert(has_bytes(&found));
    spool.forget(spool.arg, "P-1", fate.answer_id); /* it waits: stays */
    commit();
    end_picture(&found, THERE, TOCSIN__V1__STATUS__STATUS_RECORDED);
    reopen(_i);
    ck_assert_int_eq(picture_state(&fate), THERE);
    ck_assert(!has_bytes(&fate));
    ck_assert(!spool.next_picture(spool.arg, "", &found));
}
END_TEST

START_TEST(what_was_not_committed_leaves_no_picture)
{
    struct fate fate;

    open_kind(_i);
    fate = put("P-1", 1);
    commit();
    keep(&fate);
    reopen(_i);
    ck_assert_int_eq(picture_state(&fate), EXPECTED);
    ck_assert(!has_bytes(&fate));
}
END_TEST

START_TEST(handhelds_have_their_turn)
{
    struct fate found;

    open_kind(_i);
    (void)put_pictured("P-1", 1);
    (void)put_pictured("P-1", 2);
    (void)put_pictured("P-2", 3);
    ck_assert(spool.next_picture(spool.arg, "", &found));
    ck_assert_uint_eq(found.answer_id[15], 1);
    ck_assert(spool.next_picture(spool.arg, "P-1", &found));
    ck_assert_uint_eq(found.answer_id[15], 3);
    ck_assert(spool.next_picture(spool.arg, "P-2", &found));
    ck_assert_uint_eq(found.answer_id[15], 1);
}
END_TEST

START_TEST(with_a_refused_answer_or_a_revoked_handheld_it_does_not_go)
{
    struct fate refused;
    struct fate missing;
    struct fate stolen;
    struct fate found;

    open_kind(_i);
    refused = put("P-1", 1);
    missing = put("P-1", 2);
    stolen = put("P-2", 3);
    keep(&refused);
    keep(&missing);
    keep(&stolen);
    end(&refused, REFUSED, TOCSIN__V1__STATUS__STATUS_DENIED);
    end(&missing, REFUSED, TOCSIN__V1__STATUS__STATUS_NOT_FOUND);
    spool.revoke(spool.arg, "P-2", NULL, 5000);
    commit();
    ck_assert_int_eq(picture_state(&refused), NOT_TAKEN);
    ck_assert_int_eq(picture_state(&missing), NOT_TAKEN);
    ck_assert_int_eq(picture_state(&stolen), MARKED);
    ck_assert(!has_bytes(&refused));
    ck_assert(has_bytes(&stolen)); /* marked, not dropped */
    ck_assert(!spool.next_picture(spool.arg, "", &found));
    spool.say_again(spool.arg); /* with its answer */
    commit();
    ck_assert_int_eq(picture_state(&missing), PICTURED);
    ck_assert(has_bytes(&missing));
}
END_TEST

/* Nobody can say any more that it knows: its handheld is let in no more, and
 * what never came to the centre no case takes along. */
START_TEST(what_waited_of_a_revoked_one_goes_in_the_end)
{
    Tocsin__V1__SignedAnswer letter;
    struct fate child;
    struct fate sighting;
    struct fate found;

    open_kind(_i);
    child = put("F-1", 1);
    sighting = put("P-1", 2);
    keep(&sighting);
    spool.revoke(spool.arg, "F-1", NULL, 5000);
    spool.revoke(spool.arg, "P-1", NULL, 5000);
    commit();
    spool.purge(spool.arg, INT64_MAX);
    commit();
    ck_assert(!spool.read(spool.arg, child.row, &found, &letter));
    ck_assert(!spool.read(spool.arg, sighting.row, &found, &letter));
    ck_assert(!has_bytes(&sighting));
}
END_TEST

static bool has_words(const struct fate *fate)
{
    Tocsin__V1__SignedAnswer answer;
    struct fate found;

    return spool.read(spool.arg, fate->row, &found, &answer);
}

static struct fate put_refused(const char *device, uint8_t id)
{
    struct fate fate = put(device, id);

    keep(&fate);
    end(&fate, REFUSED, TOCSIN__V1__STATUS__STATUS_NOT_FOUND);
    return fate;
}

static void cut(size_t refused, size_t pictures, size_t fates)
{
    const struct spool_measure measure = {refused, pictures * PICTURE, fates};

    spool.cut(spool.arg, "P-1", &measure);
    commit();
}

START_TEST(of_what_does_not_wait_of_one_handheld_the_newest_is_kept)
{
    struct fate another;
    struct fate due;
    struct fate refused[3];
    struct fate found;

    open_kind(_i);
    another = put_refused("P-2", 1);
    due = put_pictured("P-1", 2);
    for (uint8_t i = 0; i < 3; i++)
        refused[i] = put_refused("P-1", 3 + i);
    cut(3, 3, 3);
    for (int i = 0; i < 3; i++)
        ck_assert(has_words(&refused[i]) && has_bytes(&refused[i]));
    cut(3, 2, 3);
    ck_assert(has_words(&refused[0]) && !has_bytes(&refused[0]));
    ck_assert(has_words(&refused[1]) && has_bytes(&refused[1]));
    cut(1, 2, 2); /* its picture goes nowhere without the answer */
    ck_assert(!spool.find(spool.arg, "P-1", refused[0].answer_id, &found));
    ck_assert(!has_words(&refused[1]) && !has_bytes(&refused[1]));
    ck_assert_int_eq(state_of(&refused[1]), REFUSED);
    ck_assert(has_words(&refused[2]) && has_bytes(&refused[2]));
    cut(0, 0, 0);
    ck_assert(has_words(&due) && has_bytes(&due));
    ck_assert(has_words(&another) && has_bytes(&another));
}
END_TEST

START_TEST(with_its_case_a_picture_goes_whatever_it_waits_for)
{
    struct fate waits;
    struct fate due;

    open_kind(_i);
    waits = put_pictured("P-1", 1);
    due = put("P-1", 2);
    commit();
    spool.strip(spool.arg, ALERT); /* an alert that is over: it may still go */
    commit();
    ck_assert(has_bytes(&waits));
    spool.purge_pictures(spool.arg, ALERT);
    commit();
    ck_assert_int_eq(picture_state(&waits), NOT_TAKEN);
    ck_assert_int_eq(picture_state(&due), NOT_TAKEN);
    ck_assert(!has_bytes(&waits));
}
END_TEST

/* ---- at rest ---- */

static bool lies_on_the_disk(const void *bytes, size_t size)
{
    static const char *const suffixes[] = {"", "-wal"};
    bool found = false;

    for (int i = 0; i < 2; i++) {
        char name[340];
        uint8_t *file;
        size_t length;

        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        if (file_read(name, 1 << 24, &file, &length, NULL) != STATUS_OK)
            continue;
        found = found || memmem(file, length, bytes, size) != NULL;
        free(file);
    }
    return found;
}

START_TEST(what_was_signed_and_photographed_is_sealed_on_the_disk)
{
    uint8_t bytes[PICTURE];
    struct fate fate;

    open_sqlite();
    fate = put_pictured("P-1", 1);
    picture_of(1, bytes);
    ck_assert(!lies_on_the_disk(bytes, 16));
    ck_assert(!lies_on_the_disk((uint8_t[]){7, 0, 1}, 3) ||
              !lies_on_the_disk((uint8_t[64]){1}, 64));
    ck_assert(lies_on_the_disk("P-1", 3)); /* ids are in the clear */
    ck_assert(has_bytes(&fate));
}
END_TEST

static const uint8_t another[KEY_SIZE] = {8};

static enum status open_with_another_key(const uint8_t *former)
{
    uint8_t formers[2][KEY_SIZE] = {{5}};
    struct spool_owner owner = {"GW-1", another,
                                (const uint8_t(*)[KEY_SIZE])formers, 0};
    struct diag why = {0};
    enum status status;

    if (former != NULL) {
        memcpy(formers[1], former, KEY_SIZE);
        owner.former_count = 2;
    }
    spool_close(sqlite);
    status = spool_open(&sqlite, path, &owner, &why);
    if (status == STATUS_OK)
        spool_port(sqlite, &spool);
    else
        ck_assert_msg(strstr(why.text, "another key") != NULL, "%s", why.text);
    return status;
}

START_TEST(a_gateway_with_a_new_key_loses_nothing_that_waits)
{
    struct fate fate;
    struct fate other;
    struct fate found;
    Tocsin__V1__SignedAnswer answer;

    open_sqlite();
    fate = put_pictured("P-1", 1);
    ck_assert(open_with_another_key(NULL) == STATUS_REFUSED);
    open_sqlite();
    end_picture(&fate, THERE, TOCSIN__V1__STATUS__STATUS_RECORDED);
    other = put("H-1", 2);
    commit();
    ck_assert(open_with_another_key(NULL) == STATUS_REFUSED);
    open_sqlite();
    ck_assert(spool.read(spool.arg, other.row, &found, &answer));
    end(&other, RECORDED, TOCSIN__V1__STATUS__STATUS_RECORDED);
    commit();
    ck_assert(open_with_another_key(NULL) == STATUS_OK);
    ck_assert_int_eq(state_of(&other), RECORDED);
    ck_assert(!spool.read(spool.arg, other.row, &found, &answer));
    (void)put("H-1", 3);
    commit();
    ck_assert(open_with_another_key(NULL) == STATUS_OK);
}
END_TEST

static off_t log_size(void)
{
    char log[340];
    struct stat about;

    snprintf(log, sizeof log, "%s-wal", path);
    return stat(log, &about) == 0 ? about.st_size : 0;
}

START_TEST(what_waits_goes_on_with_a_new_key_where_the_former_one_is)
{
    uint8_t bytes[PICTURE];
    uint8_t *opened;
    struct fate pictured;
    struct fate other;
    struct fate found;
    Tocsin__V1__SignedAnswer answer;

    open_sqlite();
    pictured = put_pictured("P-1", 1);
    other = put("H-1", 2);
    commit();
    ck_assert(open_with_another_key(another) == STATUS_REFUSED);
    open_sqlite();
    ck_assert(open_with_another_key(secret) == STATUS_OK);
    ck_assert(spool.read(spool.arg, other.row, &found, &answer));
    ck_assert_uint_eq(answer.signature.len, SIGNATURE_SIZE);
    ck_assert(spool.read_picture(spool.arg, &pictured, &opened));
    picture_of(1, bytes);
    ck_assert_mem_eq(opened, bytes, sizeof bytes);
    free(opened);
    /* from now on it is of the new key alone */
    ck_assert_uint_eq(log_size(), 0);
    ck_assert(open_with_another_key(NULL) == STATUS_OK);
    ck_assert(spool.read(spool.arg, other.row, &found, &answer));
}
END_TEST

START_TEST(what_was_registered_is_not_left_in_the_log_either)
{
    struct fate fate;

    open_sqlite();
    fate = put("F-1", 1);
    commit();
    ck_assert_int_gt(log_size(), 0);
    end(&fate, RECORDED, TOCSIN__V1__STATUS__STATUS_RECORDED);
    commit();
    ck_assert_int_eq(log_size(), 0);
}
END_TEST

START_TEST(what_was_registered_by_a_stolen_one_is_not_left_in_the_log_either)
{
    open_sqlite();
    (void)put("F-1", 1);
    spool.revoke(spool.arg, "F-1", NULL, 5000);
    commit();
    spool.purge(spool.arg, 5000);
    commit();
    ck_assert_int_gt(log_size(), 0); /* it is marked, and kept for its time */
    spool.purge(spool.arg, 5001);
    commit();
    ck_assert_int_eq(log_size(), 0);
}
END_TEST

/* As the version before left it. */
static const char earlier[] =
    "PRAGMA journal_mode=WAL;"
    "CREATE TABLE about(key TEXT PRIMARY KEY, value TEXT NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE devices(id TEXT PRIMARY KEY, key BLOB NOT NULL,"
    " own INTEGER NOT NULL, revoked INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE answers(row INTEGER PRIMARY KEY AUTOINCREMENT,"
    " device TEXT NOT NULL, answer_id BLOB NOT NULL, alert_id TEXT NOT NULL,"
    " revision INTEGER NOT NULL, rung INTEGER NOT NULL, digest BLOB NOT NULL,"
    " content BLOB, signature BLOB, taken_ms INTEGER NOT NULL,"
    " state INTEGER NOT NULL DEFAULT 1,"
    " settled_ms INTEGER NOT NULL DEFAULT 0,"
    " sequence INTEGER NOT NULL DEFAULT 0, status INTEGER NOT NULL DEFAULT 0,"
    " field TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',"
    " UNIQUE(device, answer_id));"
    "INSERT INTO about VALUES('gateway', 'GW-1'), ('schema', '1');"
    "INSERT INTO answers(device, answer_id, alert_id, revision, rung, digest,"
    " content, signature, taken_ms) VALUES"
    "('H-1', zeroblob(16), '" ALERT "', 1, 5, zeroblob(32),"
    " CAST('the girl in the red coat' AS BLOB), zeroblob(64), 7),"
    "('H-1', randomblob(16), '" ALERT "', 1, 5, zeroblob(32), NULL, NULL, 8);";

START_TEST(a_spool_of_the_version_before_is_sealed_when_it_is_opened)
{
    static const char words[] = "the girl in the red coat";
    Tocsin__V1__SignedAnswer answer;
    struct fate found;
    sqlite3 *db;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, earlier, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    ck_assert(lies_on_the_disk(words, strlen(words)));
    for (int i = 0; i < 2; i++) {
        open_sqlite();
        ck_assert(!lies_on_the_disk(words, strlen(words)));
        ck_assert_int_eq(waiting(), 2);
        ck_assert(spool.read(spool.arg, 1, &found, &answer));
        ck_assert_uint_eq(answer.content.len, strlen(words));
        ck_assert_mem_eq(answer.content.data, words, strlen(words));
        ck_assert_uint_eq(answer.signature.len, 64);
        ck_assert(!spool.read(spool.arg, 2, &found, &answer));
        (void)put("P-1", (uint8_t)(10 + i));
        spool_close(sqlite);
    }
    sqlite = NULL;
}
END_TEST

/* ---- the picture cache ---- */

static struct cache *open_cache(uint8_t key)
{
    struct cache *cache;
    struct diag why = {0};
    const uint8_t own[32] = {key};
    char file[320];

    snprintf(file, sizeof file, "%s/cache.db", folder);
    ck_assert_msg(cache_open(&cache, file, own, 10000, &why) == STATUS_OK, "%s",
                  why.text);
    return cache;
}

START_TEST(a_picture_is_sealed_bounded_and_gone_with_its_alert)
{
    struct cache *cache = open_cache(1);
    uint8_t hash[3][32] = {{1}, {2}, {3}};
    uint8_t picture[4000];
    uint8_t *bytes;
    size_t size;

    memset(picture, 'p', sizeof picture);
    cache_keep(cache, hash[0], ALERT, picture, sizeof picture);
    cache_keep(cache, hash[1], "other", picture, sizeof picture);
    ck_assert(cache_load(cache, hash[0], &bytes, &size));
    ck_assert_uint_eq(size, sizeof picture);
    ck_assert_mem_eq(bytes, picture, size);
    free(bytes);
    cache_keep(cache, hash[2], ALERT, picture, sizeof picture);
    ck_assert_uint_le(cache_bytes(cache), 10000);
    cache_close(cache);
    cache = open_cache(2); /* another gateway's key opens nothing */
    for (int i = 0; i < 3; i++)
        ck_assert(!cache_load(cache, hash[i], &bytes, &size));
    cache_close(cache);
    cache = open_cache(1);
    ck_assert(cache_load(cache, hash[2], &bytes, &size));
    free(bytes);
    ck_assert(cache_drop(cache, ALERT));
    ck_assert(!cache_load(cache, hash[2], &bytes, &size));
    cache_close(cache);
}
END_TEST

/* Somebody reads the file: what is dropped stays in its log until he is gone.
 */
START_TEST(a_picture_that_is_not_wholly_gone_is_not_called_gone)
{
    struct cache *cache = open_cache(1);
    const uint8_t hash[32] = {1};
    uint8_t picture[4000];
    char cached[400];
    sqlite3 *reader;

    memset(picture, 'p', sizeof picture);
    cache_keep(cache, hash, ALERT, picture, sizeof picture);
    snprintf(cached, sizeof cached, "%s/cache.db", folder);
    ck_assert_int_eq(sqlite3_open(cached, &reader), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_exec(reader, "BEGIN; SELECT * FROM pictures", NULL, NULL, NULL),
        SQLITE_OK);
    ck_assert(!cache_drop(cache, ALERT));
    ck_assert_int_eq(sqlite3_close(reader), SQLITE_OK);
    ck_assert(cache_drop(cache, ALERT));
    cache_close(cache);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spool");
    TCase *t = tcase_create("contract");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(
        t, what_was_committed_is_there_after_a_crash_and_nothing_else, 0, 2);
    tcase_add_loop_test(t, rows_come_back_in_order_of_arrival, 0, 2);
    tcase_add_loop_test(t, a_fate_is_kept_until_its_handheld_knows, 0, 2);
    tcase_add_loop_test(t, a_look_that_was_told_waits_again_for_another_journal,
                        0, 2);
    tcase_add_loop_test(t, what_was_recorded_waits_again_for_another_journal, 0,
                        2);
    tcase_add_loop_test(t, a_revoked_handhelds_answers_are_marked_and_stay, 0,
                        2);
    tcase_add_loop_test(t, the_newest_word_on_a_handheld_counts, 0, 2);
    tcase_add_loop_test(
        t, of_a_registration_nothing_is_kept_once_the_centre_has_spoken, 0, 2);
    tcase_add_loop_test(
        t, a_picture_waits_until_the_centre_has_it_and_is_gone_then, 0, 2);
    tcase_add_loop_test(t, what_was_not_committed_leaves_no_picture, 0, 2);
    tcase_add_loop_test(t, handhelds_have_their_turn, 0, 2);
    tcase_add_loop_test(
        t, with_a_refused_answer_or_a_revoked_handheld_it_does_not_go, 0, 2);
    tcase_add_loop_test(t, what_waited_of_a_revoked_one_goes_in_the_end, 0, 2);
    tcase_add_loop_test(
        t, of_what_does_not_wait_of_one_handheld_the_newest_is_kept, 0, 2);
    tcase_add_loop_test(t, with_its_case_a_picture_goes_whatever_it_waits_for,
                        0, 2);
    tcase_add_test(t, what_was_signed_and_photographed_is_sealed_on_the_disk);
    tcase_add_test(t, a_gateway_with_a_new_key_loses_nothing_that_waits);
    tcase_add_test(t,
                   what_waits_goes_on_with_a_new_key_where_the_former_one_is);
    tcase_add_test(t, what_was_registered_is_not_left_in_the_log_either);
    tcase_add_test(
        t, what_was_registered_by_a_stolen_one_is_not_left_in_the_log_either);
    tcase_add_test(t,
                   a_spool_of_the_version_before_is_sealed_when_it_is_opened);
    tcase_add_test(t, what_cannot_be_read_is_not_taken_for_nothing);
    tcase_add_loop_test(t, who_looks_into_a_spool_of_another_version_is_told_so,
                        0, 3);
    tcase_add_test(t, a_spool_belongs_to_one_gateway_and_to_its_owner_alone);
    tcase_add_test(t, recorded_answers_go_after_their_time);
    tcase_add_loop_test(
        t, what_was_refused_long_ago_keeps_its_fate_and_no_words, 0, 2);
    tcase_add_test(t, a_picture_is_sealed_bounded_and_gone_with_its_alert);
    tcase_add_test(t, a_picture_that_is_not_wholly_gone_is_not_called_gone);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
