/**
 * Stories: a broker core with a paper disk, a told clock and a handful of
 * principals. A test tells sentences; whatever leaves the broker is written
 * into a transcript, which the test compares.
 *
 * Cast: centres sz (440300) and bj (110000), supervisor sup (440000),
 * administrator administrator (000000) and admin-bj (110000), laboratory lab,
 * gateway van (440305), nodes gate-1 (border, 440305), gate-2 (airport,
 * 440306), gate-3 (railway, 110101), gate-4 (bus, 441302).
 *
 * Sentences (alerts are A1, A2, ...; the newest revision unless said):
 *   sz reports A1 [within KM] [exercise] [expiring MINUTES] [seen in CODE]
 *          [near Beijing] [naming CODE]  - in its target, beside 440306
 *          [padded] [ringed POLICY] [askew] [ago SECONDS]
 *          [with picture N] [showing N]  - that was brought; its thumbnail
 *          - POLICY: "10@0,30@600s,air=800"; without a speed its steps alone;
 *          last seen SECONDS ago (60)
 *   sz revises A1 [within KM] [as revision N] [ringed ...] [ago SECONDS]
 *          [confirming N [doubtfully]] [with picture N] [showing N]
 *   sz withdraws A1
 *   gate-1 holds|shows|reads|searches|sights|intercepts A1 [of revision N]
 *          [as gate-2] [through van] [forged] [at LAT,LON] [N minutes ago]
 *          [with picture N]  - of 1,000 bytes
 *   gate-1 brings picture N of A1 [half] [damaged]  - in two pieces
 *   sz fetches picture N of A1 / lists sightings|looks of A1
 *   administrator enrols lead-1 officer in 440300 [rank N]
 *   sz offers A1 to lead-1 [forged]  - orders, each signed by who gives it
 *   lead-1 accepts|declines|stands|reopens|seals A1
 *   gate-1 purges A1 [as gate-2] [forged]
 *   lead-1 assigns investigation|rescue|comfort of A1 to team-1
 *   team-1 logs rescue of A1
 *   lead-1 solves A1 as returned|civil-affairs|runaway|lost|rescued|death|false
 *          [nameless] [paperless]
 *   sup confirms A1 as death
 *   lead-1 notes K-1 of A1 mother|father|sibling|kin due|taken|sent|failed|
 *          impossible [speechless] [forged]   - "-": without a kit
 *   lab receives|fails K-1 [forged] [late] [stuffed]
 *   lab matches C-1 with K-1 [K-2] [forged] [nameless]
 *   lead-1 decides match N of A1 accepted|rejected|again [speechless]
 *   lab looks at K-1
 *   office inquires K-1
 *   lead-1 reads the file of A1
 *   lead-1 checks|dismisses|confirms sighting N of A1 [doubles M]
 *   gate-1 syncs from N [marked [falsely]] / syncs on / beats [as SOFTWARE] /
 * keys / files A1 [of the lost journal]   - on: where the last page ended;
 * marked: with the mark of the last one that was, whoever had it gate-1 hands
 * back A1 [of revision N] [withdrawn] [forged] [exercise] [by CENTRE] [in CODE]
 * [numbered NUMBER] [with picture N] [showing N]  - as sz has signed it gate-1
 * registers F1 [again] [as gate-2] [as revision N] [through van] [forged] [in
 * CODE] [near Beijing] [boy] [aged MONTHS] [ago SECONDS] [kit NUMBER]
 * [keeperless] [differently]
 *          - a girl of five in Nanshan a minute ago; again: the same words
 *   sz identifies F1 as A1 / closes|reopens|seals F1 [forged]
 *   sz looks at F1 / lists [all] found / lists likely A1
 *   sup follows [after N] [of this journal] [of the lost journal]
 *          [marked [falsely]]
 *   sup lists the overdue / lists the supervised / lists the board of A1
 *   sup supervises|lifts A1|gate-1|440305 [speechless]
 *   administrator revokes gate-1 / enrols gate-9 in 440305 / rekeys gate-1
 *   administrator readmits gate-1 at LAT,LON [in CODE]  - with the key it had
 *   administrator invites h-1 to van [with code N] [for SECONDS] [anew]
 *   van claims h-1 [with code N] [anew]   - for the handheld; anew: another key
 *   again                  - the same bytes from the same principal once more
 *   twisted                - the same request id with another body
 *   ... elsewhere          - whatever it is, over another connection with this
 *                            key: the transcript calls it gate-1'
 *   the disk pauses / resumes / crashes
 *   requests keep coming / requests pause - the desk's turn goes on meanwhile
 *   the journal cannot be read / can be read again - what was filed, that is
 *   the disk commits one   - while it pauses, the oldest fact
 *   the disk commits unseen - all of them; the broker has not heard it yet
 *   the broker restarts
 *   the broker is restored to N  - what came after fact N is lost
 *   the home is put back to N    - the same, by hand: nothing says so
 *   the journal is slow / fast   - what its chain was is not known at once
 *   pictures take N ms     - to be read
 *   the book is written down / the broker starts from what was written
 *   the broker minds silence   - of nodes for a minute, of sightings for ten,
 * of a lead for half an hour, of duties for a day; it starts anew
 *   the broker minds samples   - for 72 hours, matches for a day; likewise N s
 * pass / N d pass    - days with a tick an hour; N h pass: so too; the clock
 * jumps N s    - the broker's, forward or (-N) back the clock says DATE    -
 * e.g. 1970-01-01T00:00:00Z the centres' clocks jump N s  - against the
 * broker's
 */
#ifndef TOCSIN_KIT_STORY_H
#define TOCSIN_KIT_STORY_H

#include <stddef.h>

#include "broker/core.h"

struct story;

struct story *story_new(void);
void story_free(struct story *story);

void story_tell(struct story *story, const char *sentence);

/** What left the broker since the last look. */
const char *story_heard(struct story *story);
/** Fails the test when it is not this; lines end with a newline. */
void story_expect(struct story *story, const char *transcript);
/** Forget what was heard so far. */
void story_skip(struct story *story);
/** What the broker said last of its clock, "" for nothing. */
const char *story_clock_log(const struct story *story);

/** Generation of the keys that the last feed message was sealed with. */
uint32_t story_feed_generation(const struct story *story);

/** How many facts are on the disk. */
size_t story_facts(const struct story *story);
/** When the last of them was recorded, by the broker's clock. */
int64_t story_recorded_ms(const struct story *story);
int64_t story_now_ms(const struct story *story);
/** Beacons since the last call. */
unsigned story_beacons(struct story *story);
struct broker *story_broker(struct story *story);
/** The same for two books that hold the same, field by field. */
void story_book(struct story *story, uint8_t digest[32]);
/** Throw bytes at the broker as this principal. */
void story_throw(struct story *story, const char *who, const uint8_t *bytes,
                 size_t size);
/** The last request that was sent, for mutating. */
const uint8_t *story_last_request(const struct story *story, size_t *size);

#endif
