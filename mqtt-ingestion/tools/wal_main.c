/* aastreli-wal: look at a write-ahead log, also while a daemon writes it. Reads only, takes no lock.
 * Exit codes: 0 whole; 1 damage found, or unreadable; 2 wrong arguments. */
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "aas/buf.h"
#include "aas/num.h"
#include "aas/wal.h"

#define STOP_READING 1

struct view {
    bool json, records, check, first_row;
    uint64_t limit, shown;
    uint64_t segments, total_records, total_bytes, regions, damaged_bytes, lost;
    bool tail_only; /* all damage is at the end of the newest segment: a writer may be at it */
    struct aas_buf out;
};

static const char usage[] = "usage: aastreli-wal list DIR [--records] [--limit N] [--json]\n"
                            "       aastreli-wal check DIR [--json]\n"
                            "\n"
                            "Look at a write-ahead log (AAS_HOME/wal, AAS_HOME/ml-wal); it may be in use.\n"
                            "\n"
                            "  list         one line per segment; with --records one per record\n"
                            "  check        read every byte: what is damaged, where, and what it cost\n"
                            "  --records    the records' offset, kind, length and beginning\n"
                            "  --limit N    at most N records (default: all)\n"
                            "  --json       one JSON object\n"
                            "  --help, --version\n"
                            "\n"
                            "Exit codes: 0 whole, 1 damage found or unreadable, 2 wrong arguments.\n";

static void flush(struct view *v)
{
    if (v->out.len > 0)
        (void)fwrite(v->out.data, 1, v->out.len, stdout);
    aas_buf_clear(&v->out);
}

static void separate(struct view *v)
{
    if (v->json && !v->first_row)
        (void)aas_buf_append_str(&v->out, ",\n ");
    v->first_row = false;
}

static int on_record(void *ctx, const struct aas_wal_record *rec)
{
    struct view *v = ctx;
    if (v->limit > 0 && v->shown >= v->limit)
        return STOP_READING;
    v->shown++;
    separate(v);
    size_t part = rec->len < 100 ? rec->len : 100;
    (void)aas_buf_printf(&v->out,
                         v->json ? "{\"offset\":%" PRIu64 ",\"kind\":%u,\"bytes\":%zu,\"begins\":"
                                 : "%12" PRIu64 "  kind %u  %7zu bytes  ",
                         rec->offset, rec->kind, rec->len);
    (void)aas_buf_append_json(&v->out, rec->payload, part);
    (void)aas_buf_append_str(&v->out, v->json ? "}" : "\n");
    flush(v);
    return 0;
}

static int on_damage(void *ctx, const char *segment, uint64_t pos, uint64_t bytes)
{
    struct view *v = ctx;
    if (!v->check)
        return 0;
    separate(v);
    (void)aas_buf_printf(&v->out,
                         v->json ? "{\"segment\":\"%s\",\"at\":%" PRIu64 ",\"bytes\":%" PRIu64 "}"
                                 : "damage in %s at byte %" PRIu64 ": %" PRIu64 " bytes\n",
                         segment, pos, bytes);
    flush(v);
    return 0;
}

static int on_segment(void *ctx, const struct aas_wal_segment_report *rep)
{
    struct view *v = ctx;
    v->tail_only = (v->regions == 0 && rep->damage_regions == 0) ||
                   (v->regions == 0 && rep->damage_regions == 1 && rep->tail_damaged);
    v->segments++;
    v->total_records += rep->records;
    v->total_bytes += rep->bytes;
    v->regions += rep->damage_regions;
    v->damaged_bytes += rep->damaged_bytes;
    v->lost += rep->lost_records;
    if (v->check || v->records)
        return 0;
    separate(v);
    if (v->json)
        (void)aas_buf_printf(&v->out,
                             "{\"segment\":\"%s\",\"first_offset\":%" PRIu64 ",\"records\":%" PRIu64
                             ",\"bytes\":%" PRIu64 ",\"payload_bytes\":%" PRIu64 ",\"damage_regions\":%" PRIu64
                             ",\"header_ok\":%s}",
                             rep->name, rep->first_offset, rep->records, rep->bytes, rep->payload_bytes,
                             rep->damage_regions, rep->header_ok ? "true" : "false");
    else
        (void)aas_buf_printf(&v->out, "%s  from %" PRIu64 "  %" PRIu64 " records  %" PRIu64 " bytes%s%s\n", rep->name,
                             rep->first_offset, rep->records, rep->bytes, rep->header_ok ? "" : "  DAMAGED HEADER",
                             rep->damage_regions > (rep->header_ok ? 0 : 1) ? "  DAMAGED RECORDS" : "");
    flush(v);
    return 0;
}

static void print_summary(struct view *v)
{
    const char *note = v->regions > 0 && v->tail_only ? "at the end only: torn, or being written now" : "";
    if (v->json)
        (void)printf("],\n \"summary\":{\"segments\":%" PRIu64 ",\"records\":%" PRIu64 ",\"bytes\":%" PRIu64
                     ",\"damage_regions\":%" PRIu64 ",\"damaged_bytes\":%" PRIu64 ",\"lost_records\":%" PRIu64
                     ",\"tail_only\":%s}}\n",
                     v->segments, v->total_records, v->total_bytes, v->regions, v->damaged_bytes, v->lost,
                     *note ? "true" : "false");
    else if (v->check || !v->records)
        (void)printf("%" PRIu64 " segments, %" PRIu64 " records, %" PRIu64 " bytes; damage in %" PRIu64
                     " places, %" PRIu64 " bytes%s%s%s\n",
                     v->segments, v->total_records, v->total_bytes, v->regions, v->damaged_bytes, *note ? " (" : "",
                     note, *note ? ")" : "");
}

static int run(struct view *v, const char *dir)
{
    struct aas_error err = AAS_ERROR_NONE;
    const struct aas_wal_inspector in = {v->records ? on_record : NULL, on_damage, on_segment, v};
    aas_buf_init(&v->out, 65536);
    v->first_row = true;
    if (v->json)
        (void)printf("{\"%s\":[", v->check ? "damage" : v->records ? "records" : "segments");
    int rc = aas_wal_inspect(dir, &in, &err);
    if (rc >= 0)
        print_summary(v);
    else
        (void)fprintf(stderr, "aastreli-wal: %s\n", aas_error_text(&err, rc));
    aas_buf_fini(&v->out);
    if (fflush(stdout) != 0 || ferror(stdout))
        return 1;
    return rc < 0 || (v->check && v->regions > 0) ? 1 : 0;
}

static int complain(const char *what, const char *arg)
{
    (void)fprintf(stderr, "aastreli-wal: %s%s; see --help\n", what, arg);
    return 2;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"records", no_argument, NULL, 'r'}, {"limit", required_argument, NULL, 'l'}, {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},    {"version", no_argument, NULL, 'v'},     {0}};
    struct view v = {0};
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'h' || c == 'v')
            return fputs(c == 'h' ? usage : "aastreli-wal " AAS_VERSION "\n", stdout) < 0 ? 1 : 0;
        if (c == '?')
            return 2;
        if (c == 'l' && (aas_num_parse_u64(optarg, strlen(optarg), &v.limit) != 0 || v.limit == 0))
            return complain("--limit wants a number above 0, not ", optarg);
        v.records = v.records || c == 'r';
        v.json = v.json || c == 'j';
    }
    if (argc - optind != 2)
        return complain("a command and a directory are needed", "");
    v.check = strcmp(argv[optind], "check") == 0;
    if (!v.check && strcmp(argv[optind], "list") != 0)
        return complain("no such command: ", argv[optind]);
    if (v.check && v.records)
        return complain("--records goes with list", "");
    return run(&v, argv[optind + 1]);
}
