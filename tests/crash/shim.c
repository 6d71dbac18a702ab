/* Preloaded into a process: counts, records, fails and ends what it does to files below a folder.
 *
 * shim_arm(kill_at, folder, trace): from here on the kill_at-th change or sync of a file below
 * `folder` kills the process before it happens (0: never); what happens is written to the
 * descriptor `trace` (-1: nowhere), as a header and its bytes. shim_mark writes a record of its own.
 *
 * shim_fail(kind, nth, times, error): from the nth write or sync on, `times` of them fail with
 * `error` (0: all of them, until shim_fail is called again; an nth of 0: none). Likewise for files
 * that are opened or made there, and for threads that are started anywhere.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2, TRUNCATE = 3, UNLINK = 4, RENAME = 5, MARK = 6, OPEN = 7, MAKE = 8, THREAD = 9 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[PATH_MAX];
static long kill_at, count;
static int trace = -1;

void shim_arm(long nth, const char *path, int descriptor) {
    pthread_mutex_lock(&lock);
    kill_at = nth;
    count = 0;
    trace = descriptor;
    snprintf(folder, sizeof folder, "%s/", path);
    pthread_mutex_unlock(&lock);
}

long shim_count(void) { return count; }

static void record(int kind, const char *path, int64_t offset, const void *data, uint64_t length) {
    struct { uint32_t kind, path; int64_t offset; uint64_t length; } head;
    if (trace < 0) return;
    head.kind = kind;
    head.path = strlen(path);
    head.offset = offset;
    head.length = length;
    struct iovec parts[3] = {{&head, sizeof head}, {(void *)path, head.path}, {(void *)data, length}};
    if (syscall(SYS_writev, trace, parts, 3) < 0) _exit(99);
}

void shim_mark(const char *text) {
    pthread_mutex_lock(&lock);
    record(MARK, text, 0, "", 0);
    pthread_mutex_unlock(&lock);
}

static int is_ours(const char *path) {
    size_t length = strlen(folder);
    return length > 1 && !strncmp(path, folder, length) && !strstr(path, "-shm");
}

static int path_of(int descriptor, char *path) {
    char link[64];
    if (!folder[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return is_ours(path);
}

static int fail_kind, fail_error;
static long fail_from, fail_times, seen, failures;
static char fail_path[PATH_MAX];

void shim_fail(int kind, long nth, long times, int error) {
    pthread_mutex_lock(&lock);
    fail_kind = kind;
    fail_from = nth;
    fail_times = times;
    fail_error = error;
    seen = 0;
    pthread_mutex_unlock(&lock);
}

long shim_seen(void) { return seen; }

long shim_failures(void) { return failures; }

const char *shim_failed_path(void) { return fail_path; }

static int failing(int kind, const char *path) {
    if (!fail_from || kind != fail_kind || ++seen < fail_from) return 0;
    if (fail_times && seen >= fail_from + fail_times) return 0;
    if (!failures++) snprintf(fail_path, sizeof fail_path, "%s", path);
    errno = fail_error;
    return 1;
}

static void step(void) {
    if (++count == kill_at) {
        kill(getpid(), SIGKILL);
        pause();
    }
}

#define NEXT(name, type, ...) \
    static type (*next)(__VA_ARGS__); \
    if (!next) next = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

#define AROUND(call, kind, path, ...) \
    pthread_mutex_lock(&lock); \
    step(); \
    result = failing(kind, path) ? -1 : call; \
    if (result >= 0) record(kind, path, __VA_ARGS__); \
    pthread_mutex_unlock(&lock); \
    return result

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    NEXT("pwrite64", ssize_t, int, const void *, size_t, off64_t);
    char path[PATH_MAX];
    ssize_t result;
    if (!path_of(fd, path)) return next(fd, data, size, at);
    AROUND(next(fd, data, size, at), WRITE, path, at, data, result);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return pwrite64(fd, data, size, at); }

ssize_t write(int fd, const void *data, size_t size) {
    NEXT("write", ssize_t, int, const void *, size_t);
    char path[PATH_MAX];
    ssize_t result;
    if (!path_of(fd, path)) return next(fd, data, size);
    off64_t at = lseek64(fd, 0, SEEK_CUR);
    AROUND(next(fd, data, size), WRITE, path, at, data, result);
}

static int sync_(int fd, int (*next)(int)) {
    char path[PATH_MAX];
    int result;
    if (!path_of(fd, path)) return next(fd);
    AROUND(next(fd), SYNC, path, 0, "", 0);
}

int fsync(int fd) {
    NEXT("fsync", int, int);
    return sync_(fd, next);
}

int fdatasync(int fd) {
    NEXT("fdatasync", int, int);
    return sync_(fd, next);
}

int ftruncate64(int fd, off64_t length) {
    NEXT("ftruncate64", int, int, off64_t);
    char path[PATH_MAX];
    int result;
    if (!path_of(fd, path)) return next(fd, length);
    AROUND(next(fd, length), TRUNCATE, path, length, "", 0);
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int unlink(const char *path) {
    NEXT("unlink", int, const char *);
    int result;
    if (!is_ours(path)) return next(path);
    AROUND(next(path), UNLINK, path, 0, "", 0);
}

int unlinkat(int folder_fd, const char *name, int flags) {
    NEXT("unlinkat", int, int, const char *, int);
    char path[2 * PATH_MAX], base[PATH_MAX];
    int result;
    if (name[0] == '/') snprintf(path, sizeof path, "%s", name);
    else if (path_of(folder_fd, base)) snprintf(path, sizeof path, "%s/%s", base, name);
    else return next(folder_fd, name, flags);
    if (!is_ours(path)) return next(folder_fd, name, flags);
    AROUND(next(folder_fd, name, flags), UNLINK, path, 0, "", 0);
}

int rename(const char *from, const char *to) {
    NEXT("rename", int, const char *, const char *);
    int result;
    if (!is_ours(to)) return next(from, to);
    AROUND(next(from, to), RENAME, from, 0, to, strlen(to));
}

/* What is opened or made below the folder, and every thread: these only fail, they are no changes. */

static int refused(int kind, const char *path) {
    size_t length = strlen(folder);
    if (!fail_from || length < 2 || strncmp(path, folder, length)) return 0;
    pthread_mutex_lock(&lock);
    int result = failing(kind, path);
    pthread_mutex_unlock(&lock);
    return result;
}

static int refused_at(int folder_fd, const char *name, int flags) {
    char path[2 * PATH_MAX], base[PATH_MAX], link[64];
    if (name[0] == '/' || folder_fd == AT_FDCWD) snprintf(path, sizeof path, "%s", name);
    else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder_fd);
        ssize_t length = readlink(link, base, sizeof base - 1);
        if (length <= 0) return 0;
        base[length] = 0;
        snprintf(path, sizeof path, "%s/%s", base, name);
    }
    int saved = errno;
    int makes = (flags & O_CREAT) && faccessat(folder_fd, name, F_OK, 0);
    errno = saved;
    return refused(OPEN, path) || (makes && refused(MAKE, path));
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & O_CREAT) { \
        va_list more; \
        va_start(more, flags); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }

int open64(const char *name, int flags, ...) {
    NEXT("open64", int, const char *, int, ...);
    MODE(flags);
    return refused_at(AT_FDCWD, name, flags) ? -1 : next(name, flags, mode);
}

int open(const char *name, int flags, ...) {
    NEXT("open", int, const char *, int, ...);
    MODE(flags);
    return refused_at(AT_FDCWD, name, flags) ? -1 : next(name, flags, mode);
}

int openat64(int folder_fd, const char *name, int flags, ...) {
    NEXT("openat64", int, int, const char *, int, ...);
    MODE(flags);
    return refused_at(folder_fd, name, flags) ? -1 : next(folder_fd, name, flags, mode);
}

int openat(int folder_fd, const char *name, int flags, ...) {
    NEXT("openat", int, int, const char *, int, ...);
    MODE(flags);
    return refused_at(folder_fd, name, flags) ? -1 : next(folder_fd, name, flags, mode);
}

int mkdir(const char *path, mode_t mode) {
    NEXT("mkdir", int, const char *, mode_t);
    return refused(MAKE, path) ? -1 : next(path, mode);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *), void *with) {
    NEXT("pthread_create", int, pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (!fail_from || fail_kind != THREAD) return next(thread, how, run, with);
    pthread_mutex_lock(&lock);
    int fails = failing(THREAD, "");
    pthread_mutex_unlock(&lock);
    return fails ? fail_error : next(thread, how, run, with);
}
