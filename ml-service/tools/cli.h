/* What every verb of aastreli-model shares: options from a table, --help made of it, progress bars, results as text or
 * JSON, Ctrl-C. One thread. */
#pragma once

#include <aas/error.h>

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_INTERRUPTED = 130 };

enum cli_type { CLI_FLAG, CLI_TEXT, CLI_UINT, CLI_NUMBER, CLI_END };

struct cli_option {
    enum cli_type type;
    const char *name;     /* without dashes */
    void *dst;            /* bool*, const char **, uint64_t*, double* */
    double min, max;      /* UINT, NUMBER: accepted range */
    const char *arg_name; /* "DIR"; NULL for flags */
    const char *help;
};

struct cli_verb {
    const char *name, *summary; /* one line */
    const char *synopsis;       /* after the name: "FILE [options]" */
    const char *details;        /* a paragraph for --help, with line feeds; may be NULL */
    int (*run)(int argc, char **argv);
};

/** Read argv[1 …] by the table; operands (at most max, borrowed) go to ret_operands. `--help` prints and gives
 *  CLI_OK in *ret_exit with false as the result; a wrong option prints its reason and gives CLI_USAGE. True: go on. */
bool cli_parse(const struct cli_verb *verb, const struct cli_option *options, int argc, char **argv,
               const char **ret_operands, size_t max, size_t *ret_count, int *ret_exit);

/** Print err on stderr after the program's name; gives the exit code: CLI_INTERRUPTED for AAS_ECANCELED, else
 *  CLI_FAILED. */
int cli_fail(const struct aas_error *err, int rc);
/** Print an JSON result on stdout with a line feed (takes doc). CLI_OK, or CLI_FAILED when stdout can't be written. */
int cli_print_json(json_t *doc);

/** After this, Ctrl-C and SIGTERM make cli_interrupted() true instead of ending the process; a second one ends it. */
void cli_catch_interrupts(void);
bool cli_interrupted(void);

/** A bar on stderr where that is a terminal, nothing elsewhere. text: what goes on, e.g. "training". */
void cli_progress(const char *text, uint64_t done, uint64_t all, const char *note);
/** End the bar's line. */
void cli_progress_end(void);
