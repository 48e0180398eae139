#include "land.h"

#include <stdio.h>
#include <string.h>

#include "world.h"

#define PREFECTURES 3
#define COUNTIES 4

static const struct {
    int code;
    double latitude;
    double longitude;
} provinces[] = {{11, 39.9, 116.4}, {44, 23.1, 113.2}, {45, 22.8, 108.3}};
#define PROVINCES 3

/* Prefectures half a degree apart, counties a tenth. */
static void place(int province, int prefecture, int county, double *latitude,
                  double *longitude)
{
    *latitude = provinces[province].latitude + (prefecture - 2) * 0.5;
    *longitude = provinces[province].longitude + (county - 2) * 0.1;
}

static size_t put(char *out, size_t room, int province, int prefecture,
                  int county)
{
    static const char *const levels[] = {"province", "prefecture", "county"};
    int level = county > 0 ? 2 : prefecture > 0;
    double latitude;
    double longitude;

    place(province, prefecture, county, &latitude, &longitude);
    return (size_t)snprintf(out, room, "%02d%02d%02d,D,D,%s,%.4f,%.4f\n",
                            provinces[province].code, prefecture, county,
                            levels[level], latitude, longitude);
}

struct divisions *land_make(void)
{
    char csv[8192] = "code,name_zh,name_en,level,lat,lon\n";
    size_t used = strlen(csv);
    struct divisions *divisions;

    for (int i = 0; i < PROVINCES; i++) {
        used += put(csv + used, sizeof csv - used, i, 0, 0);
        for (int j = 1; j <= PREFECTURES; j++) {
            for (int k = 0; k <= COUNTIES; k++)
                used += put(csv + used, sizeof csv - used, i, j, k);
        }
    }
    REQUIRE(divisions_parse(&divisions, csv, used, NULL) == STATUS_OK);
    return divisions;
}

void land_point(struct world *world, const char *division, double *latitude,
                double *longitude)
{
    const struct division *found = divisions_find(world->divisions, division);

    *latitude = 30;
    *longitude = 112;
    if (found != NULL && found->has_point) {
        *latitude = found->point.latitude;
        *longitude = found->point.longitude;
    }
}

static void write_code(char out[7], int province, int prefecture, int county)
{
    const int parts[] = {provinces[province].code, prefecture, county};

    for (int i = 0; i < 3; i++) {
        out[2 * i] = (char)('0' + parts[i] / 10);
        out[2 * i + 1] = (char)('0' + parts[i] % 10);
    }
    out[6] = '\0';
}

void land_division(struct world *world, char out[7])
{
    struct chance *chance = &world->chance;
    int province = (int)chance_below(chance, PROVINCES);
    uint32_t rank = chance_below(chance, 8);
    int prefecture = rank > 1 ? 1 + (int)chance_below(chance, PREFECTURES) : 0;
    int county = rank > 3 ? 1 + (int)chance_below(chance, COUNTIES) : 0;

    write_code(out, province, prefecture, county);
    if (rank == 0)
        memcpy(out, "000000", 7);
}

Tocsin__V1__NodeKind land_kind(struct world *world, size_t number)
{
    return (Tocsin__V1__NodeKind)(1 + number * 2 +
                                  chance_below(&world->chance, 2));
}

struct node *land_settle(struct world *world)
{
    struct node *node = &world->nodes[world->node_count++];
    struct bundle *bundle = &node->bundle;
    struct chance *chance = &world->chance;
    int province = (int)chance_below(chance, PROVINCES);
    int prefecture = 1 + (int)chance_below(chance, PREFECTURES);
    int county = 1 + (int)chance_below(chance, COUNTIES);

    REQUIRE(world->node_count <= world->node_room);
    node->world = world;
    snprintf(bundle->id, sizeof bundle->id, "gate-%zu", world->node_count);
    snprintf(bundle->name, sizeof bundle->name, "%s", bundle->id);
    write_code(bundle->division, province, prefecture, county);
    bundle->role = TOCSIN__V1__ROLE__ROLE_CHECKPOINT;
    bundle->kind = land_kind(world, chance_below(chance, 3));
    bundle->has_point = true;
    place(province, prefecture, county, &bundle->latitude, &bundle->longitude);
    bundle->latitude += (double)chance_between(chance, -99, 99) / 1000;
    bundle->longitude += (double)chance_between(chance, -99, 99) / 1000;
    keypair_make(&bundle->key);
    bundle->has_seed = true;
    memcpy(bundle->authority, world->authority.public_key, KEY_SIZE);
    if (chance_is(chance, world->weather.wrong_clocks))
        node->wrong_ms = weather_wrong_clock(world);
    return node;
}
