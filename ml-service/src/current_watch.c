/* See current_watch.h. Lock: `lock` guards the status only; the rest is the thread's own. */
#include "current_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <aas/cleanup.h>
#include <aas/clock.h>
#include <aas/id.h>
#include <aas/json.h>
#include <aas/log.h>
#include <aas/thread.h>

#include "dropin.h"
#include "manifest.h"

#define AAS_LOG_MOD "dropin"

#define LOOK_EVERY_MS 5000
#define PATH_BYTES    1024

/* What ml_dropin_read looks at; the first two are the model itself. */
static const char *const names[] = {"xgboost_anomaly_detector.json", "model.json",          "label_encoder.pkl",
                                    "label_encoder.joblib",          "label_encoder.json",  "feature_scaler.pkl",
                                    "feature_scaler.joblib",         "feature_scaler.json", "feature_schema.json"};
#define NAMES (sizeof names / sizeof names[0])

/* Size and times of each file: tells whether anything changed without reading. */
struct look {
    struct {
        int64_t size, mtime_ns;
        uint64_t inode;
    } file[NAMES];
};

struct ml_current {
    char *dir, *models_dir;
    struct ml_registry *registry;
    bool promote;
    int64_t quiet_ms;
    int inotify_fd, stop_fd;
    struct aas_thread *thread;

    struct look last, tried;
    struct aas_mono last_change;

    pthread_mutex_t lock;
    const char *state;
    char version[ML_VERSION_BYTES];
    struct aas_error reason;
    int64_t at_ms;
};

int ml_current_create(struct ml_current **ret, const struct ml_current_options *o, struct aas_error *err)
{
    struct ml_current *d = calloc(1, sizeof *d);
    if (!d)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    (void)pthread_mutex_init(&d->lock, NULL);
    d->registry = o->registry;
    d->promote = o->promote;
    d->quiet_ms = o->quiet_ms;
    d->state = "empty";
    d->inotify_fd = d->stop_fd = -1;
    d->models_dir = strdup(o->models_dir);
    if (asprintf(&d->dir, "%s/current", o->models_dir) < 0)
        d->dir = NULL;
    if (!d->models_dir || !d->dir) {
        ml_current_destroy(d);
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    }
    *ret = d;
    return 0;
}

void ml_current_destroy(struct ml_current *d)
{
    if (!d)
        return;
    ml_current_stop(d);
    if (d->inotify_fd >= 0)
        (void)close(d->inotify_fd);
    if (d->stop_fd >= 0)
        (void)close(d->stop_fd);
    (void)pthread_mutex_destroy(&d->lock);
    free(d->dir);
    free(d->models_dir);
    free(d);
}

static void set_state(struct ml_current *d, const char *state, const char *version, const struct aas_error *reason)
{
    (void)pthread_mutex_lock(&d->lock);
    d->state = state;
    (void)snprintf(d->version, sizeof d->version, "%s", version ? version : "");
    d->reason = reason ? *reason : AAS_ERROR_NONE;
    d->at_ms = aas_clock_wall_ms();
    (void)pthread_mutex_unlock(&d->lock);
}

json_t *ml_current_json(struct ml_current *d)
{
    (void)pthread_mutex_lock(&d->lock);
    json_t *o = json_pack("{s:s,s:s?,s:s?,s:I}", "state", d->state, "version", d->version[0] ? d->version : NULL,
                          "reason", d->reason.code ? d->reason.msg : NULL, "at", (json_int_t)d->at_ms);
    (void)pthread_mutex_unlock(&d->lock);
    return o;
}

/* --- what lies there -----------------------------------------------------------------------------------------------
 */

static void take_look(const struct ml_current *d, struct look *ret)
{
    memset(ret, 0, sizeof *ret);
    for (size_t i = 0; i < NAMES; i++) {
        char path[PATH_BYTES];
        struct stat st;
        ret->file[i].size = -1;
        if (snprintf(path, sizeof path, "%s/%s", d->dir, names[i]) >= (int)sizeof path || stat(path, &st) != 0)
            continue;
        ret->file[i].size = st.st_size;
        ret->file[i].mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
        ret->file[i].inode = st.st_ino;
    }
}

static bool has_model(const struct look *l)
{
    return l->file[0].size >= 0 || l->file[1].size >= 0;
}

/* --- deploying -----------------------------------------------------------------------------------------------------
 */

/* The version that was made of the same files; "" when there is none. */
static int find_version(struct ml_current *d, const char *digest, char version[ML_VERSION_BYTES], struct aas_error *err)
{
    json_t *list = NULL;
    version[0] = '\0';
    int rc = ml_registry_list(d->registry, &list, err);
    if (rc)
        return rc;
    const json_t *items = json_object_get(list, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        const char *theirs = json_string_value(json_object_get(json_object_get(item, "manifest"), "dropin_digest"));
        if (theirs && strcmp(theirs, digest) == 0)
            (void)snprintf(version, ML_VERSION_BYTES, "%s", json_string_value(json_object_get(item, "version")));
    }
    json_decref(list);
    return 0;
}

static int promote(struct ml_current *d, const char *version, struct aas_error *err)
{
    json_t *item = NULL;
    int rc = ml_registry_describe(d->registry, version, &item, err);
    if (rc)
        return rc;
    const char *type = json_string_value(json_object_get(item, "sensor_type"));
    struct ml_change c = {.action = ML_ACTION_PROMOTE,
                          .type = type ? type : "*",
                          .version = version,
                          .user = "drop-in",
                          .reason = "copied to models/current",
                          .at_ms = aas_clock_wall_ms()};
    rc = ml_registry_change(d->registry, &c, err);
    json_decref(item);
    if (rc == AAS_ECONFLICT && err->code) /* the first of its type serves already */
        aas_error_clear(err);
    return rc == AAS_ECONFLICT ? 0 : rc;
}

static int import(struct ml_current *d, char version[ML_VERSION_BYTES], struct aas_error *err)
{
    struct ml_dropin files = {0};
    int rc = ml_dropin_read(d->dir, &files, err);
    if (rc == 0)
        rc = ml_dropin_write(d->models_dir, &files, NULL, version, err);
    for (size_t i = 0; rc == 0 && i < json_array_size(files.notes); i++)
        AAS_LOG_WARN("dropin.note", "a drop-in model is deployed on an assumption", AAS_F_STR("version", version),
                     AAS_F_STR("note", json_string_value(json_array_get(files.notes, i))));
    ml_dropin_fini(&files);
    return rc;
}

static int deploy(struct ml_current *d, char version[ML_VERSION_BYTES], struct aas_error *err)
{
    char digest[AAS_SHA256_HEX_SIZE];
    int rc = ml_dropin_digest(d->dir, digest, err);
    if (rc == 0)
        rc = find_version(d, digest, version, err);
    if (rc || version[0])
        return rc; /* deployed before: a rollback since then stands */
    rc = import(d, version, err);
    if (rc == 0)
        rc = ml_registry_sync(d->registry, err);
    if (rc == 0 && d->promote)
        rc = promote(d, version, err);
    return rc;
}

/* Failures that another look may cure: the files aren't to blame. */
static bool is_passing(int rc)
{
    return rc == AAS_EUNAVAILABLE || rc == AAS_ENOMEM || rc == AAS_EBUSY || rc == AAS_EIO || rc == AAS_ENOSPC;
}

static void look(struct ml_current *d)
{
    struct look now;
    take_look(d, &now);
    if (memcmp(&now, &d->last, sizeof now) != 0) {
        d->last = now;
        d->last_change = aas_clock_mono();
    }
    if (!has_model(&now)) {
        if (memcmp(&now, &d->tried, sizeof now) != 0)
            set_state(d, "empty", NULL, NULL);
        d->tried = now;
        return;
    }
    if (memcmp(&now, &d->tried, sizeof now) == 0)
        return;
    if (aas_mono_diff_ms(aas_clock_mono(), d->last_change) < d->quiet_ms) {
        set_state(d, "waiting", NULL, NULL);
        return;
    }
    char version[ML_VERSION_BYTES] = "";
    struct aas_error err = AAS_ERROR_NONE;
    int rc = deploy(d, version, &err);
    if (rc == 0) {
        AAS_LOG_INFO("dropin.deployed", "the model in models/current is deployed", AAS_F_STR("version", version));
        set_state(d, "deployed", version, NULL);
    } else {
        AAS_LOG_ERROR("dropin.refused", "the model in models/current is not deployed; what served goes on",
                      AAS_F_ERROR(&err));
        set_state(d, "refused", NULL, &err);
    }
    if (!is_passing(rc))
        d->tried = now;
}

static void drain(int fd)
{
    char bytes[4096];
    while (read(fd, bytes, sizeof bytes) > 0)
        ;
}

static void run(void *arg)
{
    struct ml_current *d = arg;
    for (;;) {
        aas_thread_busy();
        look(d);
        aas_thread_idle();
        bool moving = memcmp(&d->last, &d->tried, sizeof d->last) != 0 && has_model(&d->last);
        struct pollfd fds[2] = {{.fd = d->stop_fd, .events = POLLIN}, {.fd = d->inotify_fd, .events = POLLIN}};
        (void)poll(fds, d->inotify_fd >= 0 ? 2 : 1, moving ? (int)d->quiet_ms : LOOK_EVERY_MS);
        if (fds[0].revents)
            return;
        if (d->inotify_fd >= 0)
            drain(d->inotify_fd);
    }
}

int ml_current_start(struct ml_current *d, struct aas_error *err)
{
    (void)mkdir(d->models_dir, 0755);
    (void)mkdir(d->dir, 0755);
    d->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (d->stop_fd < 0)
        return aas_error_set(err, -errno, "cannot watch %.200s: %s", d->dir, aas_strerror(-errno));
    d->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (d->inotify_fd < 0 ||
        inotify_add_watch(d->inotify_fd, d->dir, IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE) <
            0)
        AAS_LOG_WARN("dropin.watch", "the directory can't be watched; it is looked at every 5 s",
                     AAS_F_STR("dir", d->dir), AAS_F_ERR(-errno));
    int rc = aas_thread_create(&d->thread, "ml-dropin", run, d);
    return rc ? aas_error_set(err, rc, "cannot start the drop-in watcher: %s", aas_strerror(rc)) : 0;
}

void ml_current_stop(struct ml_current *d)
{
    const uint64_t one = 1;
    if (d->stop_fd >= 0 && write(d->stop_fd, &one, sizeof one) < 0)
        AAS_LOG_WARN("dropin.stop", "the watcher can't be woken; it ends within 5 s", AAS_F_ERR(-errno));
    aas_thread_join(d->thread);
    d->thread = NULL;
}
