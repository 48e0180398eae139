#include "chance.h"

#include <sodium.h>

/* splitmix64 */
uint64_t chance_draw(struct chance *chance)
{
    uint64_t z = (chance->state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t chance_below(struct chance *chance, uint32_t bound)
{
    return bound == 0 ? 0 : (uint32_t)(chance_draw(chance) % bound);
}

int64_t chance_between(struct chance *chance, int64_t least, int64_t most)
{
    return least +
           (int64_t)(chance_draw(chance) % (uint64_t)(most - least + 1));
}

bool chance_is(struct chance *chance, unsigned per_mille)
{
    return chance_below(chance, 1000) < per_mille;
}

void chance_fill(struct chance *chance, void *out, size_t size)
{
    uint8_t *bytes = out;

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(chance_draw(chance) >> 56);
}

/* libsodium's generator has no context: hence a global. */
static struct chance *sodium_source;

static const char *sodium_name(void)
{
    return "simulated";
}

static uint32_t sodium_random(void)
{
    return (uint32_t)(chance_draw(sodium_source) >> 32);
}

static void sodium_fill(void *const out, const size_t size)
{
    chance_fill(sodium_source, out, size);
}

static void sodium_stir(void)
{
}

void chance_rules_sodium(struct chance *source)
{
    static randombytes_implementation simulated = {.implementation_name =
                                                       sodium_name,
                                                   .random = sodium_random,
                                                   .stir = sodium_stir,
                                                   .buf = sodium_fill};

    sodium_source = source;
    (void)randombytes_set_implementation(&simulated);
}
