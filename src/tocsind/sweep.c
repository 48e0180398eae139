#define _GNU_SOURCE
#include "tocsind/sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNNAMED_MS (24LL * 3600 * 1000)

static bool is_testified(const struct alert *alert, const uint8_t hash[32])
{
    for (size_t i = 0; i < alert->answer_count; i++) {
        if (alert->answers[i].has_picture &&
            memcmp(alert->answers[i].picture, hash, 32) == 0)
            return true;
    }
    return false;
}

bool picture_is_named(const struct book *book, const char *name)
{
    char id[ULID_SIZE + 1];
    uint8_t hash[32];
    const struct alert *alert;

    if (strlen(name) != PICTURE_NAME_SIZE || name[ULID_SIZE] != '-' ||
        !hex_decode(hash, sizeof hash, name + ULID_SIZE + 1))
        return false;
    memcpy(id, name, ULID_SIZE);
    id[ULID_SIZE] = '\0';
    alert = book_alert(book, id);
    return alert != NULL && ((alert->has_picture &&
                              memcmp(alert->picture, hash, sizeof hash) == 0) ||
                             is_testified(alert, hash));
}

unsigned sweep_pictures(const char *folder, const struct book *book,
                        int64_t now_ms)
{
    DIR *dir = opendir(folder);
    unsigned count = 0;

    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        struct stat facts;

        if (entry->d_name[0] == '.' || picture_is_named(book, entry->d_name) ||
            fstatat(dirfd(dir), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) !=
                0 ||
            (int64_t)facts.st_mtime * 1000 > now_ms - UNNAMED_MS)
            continue;
        count += unlinkat(dirfd(dir), entry->d_name, 0) == 0;
    }
    if (dir != NULL)
        (void)closedir(dir);
    return count;
}

static bool read_key_id(int folder, const char *name, uint8_t id[KEY_ID_SIZE])
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    bool good = fd >= 0 && read(fd, id, KEY_ID_SIZE) == KEY_ID_SIZE;

    if (fd >= 0)
        (void)close(fd);
    return good;
}

void sweep_each_key(const char *folder, const char *alert_id,
                    void (*take)(void *to, const uint8_t id[KEY_ID_SIZE]),
                    void *to)
{
    DIR *dir = opendir(folder);
    size_t size = strlen(alert_id);

    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        uint8_t id[KEY_ID_SIZE];

        if (entry->d_name[0] != '.' &&
            strncmp(entry->d_name, alert_id, size) == 0 &&
            read_key_id(dirfd(dir), entry->d_name, id))
            take(to, id);
    }
    if (dir != NULL)
        (void)closedir(dir);
}

static void keep_key(void *to, const uint8_t id[KEY_ID_SIZE])
{
    vault_used(to, id);
}

void sweep_keep_keys(const char *folder, struct vault *vault)
{
    sweep_each_key(folder, "", keep_key, vault);
}
