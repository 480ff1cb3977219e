/* See cli.h. */
#include "cli.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <aas/num.h>

#define BAR_WIDTH 32
#define REDRAW_NS 50000000
#define PROGRAM   "aastreli-model"

static void print_help(const struct cli_verb *verb, const struct cli_option *options)
{
    printf("usage: %s %s %s\n\n%s\n", PROGRAM, verb->name, verb->synopsis, verb->summary);
    if (verb->details)
        printf("\n%s", verb->details);
    printf("\nOptions:\n");
    for (const struct cli_option *o = options; o->type != CLI_END; o++) {
        char left[64];
        (void)snprintf(left, sizeof(left), "--%s%s%s", o->name, o->arg_name ? " " : "", o->arg_name ? o->arg_name : "");
        printf("  %-24s %s\n", left, o->help);
    }
    printf("  %-24s %s\n\nExit codes: 0 done; 1 failed, or the answer is no; 2 wrong arguments; 130 interrupted.\n",
           "--help", "this text");
}

static int usage_error(const struct cli_verb *verb, const char *what, const char *name, const char *rest)
{
    (void)fprintf(stderr, "%s %s: %s%s%s (see %s %s --help)\n", PROGRAM, verb->name, what, name, rest, PROGRAM,
                  verb->name);
    return CLI_USAGE;
}

static const struct cli_option *find(const struct cli_option *options, const char *name, size_t len)
{
    for (const struct cli_option *o = options; o->type != CLI_END; o++)
        if (strlen(o->name) == len && strncmp(o->name, name, len) == 0)
            return o;
    return NULL;
}

/* False when the value isn't acceptable; range says what would be. */
static bool store(const struct cli_option *o, const char *value, char range[96])
{
    uint64_t n = 0;
    double v = 0;
    switch (o->type) {
    case CLI_TEXT:
        *(const char **)o->dst = value;
        return true;
    case CLI_UINT:
        (void)snprintf(range, 96, " must be an integer from %.0f to %.0f", o->min, o->max);
        if (aas_num_parse_u64(value, strlen(value), &n) < 0 || (double)n < o->min || (double)n > o->max)
            return false;
        *(uint64_t *)o->dst = n;
        return true;
    case CLI_NUMBER:
        (void)snprintf(range, 96, " must be a number from %g to %g", o->min, o->max);
        if (aas_num_parse_double(value, strlen(value), &v) < 0 || v < o->min || v > o->max)
            return false;
        *(double *)o->dst = v;
        return true;
    case CLI_FLAG:
    case CLI_END:
        break;
    }
    return false;
}

/* One "--name", "--name=value" or "--name value". Moves *i over a value. */
static bool take_option(const struct cli_verb *verb, const struct cli_option *options, int argc, char **argv, int *i,
                        int *ret_exit)
{
    const char *name = argv[*i] + 2, *equals = strchr(name, '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    if (len == 4 && strncmp(name, "help", 4) == 0) {
        print_help(verb, options);
        *ret_exit = CLI_OK;
        return false;
    }
    const struct cli_option *o = find(options, name, len);
    *ret_exit = CLI_USAGE;
    if (!o) {
        usage_error(verb, "unknown option ", argv[*i], "");
        return false;
    }
    if (o->type == CLI_FLAG) {
        if (equals)
            usage_error(verb, "--", o->name, " takes no value");
        *(bool *)o->dst = true;
        return !equals;
    }
    if (!equals && *i + 1 >= argc) {
        usage_error(verb, "--", o->name, " wants a value");
        return false;
    }
    char range[96] = "";
    const char *value = equals ? equals + 1 : argv[++*i];
    if (store(o, value, range))
        return true;
    usage_error(verb, "--", o->name, range);
    return false;
}

bool cli_parse(const struct cli_verb *verb, const struct cli_option *options, int argc, char **argv,
               const char **ret_operands, size_t max, size_t *ret_count, int *ret_exit)
{
    size_t n = 0;
    bool only_operands = false;
    for (int i = 1; i < argc; i++) {
        if (!only_operands && strcmp(argv[i], "--") == 0) {
            only_operands = true;
        } else if (!only_operands && strncmp(argv[i], "--", 2) == 0) {
            if (!take_option(verb, options, argc, argv, &i, ret_exit))
                return false;
        } else if (n == max) {
            *ret_exit = usage_error(verb, "one argument too many: ", argv[i], "");
            return false;
        } else {
            ret_operands[n++] = argv[i];
        }
    }
    *ret_count = n;
    *ret_exit = CLI_OK;
    return true;
}

int cli_fail(const struct aas_error *err, int rc)
{
    cli_progress_end();
    (void)fprintf(stderr, "%s: %s\n", PROGRAM, aas_error_text(err, rc));
    return rc == AAS_ECANCELED ? CLI_INTERRUPTED : CLI_FAILED;
}

int cli_print_json(json_t *doc)
{
    bool bad = !doc || json_dumpf(doc, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(10)) != 0;
    json_decref(doc);
    bad = bad || putchar('\n') == EOF || fflush(stdout) != 0;
    return bad ? CLI_FAILED : CLI_OK;
}

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
    (void)sig;
    interrupted = 1;
}

void cli_catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool cli_interrupted(void)
{
    return interrupted != 0;
}

static bool bar_shown;

void cli_progress(const char *text, uint64_t done, uint64_t all, const char *note)
{
    static struct timespec last;
    struct timespec now;
    if (!isatty(STDERR_FILENO))
        return;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t since = (now.tv_sec - last.tv_sec) * 1000000000 + now.tv_nsec - last.tv_nsec;
    if (done < all && bar_shown && since < REDRAW_NS)
        return;
    last = now;
    char bar[BAR_WIDTH + 1];
    size_t full = all ? (size_t)(done * BAR_WIDTH / all) : 0;
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', full > BAR_WIDTH ? BAR_WIDTH : full);
    bar[BAR_WIDTH] = '\0';
    (void)fprintf(stderr, "\r%-12s [%s] %3llu %%  %s\033[K", text, bar,
                  (unsigned long long)(all ? done * 100 / all : 0), note ? note : "");
    bar_shown = true;
    if (done >= all)
        cli_progress_end();
}

void cli_progress_end(void)
{
    if (bar_shown)
        (void)fputc('\n', stderr);
    bar_shown = false;
}
