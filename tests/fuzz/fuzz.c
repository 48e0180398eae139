#define _GNU_SOURCE
#include "fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const char *fuzz_file(const uint8_t *data, size_t size)
{
    static char path[40];
    static int fd = -1;

    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        REQUIRE(fd >= 0 && fchmod(fd, 0600) == 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    REQUIRE(ftruncate(fd, 0) == 0);
    REQUIRE(pwrite(fd, data, size, 0) == (ssize_t)size);
    return path;
}

struct fuzz_bytes fuzz_pack(struct arena *arena,
                            const ProtobufCMessage *message)
{
    size_t room = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = arena->allocator.alloc(arena, room + 1);

    REQUIRE(bytes != NULL);
    return (struct fuzz_bytes){bytes, protobuf_c_message_pack(message, bytes)};
}
