#include "aas/daemon.h"

#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aas/log.h"
#include "aas/metrics.h"
#include "aas/signals.h"
#include "aas/str.h"
#include "aas/thread.h"

#define AAS_LOG_MOD "daemon"

#define OUTPUT_BYTES    (1 << 20)
#define TICK_MS         1000
#define WITHHELD_EVERY  10 /* ticks */
#define MAX_FILES       65536
#define HUNG_STOP_S     20 /* a stop that takes that long is a bug; the kernel ends it */
#define EXIT_FAILED     1
#define EXIT_BAD_CONFIG 2

static atomic_int stop_fd = -1;
static atomic_int stop_code = -1; /* -1: nobody asked */

void aas_daemon_request_stop(int exit_code)
{
    int saved = errno, none = -1;
    (void)atomic_compare_exchange_strong(&stop_code, &none, exit_code);
    int fd = atomic_load(&stop_fd);
    if (fd >= 0) {
        const uint64_t one = 1;
        ssize_t n = write(fd, &one, sizeof one); /* fails only when the counter is full, and then it is readable too */
        (void)n;
    }
    errno = saved;
}

static void put_out(int fd, const struct aas_buf *text)
{
    const char *p = aas_buf_str(text);
    for (size_t left = text->len; left > 0;) {
        ssize_t n = write(fd, p, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        p += n;
        left -= (size_t)n;
    }
}

static void print_help(const struct aas_daemon *d)
{
    AAS_AUTO_BUF struct aas_buf out = AAS_BUF_INIT(OUTPUT_BYTES);
    (void)aas_buf_printf(
        &out,
        "%s: %s\n\nusage: %s [flag]\n\n"
        "  --help               this text\n"
        "  --version            version\n"
        "  --check-config       check the configuration; exit status 2 and every bad value if it is bad\n"
        "  --print-env          print the configuration in effect, secrets hidden\n"
        "  --print-env-example  print this program's part of .env.example\n"
        "  --print-config-json  print the table of variables as JSON\n\n"
        "Without a flag it runs until SIGTERM or SIGINT. Exit status: 0 stopped as asked, 1 failed,\n"
        "2 bad configuration or flag.\n\nEnvironment variables:\n",
        d->config->service, d->about, d->config->service);
    (void)aas_config_help(d->config, &out);
    put_out(STDOUT_FILENO, &out);
}

enum mode { MODE_RUN, MODE_CHECK, MODE_PRINT_ENV, MODE_DONE, MODE_BAD };

static enum mode parse_flags(const struct aas_daemon *d, int argc, char **argv)
{
    AAS_AUTO_BUF struct aas_buf out = AAS_BUF_INIT(OUTPUT_BYTES);
    if (argc <= 1)
        return MODE_RUN;
    const char *flag = argv[1];
    enum mode mode = MODE_DONE;
    if (argc > 2 || flag[0] != '-')
        mode = MODE_BAD;
    else if (strcmp(flag, "--help") == 0 || strcmp(flag, "-h") == 0)
        print_help(d);
    else if (strcmp(flag, "--version") == 0)
        (void)aas_buf_printf(&out, "%s %s\n", d->config->service, AAS_VERSION);
    else if (strcmp(flag, "--check-config") == 0)
        mode = MODE_CHECK;
    else if (strcmp(flag, "--print-env") == 0)
        mode = MODE_PRINT_ENV;
    else if (strcmp(flag, "--print-env-example") == 0)
        (void)aas_config_print_example(d->config, &out);
    else if (strcmp(flag, "--print-config-json") == 0)
        (void)aas_config_print_json(d->config, &out);
    else
        mode = MODE_BAD;
    put_out(STDOUT_FILENO, &out);
    if (mode == MODE_BAD) {
        struct aas_buf bad = AAS_BUF_INIT(OUTPUT_BYTES);
        (void)aas_buf_printf(&bad, "%s: \"%s\" is not a flag, or too many arguments; see %s --help\n",
                             d->config->service, argc > 2 ? argv[2] : flag, d->config->service);
        put_out(STDERR_FILENO, &bad);
        aas_buf_fini(&bad);
    }
    return mode;
}

/* People get every problem at once, in lines; the log isn't set up yet. */
static int load_config(const struct aas_daemon *d, void *config, enum mode mode, struct aas_buf *warnings)
{
    AAS_AUTO_BUF struct aas_buf problems = AAS_BUF_INIT(OUTPUT_BYTES);
    int rc = aas_config_load(d->config, config, NULL, &problems, warnings);
    AAS_AUTO_BUF struct aas_buf out = AAS_BUF_INIT(OUTPUT_BYTES);
    if (rc) {
        (void)aas_buf_printf(&out, "%s: the configuration is wrong:\n", d->config->service);
        struct aas_str rest = {problems.data, problems.len}, line;
        while (aas_str_split(&rest, '\n', &line))
            if (line.len > 0)
                (void)aas_buf_printf(&out, "  %.*s\n", AAS_STR_ARG(line));
        put_out(STDERR_FILENO, &out);
        return rc;
    }
    if (mode != MODE_RUN && warnings->len > 0) {
        (void)aas_buf_printf(&out, "%s: warning: %s", d->config->service, aas_buf_str(warnings));
        put_out(STDERR_FILENO, &out);
    }
    return 0;
}

/* Up to the hard limit, but not beyond what we can use: libwebsockets allocates tables by this number, and containers
 * often set it to a million or more. */
static void set_nofile(void)
{
    struct rlimit lim;
    if (getrlimit(RLIMIT_NOFILE, &lim) != 0)
        return;
    lim.rlim_cur = lim.rlim_max < MAX_FILES ? lim.rlim_max : MAX_FILES;
    (void)setrlimit(RLIMIT_NOFILE, &lim);
}

static int setup(const struct aas_daemon *d, const struct aas_config_common *common, int *ret_signal_fd)
{
    (void)umask(027);
    set_nofile();
    if (mkdir(common->home, 0750) != 0 && errno != EEXIST) {
        int rc = -errno;
        AAS_LOG_ERROR("daemon.home", "cannot make the directory AAS_HOME", AAS_F_STR("path", common->home),
                      AAS_F_ERR(rc));
        return rc;
    }
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    atomic_store(&stop_fd, fd);
    int rc = aas_signals_block();
    if (rc == 0)
        rc = aas_signals_open(ret_signal_fd);
    if (rc == 0)
        rc = aas_metrics_add_process(NULL, d->config->service);
    if (rc == 0)
        rc = aas_thread_export(NULL);
    return rc;
}

static void on_signal(const struct aas_daemon *d, void *app, int signal_fd)
{
    int sig = aas_signals_read(signal_fd);
    if (sig == SIGHUP) {
        AAS_LOG_INFO("daemon.reload", "SIGHUP received");
        if (d->reload)
            d->reload(app);
    } else if (sig > 0) {
        AAS_LOG_INFO("daemon.signal", "asked to stop, draining", AAS_F_INT("signal", sig));
        aas_daemon_request_stop(0);
    }
}

static void run_loop(const struct aas_daemon *d, void *app, int signal_fd)
{
    struct pollfd fds[] = {{.fd = signal_fd, .events = POLLIN}, {.fd = atomic_load(&stop_fd), .events = POLLIN}};
    struct aas_mono next = aas_mono_in_ms(TICK_MS);
    for (unsigned tick = 1; atomic_load(&stop_code) < 0;) {
        int n = poll(fds, 2, aas_mono_poll_ms(next));
        if (n > 0 && (fds[0].revents & POLLIN))
            on_signal(d, app, signal_fd);
        if (!aas_mono_passed(next))
            continue;
        next = aas_mono_in_ms(TICK_MS);
        if (d->tick)
            d->tick(app);
        if (tick++ % WITHHELD_EVERY == 0)
            aas_log_flush_withheld();
    }
}

static int run(const struct aas_daemon *d, const void *config, int signal_fd)
{
    void *app = NULL;
    struct aas_error err = AAS_ERROR_NONE;
    struct aas_mono began = aas_clock_mono();
    int rc = d->create(&app, config, &err);
    bool started = false;
    if (rc == 0) {
        rc = d->start(app, &err);
        started = rc == 0;
    }
    if (started) {
        AAS_LOG_INFO("daemon.started", "running", AAS_F_STR("version", AAS_VERSION), AAS_F_INT("pid", getpid()),
                     AAS_F_INT("took_ms", aas_mono_diff_ms(aas_clock_mono(), began)));
        run_loop(d, app, signal_fd);
        rc = atomic_load(&stop_code) == 0 ? 0 : AAS_EIO;
    } else {
        err.code = rc;
        AAS_LOG_ERROR("daemon.start", "cannot start", AAS_F_ERROR(&err));
    }
    aas_signals_second_exits();
    (void)alarm(HUNG_STOP_S);
    began = aas_clock_mono();
    if (app)
        d->stop(app, aas_mono_in_ms(AAS_DAEMON_DRAIN_MS));
    d->destroy(app);
    (void)alarm(0);
    aas_log_flush_withheld();
    if (started)
        AAS_LOG_INFO("daemon.stopped", "stopped", AAS_F_INT("took_ms", aas_mono_diff_ms(aas_clock_mono(), began)),
                     AAS_F_INT("exit_code", rc ? EXIT_FAILED : 0));
    return rc ? EXIT_FAILED : 0;
}

static void log_warnings(const struct aas_buf *warnings)
{
    struct aas_str rest = {warnings->data, warnings->len}, line;
    while (aas_str_split(&rest, '\n', &line))
        if (line.len > 0)
            AAS_LOG_WARN("daemon.config", "the environment holds a name that no program knows, ignoring it",
                         AAS_F_STRN("detail", line.ptr, line.len));
}

static int run_with_config(const struct aas_daemon *d, void *config, enum mode mode)
{
    AAS_AUTO_BUF struct aas_buf warnings = AAS_BUF_INIT(OUTPUT_BYTES);
    if (load_config(d, config, mode, &warnings) != 0)
        return EXIT_BAD_CONFIG;
    int code = 0, signal_fd = -1;
    AAS_AUTO_BUF struct aas_buf out = AAS_BUF_INIT(OUTPUT_BYTES);
    if (mode == MODE_CHECK) {
        (void)aas_buf_printf(&out, "%s: the configuration is good\n", d->config->service);
        put_out(STDOUT_FILENO, &out);
    } else if (mode == MODE_PRINT_ENV) {
        (void)aas_config_print_env(d->config, config, &out);
        put_out(STDOUT_FILENO, &out);
    } else {
        const struct aas_config_common *common = config;
        aas_log_init(d->config->service, (enum aas_log_level)common->log_level,
                     (enum aas_log_format)common->log_format);
        log_warnings(&warnings);
        int rc = setup(d, common, &signal_fd);
        if (rc)
            AAS_LOG_ERROR("daemon.setup", "cannot set the process up", AAS_F_ERR(rc));
        code = rc ? EXIT_FAILED : run(d, config, signal_fd);
    }
    if (signal_fd >= 0)
        (void)close(signal_fd);
    int fd = atomic_exchange(&stop_fd, -1);
    if (fd >= 0)
        (void)close(fd);
    aas_config_fini(d->config, config);
    return code;
}

int aas_daemon_main(const struct aas_daemon *d, int argc, char **argv)
{
    assert(d->config->size >= sizeof(struct aas_config_common));
    enum mode mode = parse_flags(d, argc, argv);
    if (mode == MODE_BAD || mode == MODE_DONE)
        return mode == MODE_BAD ? EXIT_BAD_CONFIG : 0;
    AAS_AUTO_FREE void *config = calloc(1, d->config->size);
    if (!config)
        return EXIT_FAILED;
    return run_with_config(d, config, mode);
}
