/* See runs.h. */
#include "runs.h"

#include <dirent.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <aas/cleanup.h>
#include <aas/clock.h>
#include <aas/num.h>

#include "csv.h"

#define CHUNK_BYTES 65536
#define ROWS_MAX    10000000
#define NO_COLUMN   SIZE_MAX

static int no_memory(struct aas_error *err)
{
    return aas_error_set(err, AAS_ENOMEM, "out of memory for runs");
}

static void names_fini(struct name_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->names[i]);
    free(l->names);
}

void runs_fini(struct labelled_runs *r)
{
    for (size_t i = 0; i < r->count; i++) {
        free(r->runs[i].name);
        free(r->runs[i].t);
        free(r->runs[i].v);
        free(r->runs[i].label);
    }
    free(r->runs);
    names_fini(&r->channels);
    names_fini(&r->labels);
    *r = (struct labelled_runs){0};
}

/* Index of a name, added at the end where it is new; -1: full or no memory. */
static int name_index(struct name_list *l, const char *name, bool add, size_t max)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->names[i], name) == 0)
            return (int)i;
    if (!add || l->count == max)
        return -1;
    char **more = realloc(l->names, (l->count + 1) * sizeof(*more));
    if (!more)
        return -1;
    l->names = more;
    l->names[l->count] = strdup(name);
    return l->names[l->count] ? (int)l->count++ : -1;
}

/* One file on its way in. Columns are found by the header; the first pass only collects channels. */
struct reading {
    struct labelled_runs *out;
    struct labelled_run *run; /* NULL: first pass */
    const char *path;
    size_t cap;
    size_t time, label;        /* columns */
    int place[CSV_MAX_FIELDS]; /* of a column among the channels, or -1 */
    bool header_done, add_channels;
    struct aas_error *err;
};

static int at_line(const struct reading *r, const struct csv_parser *p, const char *what, const char *value)
{
    return aas_error_set(r->err, AAS_EPARSE, "%s, line %llu: %s \"%.40s\"", r->path, (unsigned long long)p->line, what,
                         value);
}

static int take_header(struct reading *r, const struct csv_parser *p)
{
    size_t len;
    r->time = r->label = NO_COLUMN;
    for (size_t i = 0; i < p->fields_count; i++) {
        const char *name = csv_field(p, i, &len);
        r->place[i] = -1;
        if (strcmp(name, "timestamp") == 0)
            r->time = i;
        else if (strcmp(name, "label") == 0)
            r->label = i;
        else if (strcmp(name, "asset") != 0 && r->label == NO_COLUMN) {
            r->place[i] = name_index(&r->out->channels, name, r->add_channels, RUNS_MAX_CHANNELS);
            if (r->place[i] < 0 && r->add_channels)
                return aas_error_set(r->err, AAS_EINVAL, "%s: more than %d channels", r->path, RUNS_MAX_CHANNELS);
        }
    }
    if (r->time == NO_COLUMN || r->label == NO_COLUMN)
        return aas_error_set(r->err, AAS_EINVAL, "%s has no column \"%s\"", r->path,
                             r->label == NO_COLUMN ? "label" : "timestamp");
    r->header_done = true;
    return 0;
}

static int reserve(struct reading *r)
{
    struct labelled_run *run = r->run;
    if (run->rows < r->cap)
        return 0;
    if (run->rows >= ROWS_MAX)
        return aas_error_set(r->err, AAS_ETOOBIG, "%s has more than %d rows", r->path, ROWS_MAX);
    size_t cap = r->cap ? 2 * r->cap : 1024;
    int64_t *t = realloc(run->t, cap * sizeof(*t));
    run->t = t ? t : run->t;
    double *v = realloc(run->v, cap * r->out->channels.count * sizeof(*v));
    run->v = v ? v : run->v;
    uint32_t *label = realloc(run->label, cap * sizeof(*label));
    run->label = label ? label : run->label;
    if (!t || !v || !label)
        return no_memory(r->err);
    r->cap = cap;
    return 0;
}

static int take_time(struct reading *r, const struct csv_parser *p, int64_t *ret)
{
    size_t len;
    const char *text = csv_field(p, r->time, &len);
    if (aas_num_parse_i64(text, len, ret) == 0 || aas_rfc3339_parse(text, len, ret, NULL) == 0)
        return 0;
    return at_line(r, p, "timestamp must be RFC 3339 or milliseconds, is", text);
}

static int take_row(struct reading *r, const struct csv_parser *p)
{
    size_t len, channels = r->out->channels.count;
    if (p->fields_count <= r->label || p->fields_count <= r->time)
        return at_line(r, p, "the row is too short:", csv_field(p, 0, &len));
    int rc = reserve(r);
    struct labelled_run *run = r->run;
    if (rc == 0)
        rc = take_time(r, p, &run->t[run->rows]);
    if (rc < 0)
        return rc;
    double *row = run->v + run->rows * channels;
    for (size_t c = 0; c < channels; c++)
        row[c] = (double)NAN;
    for (size_t i = 0; i < p->fields_count && i < r->label; i++) {
        const char *text = csv_field(p, i, &len);
        if (r->place[i] >= 0 && len > 0 && aas_num_parse_double(text, len, &row[r->place[i]]) < 0)
            return at_line(r, p, "not a number:", text);
    }
    const char *label = csv_field(p, r->label, &len);
    int k = name_index(&r->out->labels, len ? label : "normal", true, RUNS_MAX_LABELS);
    if (k < 0)
        return aas_error_set(r->err, AAS_EINVAL, "%s: more than %d labels", r->path, RUNS_MAX_LABELS);
    run->label[run->rows++] = (uint32_t)k;
    return 0;
}

static int take_record(struct reading *r, const struct csv_parser *p)
{
    if (!r->header_done)
        return take_header(r, p);
    return r->run ? take_row(r, p) : 0;
}

static int feed(struct reading *r, struct csv_parser *p, const char *data, size_t len)
{
    while (len > 0) {
        size_t used = 0;
        enum csv_event e = csv_feed(p, data, len, &used);
        int rc = e == CSV_ERROR ? at_line(r, p, p->reason, "") : e == CSV_RECORD ? take_record(r, p) : 0;
        if (rc < 0 || (r->header_done && !r->run))
            return rc;
        data += used;
        len -= used;
    }
    return 0;
}

/* gzread reads plain files too. */
static int read_file(struct reading *r)
{
    gzFile f = gzopen(r->path, "rbe");
    AAS_AUTO_FREE struct csv_parser *p = malloc(sizeof(*p));
    AAS_AUTO_FREE char *chunk = malloc(CHUNK_BYTES);
    int rc = !f ? aas_error_set(r->err, -errno, "cannot open %s: %s", r->path, strerror(errno)) : 0;
    if (rc == 0 && (!p || !chunk))
        rc = no_memory(r->err);
    if (rc == 0)
        csv_init(p);
    while (rc == 0) {
        int n = gzread(f, chunk, CHUNK_BYTES);
        if (n < 0)
            rc = aas_error_set(r->err, AAS_EPARSE, "%s: damaged gzip", r->path);
        if (n <= 0)
            break;
        rc = feed(r, p, chunk, (size_t)n);
        if (r->header_done && !r->run)
            break;
    }
    if (rc == 0 && r->run) {
        enum csv_event e = csv_finish(p);
        rc = e == CSV_ERROR ? at_line(r, p, p->reason, "") : e == CSV_RECORD ? take_record(r, p) : 0;
    }
    if (f)
        (void)gzclose_r(f);
    if (rc == 0 && !r->header_done)
        rc = aas_error_set(r->err, AAS_EPARSE, "%s is empty", r->path);
    return rc;
}

static size_t stem_length(const char *file)
{
    static const char *const endings[] = {".csv", ".csv.gz"};
    size_t n = strlen(file);
    for (size_t i = 0; i < 2; i++) {
        size_t m = strlen(endings[i]);
        if (n > m && file[0] != '.' && strcmp(file + n - m, endings[i]) == 0)
            return n - m;
    }
    return 0;
}

static int is_csv(const struct dirent *e)
{
    return stem_length(e->d_name) > 0;
}

static int load_all(const char *dir, struct dirent **files, size_t n, bool add_channels, struct labelled_runs *out,
                    struct aas_error *err)
{
    char path[4096];
    struct reading r = {.out = out, .path = path, .err = err, .add_channels = add_channels};
    for (size_t i = 0; add_channels && i < n; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", dir, files[i]->d_name);
        r.header_done = false;
        int rc = read_file(&r);
        if (rc < 0)
            return rc;
    }
    if (out->channels.count == 0)
        return aas_error_set(err, AAS_EINVAL, "%s: the files have no channels", dir);
    r.add_channels = false;
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", dir, files[i]->d_name);
        r.run = &out->runs[out->count++];
        r.run->name = strndup(files[i]->d_name, stem_length(files[i]->d_name));
        r.header_done = false;
        r.cap = 0;
        int rc = r.run->name ? read_file(&r) : no_memory(err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int runs_load(const char *dir, const struct labelled_runs *like, struct labelled_runs *ret, struct aas_error *err)
{
    struct dirent **files = NULL;
    int n = scandir(dir, &files, is_csv, alphasort);
    if (n < 0)
        return aas_error_set(err, -errno, "cannot list %s: %s", dir, strerror(errno));
    struct labelled_runs out = {.runs = calloc((size_t)n + 1, sizeof(*out.runs))};
    bool full = out.runs && name_index(&out.labels, "normal", true, RUNS_MAX_LABELS) == 0;
    for (size_t i = 0; full && like && i < like->channels.count; i++)
        full = name_index(&out.channels, like->channels.names[i], true, RUNS_MAX_CHANNELS) >= 0;
    for (size_t i = 0; full && like && i < like->labels.count; i++)
        full = name_index(&out.labels, like->labels.names[i], true, RUNS_MAX_LABELS) >= 0;
    int rc = !full    ? no_memory(err)
             : n == 0 ? aas_error_set(err, AAS_ENOENT, "%s holds no .csv and no .csv.gz", dir)
                      : 0;
    if (rc == 0)
        rc = load_all(dir, files, (size_t)n, like == NULL, &out, err);
    for (int i = 0; i < n; i++)
        free(files[i]);
    free(files);
    if (rc < 0)
        runs_fini(&out);
    else
        *ret = out;
    return rc;
}
