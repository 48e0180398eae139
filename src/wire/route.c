#include "wire/route.h"

const char *gate_name(enum gate gate)
{
    switch (gate) {
    case GATE_COMMAND:
        return "command";
    case GATE_FIELD:
        return "field";
    case GATE_FEED:
        return "feed";
    case GATE_COUNT:
        break;
    }
    return "none";
}
