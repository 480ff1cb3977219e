#include "sim_options.h"

#include <getopt.h>
#include <string.h>

#include "aas/clock.h"
#include "aas/num.h"
#include "aas/reading.h"
#include "aas/str.h"

const char sim_usage[] =
    "usage: aastreli-sim run [options]            a simulated plant, published to MQTT\n"
    "       aastreli-sim replay FILE… [options]   CSV files (also .csv.gz), published to MQTT\n"
    "\n"
    "broker (else AAS_MQTT_HOST, _PORT, _USER, _PASSWORD or _PASSWORD_FILE, _CA, _CERT, _KEY):\n"
    "  --host H, --port P       127.0.0.1, 1883\n"
    "  --username U, --password-file F\n"
    "  --ca F, --cert F, --key F  TLS, and a certificate of our own\n"
    "  --topic T                aastreli/sensors/{sensor_id}/data\n"
    "  --qos 0|1                1\n"
    "  --inflight N             messages without acknowledgement: 500\n"
    "  --connect-timeout S      give up when there is no broker at the start: 30\n"
    "\n"
    "run:\n"
    "  --sensors N              machines: 8; ids are pump-01, fan-02, motor-03, compressor-04, pump-05 …\n"
    "  --types LIST             of pump,fan,motor,compressor, taken in turn\n"
    "  --rate HZ                readings per second and sensor, up to 1000: 10\n"
    "  --duration S             end after S seconds (0: never)\n"
    "  --schedule S             shifts (start, load, idle, stop) or continuous\n"
    "  --faults auto|none       auto: faults come and go on the machines\n"
    "  --fault SENSOR:FAULT[:SEVERITY[:AT[:FOR]]]   may be repeated; seconds, severity 0..1\n"
    "                           imbalance misalignment looseness bearing_wear cavitation seal_leak blockage\n"
    "                           overheating electrical belt_slip sensor_stuck\n"
    "\n"
    "replay: columns timestamp, asset, <channels…>, label[, …]; a blank cell is a missing value\n"
    "  --sensor ID              publish all rows as this sensor, not as their asset\n"
    "  --speed N                times real time (0: as fast as acknowledged): 1\n"
    "  --time now|original|T    now: the last row falls on the expected end; T: RFC 3339, of the first row\n"
    "  --limit N                rows of each file\n"
    "  --out-of-order PCT, --late PCT, --duplicates PCT, --drop PCT   disorder, chosen by --seed\n"
    "  --reach N                rows that disorder moves a row by: 5\n"
    "  --late-by S              seconds of data time: 30\n"
    "\n"
    "  --seed N                 1\n"
    "  --json                   the summary as one JSON line at the end\n"
    "  --quiet                  no progress, no notes about the connection\n"
    "  --help, --version\n"
    "\n"
    "Exit codes: 0 done, all acknowledged; 1 failed; 2 wrong arguments.\n";

enum {
    OPT_HOST = 256,
    OPT_PORT,
    OPT_USERNAME,
    OPT_PASSWORD_FILE,
    OPT_CA,
    OPT_CERT,
    OPT_KEY,
    OPT_TOPIC,
    OPT_QOS,
    OPT_INFLIGHT,
    OPT_CONNECT,
    OPT_SENSORS,
    OPT_TYPES,
    OPT_RATE,
    OPT_DURATION,
    OPT_SCHEDULE,
    OPT_FAULTS,
    OPT_FAULT,
    OPT_SENSOR,
    OPT_SPEED,
    OPT_TIME,
    OPT_LIMIT,
    OPT_OUT_OF_ORDER,
    OPT_LATE,
    OPT_DUPLICATES,
    OPT_DROP,
    OPT_REACH,
    OPT_LATE_BY,
    OPT_SEED,
    OPT_JSON,
    OPT_QUIET,
    OPT_HELP,
    OPT_VERSION,
};

enum { FOR_BOTH, FOR_RUN, FOR_REPLAY };

/* The getopt table and, in the same order, which command knows the option. */
static const struct option long_options[] = {{"host", required_argument, NULL, OPT_HOST},
                                             {"port", required_argument, NULL, OPT_PORT},
                                             {"username", required_argument, NULL, OPT_USERNAME},
                                             {"password-file", required_argument, NULL, OPT_PASSWORD_FILE},
                                             {"ca", required_argument, NULL, OPT_CA},
                                             {"cert", required_argument, NULL, OPT_CERT},
                                             {"key", required_argument, NULL, OPT_KEY},
                                             {"topic", required_argument, NULL, OPT_TOPIC},
                                             {"qos", required_argument, NULL, OPT_QOS},
                                             {"inflight", required_argument, NULL, OPT_INFLIGHT},
                                             {"connect-timeout", required_argument, NULL, OPT_CONNECT},
                                             {"sensors", required_argument, NULL, OPT_SENSORS},
                                             {"types", required_argument, NULL, OPT_TYPES},
                                             {"rate", required_argument, NULL, OPT_RATE},
                                             {"duration", required_argument, NULL, OPT_DURATION},
                                             {"schedule", required_argument, NULL, OPT_SCHEDULE},
                                             {"faults", required_argument, NULL, OPT_FAULTS},
                                             {"fault", required_argument, NULL, OPT_FAULT},
                                             {"sensor", required_argument, NULL, OPT_SENSOR},
                                             {"speed", required_argument, NULL, OPT_SPEED},
                                             {"time", required_argument, NULL, OPT_TIME},
                                             {"limit", required_argument, NULL, OPT_LIMIT},
                                             {"out-of-order", required_argument, NULL, OPT_OUT_OF_ORDER},
                                             {"late", required_argument, NULL, OPT_LATE},
                                             {"duplicates", required_argument, NULL, OPT_DUPLICATES},
                                             {"drop", required_argument, NULL, OPT_DROP},
                                             {"reach", required_argument, NULL, OPT_REACH},
                                             {"late-by", required_argument, NULL, OPT_LATE_BY},
                                             {"seed", required_argument, NULL, OPT_SEED},
                                             {"json", no_argument, NULL, OPT_JSON},
                                             {"quiet", no_argument, NULL, OPT_QUIET},
                                             {"help", no_argument, NULL, OPT_HELP},
                                             {"version", no_argument, NULL, OPT_VERSION},
                                             {0}};

static int whose(int option)
{
    if (option >= OPT_SENSORS && option <= OPT_FAULT)
        return FOR_RUN;
    return option >= OPT_SENSOR && option <= OPT_LATE_BY ? FOR_REPLAY : FOR_BOTH;
}

static const char *name_of(int option)
{
    for (const struct option *l = long_options; l->name; l++)
        if (l->val == option)
            return l->name;
    return "?";
}

static int number(int option, const char *text, double min, double max, double *ret, struct aas_error *err)
{
    double v;
    if (aas_num_parse_double(text, strlen(text), &v) != 0 || v < min || v > max)
        return aas_error_set(err, AAS_EINVAL, "--%s %.40s: a number from %g to %g", name_of(option), text, min, max);
    *ret = v;
    return 0;
}

static int integer(int option, const char *text, uint64_t min, uint64_t max, uint64_t *ret, struct aas_error *err)
{
    uint64_t v;
    if (aas_num_parse_u64(text, strlen(text), &v) != 0 || v < min || v > max)
        return aas_error_set(err, AAS_EINVAL, "--%s %.40s: an integer from %llu to %llu", name_of(option), text,
                             (unsigned long long)min, (unsigned long long)max);
    *ret = v;
    return 0;
}

static int types(struct sim_options *o, const char *text, struct aas_error *err)
{
    struct aas_str rest = aas_str_from(text), part;
    char name[32];
    o->n_types = 0;
    while (aas_str_split(&rest, ',', &part)) {
        if (o->n_types == AAS_PLANT__TYPE_COUNT || aas_str_copy(name, sizeof name, part) != 0 ||
            aas_plant_type_by_name(name, &o->types[o->n_types]) != 0)
            return aas_error_set(err, AAS_EINVAL, "--types %.60s: up to four of pump,fan,motor,compressor", text);
        o->n_types++;
    }
    return 0;
}

static int choice(int option, const char *text, const char *const *choices, int *ret, struct aas_error *err)
{
    for (int i = 0; choices[i]; i++)
        if (strcmp(text, choices[i]) == 0) {
            *ret = i;
            return 0;
        }
    return aas_error_set(err, AAS_EINVAL, "--%s %.40s: %s or %s", name_of(option), text, choices[0], choices[1]);
}

static int time_option(struct sim_options *o, const char *text, struct aas_error *err)
{
    struct aas_error why;
    if (strcmp(text, "now") == 0)
        o->time_mode = SIM_TIME_NOW;
    else if (strcmp(text, "original") == 0)
        o->time_mode = SIM_TIME_ORIGINAL;
    else if (aas_rfc3339_parse(text, strlen(text), &o->time_from_ms, &why) == 0)
        o->time_mode = SIM_TIME_FROM;
    else
        return aas_error_set(err, AAS_EINVAL, "--time %.40s: now, original, or an RFC 3339 time (%.100s)", text,
                             why.msg);
    return 0;
}

static int broker_option(struct sim_options *o, int option, const char *text, struct aas_error *err)
{
    uint64_t n = 0;
    double v;
    int rc = 0;
    switch (option) {
    case OPT_HOST:
        o->host = text;
        break;
    case OPT_PORT:
        rc = integer(option, text, 1, 65535, &n, err);
        o->port = (uint16_t)n;
        break;
    case OPT_USERNAME:
        o->username = text;
        break;
    case OPT_PASSWORD_FILE:
        o->password_file = text;
        break;
    case OPT_CA:
        o->ca = text;
        break;
    case OPT_CERT:
        o->cert = text;
        break;
    case OPT_KEY:
        o->key = text;
        break;
    case OPT_TOPIC:
        o->topic = text;
        break;
    case OPT_QOS:
        rc = integer(option, text, 0, 1, &n, err);
        o->qos = (int)n;
        break;
    case OPT_INFLIGHT:
        rc = integer(option, text, 1, 20000, &n, err);
        o->inflight = (uint32_t)n;
        break;
    default: /* OPT_CONNECT */
        rc = number(option, text, 0, 1e6, &v, err);
        o->connect_ms = rc ? 0 : (int64_t)(v * 1000);
    }
    return rc;
}

static int run_option(struct sim_options *o, int option, const char *text, struct aas_error *err)
{
    static const char *const schedules[] = {"shifts", "continuous", NULL}, *const faults[] = {"none", "auto", NULL};
    uint64_t n = 0;
    int i = 0, rc = 0;
    switch (option) {
    case OPT_SENSORS:
        rc = integer(option, text, 1, 100000, &n, err);
        o->sensors = (uint32_t)n;
        return rc;
    case OPT_TYPES:
        return types(o, text, err);
    case OPT_RATE:
        return number(option, text, 0.001, 1000, &o->rate_hz, err);
    case OPT_DURATION:
        return number(option, text, 0, 1e9, &o->duration_s, err);
    case OPT_SCHEDULE:
        rc = choice(option, text, schedules, &i, err);
        o->schedule = i == 1 ? AAS_PLANT_CONTINUOUS : AAS_PLANT_SHIFTS;
        return rc;
    case OPT_FAULTS:
        rc = choice(option, text, faults, &i, err);
        o->faults_auto = i == 1;
        return rc;
    default: /* OPT_FAULT */
        if (o->n_faults == SIM_FAULTS_MAX)
            return aas_error_set(err, AAS_EINVAL, "--fault: at most %d", SIM_FAULTS_MAX);
        return sim_fault_parse(text, &o->faults[o->n_faults++], err);
    }
}

static int replay_option(struct sim_options *o, int option, const char *text, struct aas_error *err)
{
    struct sim_disorder *d = &o->disorder;
    uint64_t n = 0;
    double v = 0;
    int rc = 0;
    switch (option) {
    case OPT_SENSOR:
        o->sensor = text;
        return aas_reading_name_valid(text, strlen(text))
                   ? 0
                   : aas_error_set(err, AAS_EINVAL, "--sensor %.60s: 1 to 64 of A-Z a-z 0-9 _ . - :", text);
    case OPT_SPEED:
        return number(option, text, 0, 1e6, &o->speed, err);
    case OPT_TIME:
        return time_option(o, text, err);
    case OPT_LIMIT:
        rc = integer(option, text, 1, UINT32_MAX, &n, err);
        o->limit = (size_t)n;
        return rc;
    case OPT_OUT_OF_ORDER:
        return number(option, text, 0, 100, &d->out_of_order_pct, err);
    case OPT_LATE:
        return number(option, text, 0, 100, &d->late_pct, err);
    case OPT_DUPLICATES:
        return number(option, text, 0, 100, &d->duplicates_pct, err);
    case OPT_DROP:
        return number(option, text, 0, 100, &d->drop_pct, err);
    case OPT_REACH:
        rc = integer(option, text, 1, 1000000, &n, err);
        d->reach = (uint32_t)n;
        return rc;
    default: /* OPT_LATE_BY */
        rc = number(option, text, 0, 1e7, &v, err);
        d->late_ms = (int64_t)(v * 1000);
        return rc;
    }
}

static int command_of(const char *text, struct sim_options *o, struct aas_error *err)
{
    if (text && strcmp(text, "run") == 0)
        o->command = SIM_RUN;
    else if (text && strcmp(text, "replay") == 0)
        o->command = SIM_REPLAY;
    else
        return aas_error_set(err, AAS_EINVAL, "%s%.40s; see --help", text ? "no such command: " : "a command is needed",
                             text ? text : "");
    return 0;
}

static int one_option(struct sim_options *o, int option, const char *text, struct aas_error *err)
{
    int of = whose(option);
    if (of == FOR_RUN)
        return run_option(o, option, text, err);
    if (of == FOR_REPLAY)
        return replay_option(o, option, text, err);
    o->json = o->json || option == OPT_JSON;
    o->quiet = o->quiet || option == OPT_QUIET;
    if (option == OPT_JSON || option == OPT_QUIET)
        return 0;
    return option == OPT_SEED ? integer(option, text, 0, UINT64_MAX, &o->seed, err)
                              : broker_option(o, option, text, err);
}

static int check(struct sim_options *o, const int *used, size_t n_used, struct aas_error *err)
{
    const struct sim_disorder *d = &o->disorder;
    for (size_t i = 0; i < n_used; i++)
        if (whose(used[i]) == (o->command == SIM_RUN ? FOR_REPLAY : FOR_RUN))
            return aas_error_set(err, AAS_EINVAL, "--%s goes with %s", name_of(used[i]),
                                 o->command == SIM_RUN ? "replay" : "run");
    if (o->command == SIM_RUN && o->n_files > 0)
        return aas_error_set(err, AAS_EINVAL, "run takes no files: %.80s", o->files[0]);
    if (o->command == SIM_REPLAY && o->n_files == 0)
        return aas_error_set(err, AAS_EINVAL, "replay needs a file; see --help");
    if (d->drop_pct + d->late_pct + d->out_of_order_pct > 100)
        return aas_error_set(err, AAS_EINVAL, "--drop, --late and --out-of-order are more than 100 %% together");
    if (!strstr(o->topic, "{sensor_id}"))
        return aas_error_set(err, AAS_EINVAL, "--topic %.80s: {sensor_id} must be in it", o->topic);
    return 0;
}

int sim_options_parse(struct sim_options *o, int argc, char **argv, struct aas_error *err)
{
    const struct sim_options env = *o;
    int used[256];
    size_t n_used = 0;
    *o = (struct sim_options){
        .host = env.host,
        .port = env.port,
        .username = env.username,
        .password = env.password,
        .ca = env.ca,
        .cert = env.cert,
        .key = env.key,
        .topic = "aastreli/sensors/{sensor_id}/data",
        .qos = 1,
        .inflight = 500,
        .connect_ms = 30000,
        .seed = 1,
        .sensors = 8,
        .rate_hz = 10,
        .types = {AAS_PLANT_PUMP, AAS_PLANT_FAN, AAS_PLANT_MOTOR, AAS_PLANT_COMPRESSOR},
        .n_types = 4,
        .speed = 1,
        .disorder = {.reach = 5, .late_ms = 30000},
    };
    optind = 0; /* GNU: begin anew, for tests that parse several times */
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
        if (c == OPT_HELP || c == OPT_VERSION) {
            o->command = c == OPT_HELP ? SIM_HELP : SIM_VERSION;
            return 0;
        }
        if (c == '?')
            return aas_error_set(err, AAS_EINVAL, "%.60s: no such option, or its value is missing; see --help",
                                 argv[optind - 1]);
        int rc = one_option(o, c, optarg, err);
        if (rc)
            return rc;
        if (n_used < sizeof used / sizeof *used)
            used[n_used++] = c;
    }
    int rc = command_of(argv[optind], o, err);
    if (rc)
        return rc;
    o->files = (const char *const *)(argv + optind + 1);
    o->n_files = (size_t)(argc - optind - 1);
    o->disorder.seed = o->seed;
    return check(o, used, n_used, err);
}
