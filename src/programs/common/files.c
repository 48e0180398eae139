#include "common/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/say.h"

#define STEP 65536

void files_keep_standard(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        /* the lowest that is free; what is printed there still fails */
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)!open("/dev/null", fd == 0 ? O_RDWR : O_RDONLY);
    }
}

/* Grows as it reads: a pipe does not tell its size. */
static uint8_t *read_all(FILE *file, size_t max, size_t *size)
{
    uint8_t *bytes = NULL;

    *size = 0;
    for (;;) {
        uint8_t *more = realloc(bytes, *size + STEP + 1);
        size_t got;

        if (more == NULL)
            break;
        bytes = more;
        got = fread(bytes + *size, 1, STEP, file);
        *size += got;
        if (*size > max) {
            errno = EFBIG;
            break;
        }
        if (got == 0) {
            if (ferror(file))
                break;
            bytes[*size] = '\0';
            return bytes;
        }
    }
    free(bytes);
    return NULL;
}

bool file_load(const char *path, size_t max, uint8_t **out, size_t *size)
{
    bool is_input = strcmp(path, "-") == 0;
    FILE *file = is_input ? stdin : fopen(path, "rbe");
    uint8_t *bytes = file == NULL ? NULL : read_all(file, max, size);

    if (bytes == NULL && errno == EFBIG)
        complain("%s: is too large, it may have at most %zu bytes", path, max);
    else if (bytes == NULL)
        complain("%s: %s", path, strerror(errno));
    if (file != NULL && !is_input)
        (void)fclose(file);
    if (bytes != NULL)
        *out = bytes;
    return bytes != NULL;
}

bool file_load_text(const char *path, size_t max, char **out)
{
    uint8_t *bytes;
    size_t size;
    size_t line = 1;

    if (!file_load(path, max, &bytes, &size))
        return false;
    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        size -= 3;
        memmove(bytes, bytes + 3, size + 1); /* the zero after it too */
    }
    if (memchr(bytes, 0, size) == NULL) {
        *out = (char *)bytes;
        return true;
    }
    for (const uint8_t *at = bytes; *at != 0; at++)
        line += *at == '\n';
    complain("%s: line %zu: has a zero byte; it must be a text in UTF-8", path,
             line);
    free(bytes);
    return false;
}

bool file_save(const char *path, const void *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
    bool good = file != NULL && fwrite(bytes, 1, size, file) == size;

    if (file != NULL)
        good = fclose(file) == 0 && good;
    else if (fd >= 0)
        (void)close(fd);
    if (!good)
        complain("%s: %s", path, strerror(errno));
    return good;
}

bool is_folder(const char *path)
{
    struct stat facts;

    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

bool make_folder(const char *path)
{
    if (mkdir(path, 0700) == 0 || (errno == EEXIST && is_folder(path)))
        return true;
    complain("%s: %s", path, strerror(errno == EEXIST ? ENOTDIR : errno));
    return false;
}
