/* A schema in use: names, hash, extraction. Reading and writing its JSON form stands in feature_schema_json.c. */
#include <aas/feature_schema.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; names && i < count; i++)
        free(names[i]);
    free(names);
}

void aas_feature_schema_destroy(struct aas_feature_schema *schema)
{
    if (!schema)
        return;
    free(schema->sensor_type);
    free(schema->normal);
    free_names(schema->channels, schema->channels_count);
    free_names(schema->classes, schema->classes_count);
    free(schema->features);
    free(schema->masks);
    free(schema->optional);
    free(schema->mean);
    free(schema->scale);
    free(schema);
}

int aas_feature_schema_channel(const struct aas_feature_schema *schema, const char *name, size_t len)
{
    for (size_t i = 0; i < schema->channels_count; i++)
        if (strncmp(schema->channels[i], name, len) == 0 && schema->channels[i][len] == '\0')
            return (int)i;
    return -1;
}

int aas_feature_schema_class(const struct aas_feature_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->classes_count; i++)
        if (strcmp(schema->classes[i], name) == 0)
            return (int)i;
    return -1;
}

void aas_feature_schema_name(const struct aas_feature_schema *schema, size_t i, char *dst, size_t cap)
{
    const struct aas_feature *f = &schema->features[i];
    (void)snprintf(dst, cap, "%s_%s", schema->channels[f->channel], aas_stat_name(f->stat));
}

/* Statistics of every channel, then what the single channel's computation needs. */
size_t aas_feature_schema_scratch(const struct aas_feature_schema *schema, size_t n)
{
    return schema->channels_count * AAS_STAT__COUNT + schema->features_count + 2 * n;
}

void aas_feature_schema_extract(const struct aas_feature_schema *schema, const double *const *columns, size_t n,
                                double *scratch, float *ret_row, double *ret_raw)
{
    double *stats = scratch, *raw = stats + schema->channels_count * AAS_STAT__COUNT;
    double *work = raw + schema->features_count;
    for (size_t c = 0; c < schema->channels_count; c++) {
        const double none[1] = {(double)NAN};
        const double *x = columns[c] ? columns[c] : none;
        size_t rows = columns[c] ? n : 0;
        size_t recent = schema->recent_rows && schema->recent_rows < rows ? schema->recent_rows : rows;
        double *of_channel = stats + c * AAS_STAT__COUNT;
        aas_features_compute(x + (rows - recent), recent, schema->masks[c], work, of_channel);
        if (schema->reference_rows)
            of_channel[AAS_STAT_SHIFT] = aas_features_shift(x, rows, schema->recent_rows, schema->reference_rows);
    }
    for (size_t i = 0; i < schema->features_count; i++)
        raw[i] = stats[schema->features[i].channel * AAS_STAT__COUNT + schema->features[i].stat];
    if (ret_raw)
        memcpy(ret_raw, raw, schema->features_count * sizeof(*raw));
    aas_feature_schema_scale(schema, raw, ret_row);
}

void aas_feature_schema_scale(const struct aas_feature_schema *schema, const double *raw, float *ret_row)
{
    for (size_t i = 0; i < schema->features_count; i++) {
        double v = schema->mean ? (raw[i] - schema->mean[i]) / schema->scale[i] : raw[i];
        ret_row[i] = (float)v;
    }
}
