/* Inside of aastreli-db: options, commands, reports. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "aas/buf.h"
#include "aas/store.h"

struct db_config {
    char *url;
    int64_t raw_ms, rollups_ms, predictions_ms, quarantine_ms;
};

struct db_run {
    struct db_config config;
    const char *command, *path; /* path: the command's file or directory, or NULL */
    bool json, dry_run, replace;
    struct aas_store *store;
    struct aas_buf out; /* what goes to standard output at the end */
};

/* Commands: 0 or a negative code with a sentence in err; they append their report to run->out. */
int db_init(struct db_run *run, struct aas_error *err) AAS_MUST_CHECK;
int db_stats(struct db_run *run, struct aas_error *err) AAS_MUST_CHECK;
int db_sweep(struct db_run *run, struct aas_error *err) AAS_MUST_CHECK;
int db_backup(struct db_run *run, struct aas_error *err) AAS_MUST_CHECK;
int db_restore(struct db_run *run, struct aas_error *err) AAS_MUST_CHECK;
int db_export(struct db_run *run, struct aas_error *err) AAS_MUST_CHECK;
int db_import(struct db_run *run, struct aas_error *err) AAS_MUST_CHECK;

/* db_file.c */
/** Digest of bytes [skip, end) of a file, as hex; ret_bytes: how many. */
int db_file_sha256(const char *path, int64_t skip, char ret_hex[65], int64_t *ret_bytes,
                   struct aas_error *err) AAS_MUST_CHECK;
/** Make a file's content and its name durable. */
int db_file_sync(const char *path, struct aas_error *err) AAS_MUST_CHECK;
bool db_is_directory(const char *path);
/** Directory of a file's path into out; AAS_ETOOBIG. */
int db_directory_of(const char *path, char *out, size_t size) AAS_MUST_CHECK;
/** The file behind a sqlite: URL into out; AAS_ENOTSUP for another driver. */
int db_sqlite_path(const char *url, char *out, size_t size) AAS_MUST_CHECK;
/** Begin a report about run->path: `{"key":"path"` or `text path`. */
void db_report_path(struct db_run *run, const char *key, const char *text);
/** Write n bytes to fd, all of them. */
int db_write_all(int fd, const void *bytes, size_t n, const char *path, struct aas_error *err) AAS_MUST_CHECK;
