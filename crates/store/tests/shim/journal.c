/* Records, in one total order, what a process does to the files of a folder.
 *
 * Preloaded into a child process of the power-loss test. SHIM_DIR names the folder, SHIM_JOURNAL
 * the file that the records are appended to. A record is a header of 40 bytes (kind, name length,
 * a, b, data length; native byte order), then the name, then the data. The lock is held across the
 * call and its record, so no record is in a place where its call was not. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum { CREATE = 1, WRITE, TRUNCATE, SYNC, UNLINK, RENAME };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
static char folder[PATH_MAX];

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

__attribute__((constructor)) static void start(void) {
    const char *dir = getenv("SHIM_DIR"), *path = getenv("SHIM_JOURNAL");
    if (!dir || !path) return;
    if (!realpath(dir, folder)) abort();
    journal = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (journal < 0) abort();
}

static void put(const void *data, size_t size) {
    const char *at = data;
    while (size > 0) {
        long done = syscall(SYS_write, journal, at, size);
        if (done <= 0) abort();
        at += done;
        size -= (size_t)done;
    }
}

static void record(int kind, const char *name, uint64_t a, uint64_t b, const void *data, size_t size) {
    uint64_t header[5] = {(uint64_t)kind, strlen(name), a, b, size};
    put(header, sizeof header);
    put(name, strlen(name));
    put(data, size);
}

/* The path inside the folder, "." for the folder itself; NULL for every other file. */
static const char *inside(const char *absolute) {
    size_t length = strlen(folder);
    if (journal < 0 || strncmp(absolute, folder, length) != 0) return NULL;
    if (absolute[length] == 0) return ".";
    return absolute[length] == '/' ? absolute + length + 1 : NULL;
}

static const char *of_fd(int fd, char *space) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, space, PATH_MAX - 1);
    if (length < 0) return NULL;
    space[length] = 0;
    return inside(space);
}

/* The folder is given to the process as an absolute path, so its files are too. */
static int open_at(int dir, const char *path, int flags, mode_t mode) {
    static int (*call)(int, const char *, int, ...);
    if (!call) call = real("openat");
    const char *name = inside(path);
    if (!name || !(flags & O_CREAT)) {
        int fd = call(dir, path, flags, mode);
        if (fd >= 0 && name && (flags & O_TRUNC)) {
            pthread_mutex_lock(&lock);
            record(TRUNCATE, name, 0, 0, "", 0);
            pthread_mutex_unlock(&lock);
        }
        return fd;
    }
    pthread_mutex_lock(&lock);
    struct stat before;
    int is_new = stat(path, &before) != 0;
    int fd = call(dir, path, flags, mode);
    int error = errno;
    if (fd >= 0 && is_new) record(CREATE, name, 0, 0, "", 0);
    if (fd >= 0 && !is_new && (flags & O_TRUNC)) record(TRUNCATE, name, 0, 0, "", 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return fd;
}

#define MODE(flags, mode) \
    va_list list; va_start(list, flags); \
    mode_t mode = ((flags) & (O_CREAT | O_TMPFILE)) ? va_arg(list, mode_t) : 0; va_end(list)

int open(const char *path, int flags, ...) { MODE(flags, mode); return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags, mode); return open_at(AT_FDCWD, path, flags, mode); }
int openat(int dir, const char *path, int flags, ...) { MODE(flags, mode); return open_at(dir, path, flags, mode); }
int openat64(int dir, const char *path, int flags, ...) { MODE(flags, mode); return open_at(dir, path, flags, mode); }

static ssize_t write_at(int fd, const void *data, size_t size, off_t offset, int has_offset) {
    char space[PATH_MAX];
    const char *name = journal < 0 ? NULL : of_fd(fd, space);
    if (!name) {
        return has_offset ? syscall(SYS_pwrite64, fd, data, size, offset) : syscall(SYS_write, fd, data, size);
    }
    pthread_mutex_lock(&lock);
    if (!has_offset) {
        offset = (fcntl(fd, F_GETFL) & O_APPEND) ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR);
    }
    ssize_t done = has_offset ? syscall(SYS_pwrite64, fd, data, size, offset) : syscall(SYS_write, fd, data, size);
    int error = errno;
    if (done > 0) record(WRITE, name, (uint64_t)offset, 0, data, (size_t)done);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

ssize_t write(int fd, const void *data, size_t size) { return write_at(fd, data, size, 0, 0); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) { return write_at(fd, data, size, offset, 1); }
ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset) { return write_at(fd, data, size, offset, 1); }

static int simple(long number, int kind, int fd, off_t length) {
    char space[PATH_MAX];
    const char *name = journal < 0 ? NULL : of_fd(fd, space);
    if (!name) return (int)syscall(number, fd, length);
    /* A sync covers what was written before it began: its record stands where it began. The other
     * calls cannot fall between, the lock is held. */
    pthread_mutex_lock(&lock);
    int result = (int)syscall(number, fd, length);
    int error = errno;
    if (result == 0) record(kind, name, (uint64_t)length, 0, "", 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int fsync(int fd) { return simple(SYS_fsync, SYNC, fd, 0); }
int fdatasync(int fd) { return simple(SYS_fdatasync, SYNC, fd, 0); }
int ftruncate(int fd, off_t length) { return simple(SYS_ftruncate, TRUNCATE, fd, length); }
int ftruncate64(int fd, off_t length) { return simple(SYS_ftruncate, TRUNCATE, fd, length); }

int unlink(const char *path) {
    const char *name = inside(path);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    int error = errno;
    if (result == 0 && name) record(UNLINK, name, 0, 0, "", 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int rename(const char *from, const char *to) {
    const char *name = inside(from), *target = inside(to);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    int error = errno;
    if (result == 0 && name && target) record(RENAME, name, 0, 0, target, strlen(target));
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}
