/* aastreli-sim replay: rows of CSV files on one time line, one file behind the other, sent in the order that the
 * disorder plan says. */
#include "sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aas/cleanup.h"
#include "sim_link.h"
#include "sim_table.h"

/* A row of the whole stream: which file's which row, where on the time line, and its place in its sensor's sequence. */
struct item {
    uint32_t file, row;
    uint64_t seq;
};

struct replay {
    const struct sim_options *o;
    struct sim_link link;
    struct sim_table **tables;
    struct item *items;
    int64_t *rel_ms;
    size_t n_items;
    struct sim_event *events;
    size_t n_events;
    struct sim_disorder_counts counts;
    int64_t shift_ms; /* rel + shift = timestamp, unless the original ones stay */
    uint64_t unique;
};

static int load_files(struct replay *r, struct aas_error *err)
{
    size_t total = 0;
    r->tables = calloc(r->o->n_files, sizeof(struct sim_table *));
    if (!r->tables)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    for (size_t i = 0; i < r->o->n_files; i++) {
        int rc = sim_table_load(&r->tables[i], r->o->files[i], r->o->sensor, r->o->limit, err);
        if (rc)
            return rc;
        total += r->tables[i]->n_rows;
    }
    if (total > UINT32_MAX / 2)
        return aas_error_set(err, AAS_ETOOBIG, "%zu rows: too many for one replay", total);
    r->items = calloc(total, sizeof *r->items);
    r->rel_ms = calloc(total, sizeof *r->rel_ms);
    return r->items && r->rel_ms ? 0 : aas_error_set(err, AAS_ENOMEM, "no memory for %zu rows", total);
}

/* The distance from one file's last row to the next one's first: the file's mean distance of rows. */
static int64_t usual_gap(const struct sim_table *t)
{
    int64_t span = t->rows[t->n_rows - 1].ts_ms - t->rows[0].ts_ms;
    int64_t gap = t->n_rows > 1 ? span / (int64_t)(t->n_rows - 1) : 1000;
    return gap > 0 ? gap : 1;
}

/* Number of the sensor over all files. */
static size_t sensor_number(const char *id, char **known, size_t *n_known)
{
    for (size_t i = 0; i < *n_known; i++)
        if (strcmp(known[i], id) == 0)
            return i;
    return (*n_known)++;
}

static int number_rows(struct replay *r, struct aas_error *err)
{
    size_t sensors = 0, n_known = 0;
    for (size_t f = 0; f < r->o->n_files; f++)
        sensors += r->tables[f]->n_sensors;
    AAS_AUTO_FREE char **known = calloc(sensors, sizeof(char *)); /* borrowed from the tables */
    AAS_AUTO_FREE uint64_t *next = calloc(sensors, sizeof *next);
    AAS_AUTO_FREE size_t *map = calloc(sensors, sizeof *map);
    if (!known || !next || !map)
        return aas_error_set(err, AAS_ENOMEM, "out of memory");
    for (size_t f = 0, i = 0; f < r->o->n_files; f++) {
        const struct sim_table *t = r->tables[f];
        for (size_t s = 0; s < t->n_sensors; s++) {
            map[s] = sensor_number(t->sensors[s], known, &n_known);
            known[map[s]] = t->sensors[s];
        }
        for (size_t row = 0; row < t->n_rows; row++, i++)
            r->items[i] = (struct item){(uint32_t)f, (uint32_t)row, next[map[t->rows[row].sensor]]++};
    }
    return 0;
}

/* Files follow each other; rows that stand back in time within a file keep their place in the stream. */
static void lay_out(struct replay *r)
{
    int64_t base = 0, last = 0;
    for (size_t f = 0; f < r->o->n_files; f++) {
        const struct sim_table *t = r->tables[f];
        for (size_t row = 0; row < t->n_rows; row++) {
            int64_t rel = base + t->rows[row].ts_ms - t->rows[0].ts_ms;
            last = rel > last ? rel : last;
            r->rel_ms[r->n_items++] = last;
        }
        base = last + usual_gap(t);
    }
}

/* now: the last row's time is the moment when it is expected to be sent. */
static void choose_shift(struct replay *r)
{
    int64_t span = r->rel_ms[r->n_items - 1];
    double wait = r->o->speed > 0 ? (double)span / r->o->speed : 0;
    r->link.total_s = wait / 1000;
    r->shift_ms = r->o->time_mode == SIM_TIME_FROM ? r->o->time_from_ms : aas_clock_wall_ms() + (int64_t)wait - span;
}

static int64_t timestamp(const struct replay *r, size_t i)
{
    const struct item *it = &r->items[i];
    const struct sim_table *t = r->tables[it->file];
    if (r->o->time_mode == SIM_TIME_ORIGINAL)
        return t->rows[it->row].ts_ms;
    const size_t first = i - it->row; /* of this file */
    return r->shift_ms + r->rel_ms[first] + t->rows[it->row].ts_ms - t->rows[0].ts_ms;
}

static int send_all(struct replay *r, struct aas_error *err)
{
    struct aas_mono start = aas_clock_mono();
    for (size_t e = 0; e < r->n_events; e++) {
        const struct sim_event *ev = &r->events[e];
        const struct item *it = &r->items[ev->row];
        const struct sim_table *t = r->tables[it->file];
        int rc = 0;
        if (r->o->speed > 0)
            rc =
                sim_link_wait(&r->link, (struct aas_mono){start.ns + (int64_t)((double)ev->at_ms * 1e6 / r->o->speed)});
        const struct sim_reading reading = {
            .sensor = t->sensors[t->rows[it->row].sensor],
            .ts_ms = timestamp(r, ev->row),
            .seq = it->seq,
            .channels = (const char *const *)t->channels,
            .values = t->values + (size_t)it->row * t->n_channels,
            .n = t->n_channels,
        };
        rc = rc ? rc : sim_link_publish(&r->link, &reading, err);
        if (rc)
            return rc;
        r->unique += ev->copy == 0;
    }
    return 0;
}

static void print_summary(const struct replay *r, double seconds)
{
    const struct sim_link *l = &r->link;
    uint64_t acked = l->acked, refused = l->refused;
    if (r->o->json)
        (void)printf("{\"published\":%" PRIu64 ",\"acked\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"rows\":%zu"
                     ",\"unique\":%" PRIu64 ",\"dropped\":%zu,\"duplicates\":%zu,\"out_of_order\":%zu,\"late\":%zu"
                     ",\"files\":%zu,\"seconds\":%.3f,\"rate\":%.1f,\"first_ts\":%" PRId64 ",\"last_ts\":%" PRId64
                     "}\n",
                     l->published, acked, refused, r->n_items, r->unique, r->counts.dropped, r->counts.duplicates,
                     r->counts.out_of_order, r->counts.late, r->o->n_files, seconds,
                     seconds > 0 ? (double)acked / seconds : 0, timestamp(r, 0), timestamp(r, r->n_items - 1));
    else
        (void)printf("%zu rows: %" PRIu64 " published (%zu duplicates), %" PRIu64 " acknowledged, %" PRIu64
                     " refused, %zu left out, %zu out of order, %zu late, in %.1f s (%.0f/s)\n",
                     r->n_items, l->published, r->counts.duplicates, acked, refused, r->counts.dropped,
                     r->counts.out_of_order, r->counts.late, seconds, seconds > 0 ? (double)acked / seconds : 0);
    (void)fflush(stdout);
}

static void fini(struct replay *r)
{
    for (size_t i = 0; r->tables && i < r->o->n_files; i++)
        sim_table_destroy(r->tables[i]);
    free(r->tables);
    free(r->items);
    free(r->rel_ms);
    free(r->events);
}

int sim_replay(const struct sim_options *o)
{
    struct aas_error err = AAS_ERROR_NONE;
    struct replay r = {.o = o};
    bool opened = false, cut = false;
    int rc = load_files(&r, &err);
    rc = rc ? rc : number_rows(&r, &err);
    if (!rc) {
        lay_out(&r);
        rc = sim_disorder_plan(&o->disorder, r.rel_ms, r.n_items, &r.events, &r.n_events, &r.counts);
        if (rc)
            AAS_IGNORE(aas_error_set(&err, rc, "no memory for the plan of %zu rows", r.n_items));
    }
    if (!rc) {
        opened = true;
        rc = sim_link_open(&r.link, o, &err);
        if (!rc) {
            r.link.started = aas_clock_mono();
            choose_shift(&r);
            rc = send_all(&r, &err);
        }
        cut = rc == AAS_ECANCELED;
    }
    if (opened)
        sim_link_close(&r.link);
    double seconds = sim_link_seconds(&r.link);
    if (rc && !cut)
        (void)fprintf(stderr, "aastreli-sim: %s\n", aas_error_text(&err, rc));
    else
        print_summary(&r, seconds);
    fini(&r);
    return rc || r.link.acked < r.link.published ? 1 : 0;
}
