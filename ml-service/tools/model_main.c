/* aastreli-model: the data scientist's tool. Each verb stands in a file of its own, verb_*.c. */
#include <stdio.h>
#include <string.h>

#include <aas/log.h>

#include "cli.h"
#include "verbs.h"

static const struct cli_verb *const verbs[] = {&verb_import, &verb_inspect, &verb_validate,
                                               &verb_train,  &verb_retrain, &verb_evaluate,
                                               &verb_export, &verb_compare, &verb_verify};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void usage(FILE *to)
{
    (void)fprintf(to, "usage: aastreli-model VERB [arguments]\n\nModels of ml-service: train, judge, bring in, look "
                      "into.\n\n");
    for (size_t i = 0; i < VERBS; i++)
        (void)fprintf(to, "  %-10s %s\n", verbs[i]->name, verbs[i]->summary);
    (void)fprintf(to, "\naastreli-model VERB --help tells its arguments. --version tells the version.\n");
}

int main(int argc, char **argv)
{
    aas_log_init("aastreli-model", AAS_LOG_WARN, AAS_LOG_TEXT);
    if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
        printf("aastreli-model %s\n", AAS_VERSION);
        return CLI_OK;
    }
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        usage(stdout);
        return CLI_OK;
    }
    for (size_t i = 0; argc >= 2 && i < VERBS; i++)
        if (strcmp(argv[1], verbs[i]->name) == 0)
            return verbs[i]->run(argc - 1, argv + 1);
    if (argc >= 2)
        (void)fprintf(stderr, "aastreli-model: no such verb: %s\n\n", argv[1]);
    usage(stderr);
    return CLI_USAGE;
}
