#include "simulator.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/buf.h"
#include "aas/clock.h"
#include "aas/json.h"
#include "aas/json_pull.h"
#include "aas/log.h"
#include "aas/mqtt.h"
#include "aas/reading.h"
#include "aas/rng.h"
#include "aas/thread.h"
#include "plant.h"
#include "topic.h"

#define AAS_LOG_MOD "simulator"

#define ONSET_S    5 /* a fault develops within seconds: somebody is watching */
#define NAP_MS     5
#define SIM_MAX    100
#define BEHIND_MAX 20 /* readings that a sensor catches up at once; then time jumps */

struct machine {
    char id[AAS_READING_MAX_NAME_BYTES + 1];
    char topic[512];
    struct aas_plant *plant;
    int64_t last_ts_ms;
    int64_t seq;
};

struct simulation {
    char id[AAS_ID_SIZE];
    enum aas_plant_type type;
    enum aas_plant_fault fault;
    double rate_hz;
    struct machine *machines;
    size_t count;
    struct aas_mono next, end;
    struct simulation *link;
};

struct ingest_simulator {
    const struct ingest_config *config;
    const struct ingest_topics *topics;
    struct aas_mqtt *mqtt;
    struct aas_thread *thread;
    atomic_bool stopping;
    pthread_mutex_t lock; /* list and what hangs on it */
    pthread_cond_t more;
    struct simulation *list;
    size_t sensors, simulations;
    struct aas_buf text;
};

/* --- one simulation ----------------------------------------------------------------------------------------------- */

static void simulation_free(struct simulation *sim)
{
    if (!sim)
        return;
    for (size_t i = 0; i < sim->count; i++)
        aas_plant_destroy(sim->machines[i].plant);
    free(sim->machines);
    free(sim);
}

static void write_sample(struct aas_buf *out, const struct machine *m, const struct simulation *sim,
                         const struct aas_plant_sample *sample)
{
    const struct aas_plant_type_info *info = aas_plant_type_info(sim->type);
    struct aas_json_writer w;
    aas_buf_clear(out);
    aas_json_write_init(&w, out);
    aas_json_write_object(&w);
    aas_json_write_key(&w, "timestamp");
    aas_json_write_int(&w, m->last_ts_ms);
    aas_json_write_key(&w, "seq");
    aas_json_write_int(&w, m->seq);
    aas_json_write_key(&w, "readings");
    aas_json_write_object(&w);
    for (size_t c = 0; c < sample->n; c++) {
        aas_json_write_key(&w, info->channels[c].name);
        aas_json_write_double(&w, sample->v[c]);
    }
    aas_json_write_object_end(&w);
    aas_json_write_object_end(&w);
    AAS_IGNORE(aas_json_write_finish(&w));
}

static void publish(struct ingest_simulator *s, struct simulation *sim, struct machine *m)
{
    struct aas_plant_sample sample;
    if (aas_plant_step(m->plant, 1 / sim->rate_hz, &sample) < 0)
        return;
    int64_t now = aas_clock_wall_ms();
    m->last_ts_ms = now > m->last_ts_ms ? now : m->last_ts_ms + 1;
    m->seq++;
    write_sample(&s->text, m, sim, &sample);
    if (s->text.status == 0 &&
        aas_mqtt_publish(s->mqtt, m->topic, s->text.data, s->text.len, 1, false, AAS_MONO_PAST, NULL) < 0)
        AAS_LOG_WARN("simulator.lost", "a simulated reading found no room in the publisher's queue");
}

/* Under lock. All readings that are due; false: the simulation has ended. */
static bool step(struct ingest_simulator *s, struct simulation *sim)
{
    for (int i = 0; aas_mono_passed(sim->next); i++) {
        if (aas_mono_diff_ns(sim->next, sim->end) >= 0)
            return false;
        for (size_t k = 0; k < sim->count; k++)
            publish(s, sim, &sim->machines[k]);
        sim->next.ns += (int64_t)(1e9 / sim->rate_hz);
        if (i == BEHIND_MAX)
            sim->next = aas_clock_mono();
    }
    return true;
}

static void run(void *arg)
{
    struct ingest_simulator *s = arg;
    (void)pthread_mutex_lock(&s->lock);
    while (!atomic_load(&s->stopping)) {
        struct timespec at = aas_mono_timespec(s->list ? aas_mono_in_ms(NAP_MS) : aas_mono_in_ms(60000));
        (void)pthread_cond_timedwait(&s->more, &s->lock, &at);
        aas_thread_beat();
        for (struct simulation **p = &s->list; *p;) {
            struct simulation *sim = *p;
            if (step(s, sim)) {
                p = &sim->link;
                continue;
            }
            *p = sim->link;
            s->sensors -= sim->count;
            s->simulations--;
            simulation_free(sim);
        }
    }
    (void)pthread_mutex_unlock(&s->lock);
}

/* --- requests ----------------------------------------------------------------------------------------------------- */

struct request {
    const char *sensor_id;
    int64_t sensors, seed;
    double rate_hz, seconds, severity;
    enum aas_plant_type type;
    enum aas_plant_fault fault;
};

static int wrong(const char **ret_field, const char *field, int rc)
{
    *ret_field = field;
    return rc;
}

static int parse_names(const json_t *doc, struct request *r, const char **ret_field, struct aas_error *err)
{
    const char *type = "pump", *fault = "normal";
    int rc =
        aas_json_get_string(doc, "sensor_id", AAS_JSON_OPTIONAL, 1, AAS_READING_MAX_NAME_BYTES, &r->sensor_id, err);
    if (rc < 0)
        return wrong(ret_field, "sensor_id", rc);
    if (r->sensor_id && !aas_reading_name_valid(r->sensor_id, strlen(r->sensor_id)))
        return wrong(ret_field, "sensor_id",
                     aas_error_set(err, AAS_EINVAL, "sensor_id must be 1 to 64 characters of A-Z a-z 0-9 _ . - :"));
    rc = aas_json_get_string(doc, "type", AAS_JSON_OPTIONAL, 1, 64, &type, err);
    if (rc < 0 || aas_plant_type_by_name(type, &r->type) < 0)
        return wrong(ret_field, "type", aas_error_set(err, AAS_EINVAL, "type must be pump, motor, fan or compressor"));
    rc = aas_json_get_string(doc, "fault", AAS_JSON_OPTIONAL, 1, 64, &fault, err);
    if (rc < 0)
        return wrong(ret_field, "fault", rc);
    if (aas_plant_fault_by_name(fault, &r->fault) < 0)
        return wrong(ret_field, "fault", aas_error_set(err, AAS_EINVAL, "fault \"%s\" is unknown", fault));
    if (!aas_plant_fault_applies(r->type, r->fault))
        return wrong(ret_field, "fault", aas_error_set(err, AAS_ENOTSUP, "a %s cannot have %s", type, fault));
    return 0;
}

static int parse_request(const json_t *doc, struct request *r, const char **ret_field, struct aas_error *err)
{
    static const char *const known[] = {"sensor_id", "sensors", "rate_hz", "seconds", "fault",
                                        "severity",  "seed",    "type",    NULL};
    *r = (struct request){.sensors = 1, .seed = -1, .rate_hz = 1, .seconds = 60, .severity = 1};
    int rc = aas_json_only_fields(doc, known, err);
    if (rc < 0)
        return rc;
    rc = parse_names(doc, r, ret_field, err);
    if (rc < 0)
        return rc;
    if ((rc = aas_json_get_int(doc, "sensors", AAS_JSON_OPTIONAL, 1, INGEST_SIM_SENSORS_MAX, &r->sensors, err)) < 0)
        return wrong(ret_field, "sensors", rc);
    if ((rc = aas_json_get_number(doc, "rate_hz", AAS_JSON_OPTIONAL, 1e-3, INGEST_SIM_RATE_MAX, &r->rate_hz, err)) < 0)
        return wrong(ret_field, "rate_hz", rc);
    if ((rc = aas_json_get_number(doc, "seconds", AAS_JSON_OPTIONAL, 1e-3, 86400, &r->seconds, err)) < 0)
        return wrong(ret_field, "seconds", rc);
    if ((rc = aas_json_get_number(doc, "severity", AAS_JSON_OPTIONAL, 0, 1, &r->severity, err)) < 0)
        return wrong(ret_field, "severity", rc);
    if ((rc = aas_json_get_int(doc, "seed", AAS_JSON_OPTIONAL, 0, INT64_MAX, &r->seed, err)) < 0)
        return wrong(ret_field, "seed", rc);
    if (r->seed < 0)
        r->seed = (int64_t)(aas_random_u64() >> 12);
    return 0;
}

static int make_machine(const struct ingest_simulator *s, const struct request *r, size_t i, struct machine *m,
                        struct aas_error *err)
{
    const struct aas_plant_options o = {
        .type = r->type, .schedule = AAS_PLANT_CONTINUOUS, .seed = (uint64_t)r->seed, .index = (uint32_t)i};
    char base[AAS_READING_MAX_NAME_BYTES + 1];
    if (r->sensor_id)
        (void)snprintf(base, sizeof base, "%s", r->sensor_id);
    else
        (void)snprintf(base, sizeof base, "sim-%s", aas_plant_type_info(r->type)->name);
    int n = r->sensor_id && r->sensors == 1 ? snprintf(m->id, sizeof m->id, "%s", base)
                                            : snprintf(m->id, sizeof m->id, "%.58s-%zu", base, i + 1);
    if (n < 0 || (size_t)n >= sizeof m->id)
        return aas_error_set(err, AAS_EINVAL, "sensor_id is too long");
    if (ingest_topics_make(s->topics, m->id, m->topic, sizeof m->topic) < 0)
        return aas_error_set(err, AAS_ENOTSUP,
                             "AAS_MQTT_TOPICS has no template with {sensor_id} on which whole readings could be sent");
    int rc = aas_plant_create(&o, &m->plant);
    if (rc == 0 && r->fault != AAS_PLANT_NORMAL)
        rc = aas_plant_set_fault(m->plant, r->fault, r->severity, ONSET_S);
    return rc < 0 ? aas_error_set(err, rc, "the simulated machine can't be made") : 0;
}

static json_t *describe(const struct simulation *sim, double seconds)
{
    json_t *ids = json_array();
    for (size_t i = 0; ids && i < sim->count; i++)
        (void)json_array_append_new(ids, json_string(sim->machines[i].id));
    const char *fault = sim->fault == AAS_PLANT_NORMAL ? NULL : aas_plant_fault_info(sim->fault)->name;
    return json_pack("{s:s, s:o, s:s?, s:f, s:I}", "id", sim->id, "sensors", ids, "fault", fault, "rate_hz",
                     sim->rate_hz, "ends", (json_int_t)(aas_clock_wall_ms() + (int64_t)(seconds * 1000)));
}

int ingest_simulator_add(struct ingest_simulator *s, const json_t *request, json_t **ret_answer, const char **ret_field,
                         struct aas_error *err)
{
    struct request r;
    int rc = parse_request(request, &r, ret_field, err);
    if (rc < 0)
        return rc;
    struct simulation *sim = calloc(1, sizeof *sim);
    struct machine *machines = calloc((size_t)r.sensors, sizeof *machines);
    if (!sim || !machines) {
        free(sim);
        free(machines);
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    }
    aas_id_new(aas_clock_wall_ms(), sim->id);
    sim->type = r.type;
    sim->fault = r.fault;
    sim->rate_hz = r.rate_hz;
    sim->machines = machines;
    for (; rc == 0 && sim->count < (size_t)r.sensors; sim->count++)
        rc = make_machine(s, &r, sim->count, &machines[sim->count], err);
    json_t *answer = rc == 0 ? describe(sim, r.seconds) : NULL;
    if (rc == 0 && !answer)
        rc = aas_error_set(err, AAS_ENOMEM, "out of memory");
    (void)pthread_mutex_lock(&s->lock);
    if (rc == 0 && (s->sensors + sim->count > INGEST_SIM_SENSORS_MAX || s->simulations == SIM_MAX))
        rc = aas_error_set(err, AAS_EFULL, "%zu simulated sensors run already, at most %d may", s->sensors,
                           INGEST_SIM_SENSORS_MAX);
    if (rc == 0) {
        sim->next = aas_clock_mono();
        sim->end = aas_mono_add_ms(sim->next, (int64_t)(r.seconds * 1000));
        sim->link = s->list;
        s->list = sim;
        s->sensors += sim->count;
        s->simulations++;
        (void)pthread_cond_signal(&s->more);
    }
    (void)pthread_mutex_unlock(&s->lock);
    if (rc < 0) {
        simulation_free(sim);
        json_decref(answer);
        return rc;
    }
    *ret_answer = answer;
    return 0;
}

int ingest_simulator_remove(struct ingest_simulator *s, const char *id)
{
    struct simulation *found = NULL;
    (void)pthread_mutex_lock(&s->lock);
    for (struct simulation **p = &s->list; *p && !found; p = found ? p : &(*p)->link) {
        if (strcmp((*p)->id, id) != 0)
            continue;
        found = *p;
        *p = found->link;
        s->sensors -= found->count;
        s->simulations--;
    }
    (void)pthread_mutex_unlock(&s->lock);
    simulation_free(found);
    return found ? 0 : AAS_ENOENT;
}

size_t ingest_simulator_running(struct ingest_simulator *s)
{
    (void)pthread_mutex_lock(&s->lock);
    size_t n = s->sensors;
    (void)pthread_mutex_unlock(&s->lock);
    return n;
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static const char *or_null(const char *s)
{
    return s[0] != '\0' ? s : NULL;
}

int ingest_simulator_create(struct ingest_simulator **ret_sim, const struct ingest_config *config,
                            const struct ingest_topics *topics, struct aas_error *err)
{
    struct ingest_simulator *s = calloc(1, sizeof *s);
    if (!s)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    s->config = config;
    s->topics = topics;
    aas_buf_init(&s->text, 65536);
    (void)pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&s->more, &attr);
    (void)pthread_condattr_destroy(&attr);
    char client_id[128];
    (void)snprintf(client_id, sizeof client_id, "%.100s-simulator", config->mqtt_client_id);
    const struct aas_mqtt_config mqtt = {.host = config->mqtt_host,
                                         .port = config->mqtt_port,
                                         .client_id = client_id,
                                         .username = or_null(config->mqtt_user),
                                         .password = or_null(config->mqtt_password),
                                         .tls_ca = or_null(config->mqtt_ca),
                                         .tls_cert = or_null(config->mqtt_cert),
                                         .tls_key = or_null(config->mqtt_key)};
    int rc = aas_mqtt_create(&s->mqtt, &mqtt, err);
    if (rc < 0) {
        ingest_simulator_destroy(s);
        return rc;
    }
    *ret_sim = s;
    return 0;
}

int ingest_simulator_start(struct ingest_simulator *s, struct aas_error *err)
{
    int rc = aas_mqtt_start(s->mqtt, err);
    return rc < 0 ? rc : aas_thread_create(&s->thread, "simulator", run, s);
}

void ingest_simulator_stop(struct ingest_simulator *s)
{
    if (!s)
        return;
    (void)pthread_mutex_lock(&s->lock);
    atomic_store(&s->stopping, true);
    (void)pthread_cond_signal(&s->more);
    (void)pthread_mutex_unlock(&s->lock);
    aas_thread_join(s->thread);
    s->thread = NULL;
    if (s->mqtt)
        aas_mqtt_stop(s->mqtt, AAS_MONO_PAST);
}

void ingest_simulator_destroy(struct ingest_simulator *s)
{
    if (!s)
        return;
    ingest_simulator_stop(s);
    while (s->list) {
        struct simulation *sim = s->list;
        s->list = sim->link;
        simulation_free(sim);
    }
    aas_mqtt_destroy(s->mqtt);
    aas_buf_fini(&s->text);
    (void)pthread_mutex_destroy(&s->lock);
    (void)pthread_cond_destroy(&s->more);
    free(s);
}
