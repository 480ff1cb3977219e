/* aastreli-db: the store's care. Environment: AAS_STORE_URL and the retention times of the daemons. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "aas/config.h"
#include "aas/log.h"
#include "db.h"

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_DAMAGED };

#define DAY_MS 86400000.0

static const struct aas_config_option options[] = {
    AAS_OPT_STR(struct db_config, url, "AAS_STORE_URL", "sqlite:$AAS_HOME/aastreli.db", AAS_CONFIG_SECRET,
                "the store: sqlite:PATH or mongodb://…"),
    AAS_OPT_DURATION(struct db_config, raw_ms, "AAS_RETENTION_RAW", "7d", 60000, 36500 * DAY_MS, 0,
                     "how long readings are kept, since they were received"),
    AAS_OPT_DURATION(struct db_config, rollups_ms, "AAS_RETENTION_ROLLUPS", "400d", 60000, 36500 * DAY_MS, 0,
                     "how long roll-ups are kept"),
    AAS_OPT_DURATION(struct db_config, predictions_ms, "AAS_RETENTION_PREDICTIONS", "90d", 60000, 36500 * DAY_MS, 0,
                     "how long predictions are kept"),
    AAS_OPT_DURATION(struct db_config, quarantine_ms, "AAS_RETENTION_QUARANTINE", "14d", 60000, 36500 * DAY_MS, 0,
                     "how long rejected messages are kept"),
};
static const struct aas_config_table table = AAS_CONFIG_TABLE("aastreli-db", options, struct db_config);

static const char usage[] =
    "usage: aastreli-db [--url URL] [--json] COMMAND\n"
    "\n"
    "  init              create collections and indexes that are missing\n"
    "  stats             documents per collection, blobs, size\n"
    "  backup FILE       consistent copy while everything runs; on MongoDB a directory as by export\n"
    "  restore FILE      verify a backup wholly, then put it in place of what is there\n"
    "  sweep [--dry-run] remove what is older than its retention time; data under open alarms and unused feedback "
    "stays\n"
    "  export DIR        Extended JSON per collection, which mongoimport reads, and blobs\n"
    "  import DIR        add an export's documents; those whose id is there already stay as they are\n"
    "    --replace       import: empty the store first\n"
    "\n"
    "  --url URL         instead of AAS_STORE_URL: sqlite:PATH or mongodb://…\n"
    "  --json            report as one line of JSON\n"
    "  --help, --version\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 wrong arguments or configuration, 3 the backup or export is damaged or foreign.\n"
    "\n"
    "Environment:\n";

static const struct {
    const char *name;
    bool path;
    int (*run)(struct db_run *run, struct aas_error *err);
} commands[] = {
    {"init", false, db_init},   {"stats", false, db_stats},  {"backup", true, db_backup}, {"restore", true, db_restore},
    {"sweep", false, db_sweep}, {"export", true, db_export}, {"import", true, db_import},
};

static int complain(const char *text)
{
    (void)fprintf(stderr, "aastreli-db: %s\nTry aastreli-db --help.\n", text);
    return EXIT_USAGE;
}

static int print_help(void)
{
    AAS_AUTO_BUF struct aas_buf help = AAS_BUF_INIT(64 * 1024);
    (void)aas_config_help(&table, &help);
    (void)fputs(usage, stdout);
    (void)fputs(aas_buf_str(&help), stdout);
    return EXIT_OK;
}

/* The command's place in commands; -1 with a complaint. */
static int find_command(struct db_run *run, int argc, char **argv)
{
    if (optind >= argc)
        return -complain("no command");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, argv[optind]) != 0)
            continue;
        int expected = commands[i].path ? 2 : 1;
        if (argc - optind != expected)
            return -complain(commands[i].path ? "the command takes one file or directory"
                                              : "the command takes no argument");
        run->command = argv[optind];
        run->path = commands[i].path ? argv[optind + 1] : NULL;
        return (int)i;
    }
    return -complain("unknown command");
}

static int execute(struct db_run *run, int command, const char *url)
{
    struct aas_error err = AAS_ERROR_NONE;
    int rc = aas_store_open(&run->store, url, &err);
    if (rc == 0)
        rc = commands[command].run(run, &err);
    aas_store_close(run->store);
    if (rc == 0 && aas_buf_status(&run->out) != 0)
        rc = aas_error_set(&err, AAS_ENOMEM, "no memory for the report");
    if (rc == 0) {
        (void)fputs(aas_buf_str(&run->out), stdout);
        return EXIT_OK;
    }
    (void)fprintf(stderr, "aastreli-db %s: %s\n", run->command, aas_error_text(&err, rc));
    return rc == AAS_ECORRUPT || rc == AAS_EMISMATCH ? EXIT_DAMAGED : EXIT_FAILED;
}

static int run_command(struct db_run *run, int command, const char *url)
{
    AAS_AUTO_BUF struct aas_buf problems = AAS_BUF_INIT(64 * 1024);
    if (aas_config_load(&table, &run->config, NULL, &problems, NULL) != 0) {
        (void)fputs(aas_buf_str(&problems), stderr);
        return EXIT_USAGE;
    }
    if (url) {
        free(run->config.url);
        run->config.url = strdup(url);
    }
    int code = run->config.url ? execute(run, command, run->config.url) : EXIT_FAILED;
    aas_config_fini(&table, &run->config);
    return code;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        {"url", required_argument, NULL, 'u'},
        {"json", no_argument, NULL, 'j'},
        {"dry-run", no_argument, NULL, 'd'},
        {"replace", no_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    struct db_run run = {.out = AAS_BUF_INIT(1024 * 1024)};
    const char *url = NULL;
    int c;
    aas_log_init("aastreli-db", AAS_LOG_ERROR, AAS_LOG_TEXT);
    while ((c = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (c == 'h')
            return print_help();
        if (c == 'v') {
            (void)printf("aastreli-db %s\n", AAS_VERSION);
            return EXIT_OK;
        }
        if (c == 'u')
            url = optarg;
        else if (c == 'j')
            run.json = true;
        else if (c == 'd')
            run.dry_run = true;
        else if (c == 'r')
            run.replace = true;
        else
            return EXIT_USAGE;
    }
    int command = find_command(&run, argc, argv);
    if (command < 0)
        return EXIT_USAGE;
    if (run.dry_run && strcmp(run.command, "sweep") != 0)
        return complain("--dry-run belongs to sweep");
    int code = run_command(&run, command, url);
    aas_buf_fini(&run.out);
    return code;
}
