/* What the MongoDB driver asks the server, as text: also the parts that the stand-in can't answer rightly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "store_mongo.h"

#define T0 INT64_C(1700000000000)

static void expect(const bson_t *doc, const char *json)
{
    char *got = bson_as_relaxed_extended_json(doc, NULL);
    assert_non_null(got);
    assert_string_equal(got, json);
    bson_free(got);
}

static const struct aas_value states[] = {AAS_V_STR("a"), AAS_V_STR("b")};
static const struct aas_cond where[] = {
    {.field = "sensor_id", .op = AAS_OP_EQ, .value = AAS_V_STR("p")},
    {.field = "confidence", .op = AAS_OP_GE, .value = AAS_V_NUM(0.5)},
    {.field = "state", .op = AAS_OP_IN, .in = states, .n_in = 2},
};

static struct store_plan plan_of(size_t n_where, const char *sort, bool descending)
{
    const struct aas_store_collection *coll = aas_store_collection(AAS_COLL_PREDICTIONS);
    return (struct store_plan){.c = AAS_COLL_PREDICTIONS,
                               .coll = coll,
                               .where = where,
                               .n_where = n_where,
                               .sort = sort ? aas_store_field(coll, sort) : NULL,
                               .descending = descending};
}

static void test_filter(void **state)
{
    (void)state;
    MG_AUTO_BSON bson_t f = BSON_INITIALIZER;
    struct store_plan plan = plan_of(0, NULL, false);
    mg_put_filter(&f, &plan);
    expect(&f, "{ }");
    plan = plan_of(3, "confidence", false);
    mg_put_filter(&f, &plan);
    expect(&f, "{ \"$and\" : [ { \"sensor_id\" : { \"$eq\" : \"p\" } }, { \"confidence\" : { \"$gte\" : 0.5 } }, { "
               "\"state\" : { \"$in\" : [ \"a\", \"b\" ] } } ] }");
}

static void test_filter_keeps_documents_without_the_sort_field_out(void **state)
{
    (void)state;
    MG_AUTO_BSON bson_t f = BSON_INITIALIZER;
    struct store_plan plan = plan_of(1, "at", true);
    mg_put_filter(&f, &plan);
    expect(&f, "{ \"$and\" : [ { \"sensor_id\" : { \"$eq\" : \"p\" } }, { \"at\" : { \"$gte\" : { \"$date\" : { "
               "\"$numberLong\" : \"-62135596800000\" } } } } ] }");
    bson_reinit(&f);
    plan = plan_of(0, "is_anomaly", false);
    mg_put_filter(&f, &plan);
    expect(&f, "{ \"$and\" : [ { \"is_anomaly\" : { \"$in\" : [ false, true ] } } ] }");
}

static void test_filter_goes_on_behind_a_position(void **state)
{
    (void)state;
    MG_AUTO_BSON bson_t f = BSON_INITIALIZER;
    MG_AUTO_BSON bson_t sort = BSON_INITIALIZER;
    struct store_plan plan = plan_of(0, "label", true);
    plan.has_after = true;
    plan.after_value = AAS_V_STR("m");
    plan.after_id = "id7";
    mg_put_filter(&f, &plan);
    expect(&f,
           "{ \"$and\" : [ { \"label\" : { \"$lte\" : \"m\" } }, { \"$or\" : [ { \"label\" : { \"$lt\" : \"m\" } }, "
           "{ \"_id\" : { \"$lt\" : \"id7\" } } ] } ] }");
    mg_put_sort(&sort, &plan);
    expect(&sort, "{ \"label\" : -1, \"_id\" : -1 }");
}

static void test_pipeline_groups_counts_and_sums(void **state)
{
    (void)state;
    MG_AUTO_BSON bson_t p = BSON_INITIALIZER;
    struct store_plan plan = plan_of(1, NULL, false);
    const struct aas_store_field *group[] = {aas_store_field(plan.coll, "sensor_id"),
                                             aas_store_field(plan.coll, "is_anomaly")};
    const struct aas_store_field *sum[] = {aas_store_field(plan.coll, "confidence")};
    mg_put_pipeline(&p, &plan, group, 2, sum, 1);
    expect(&p,
           "{ \"pipeline\" : [ { \"$match\" : { \"$and\" : [ { \"sensor_id\" : { \"$eq\" : \"p\" } } ] } }, { "
           "\"$group\" : { \"_id\" : { \"k0\" : \"$sensor_id\", \"k1\" : \"$is_anomaly\" }, \"n\" : { \"$sum\" : 1 "
           "}, \"s0\" : { \"$sum\" : \"$confidence\" } } }, { \"$sort\" : { \"_id.k0\" : 1, \"_id.k1\" : 1 } } ] }");
}

static void test_indexes(void **state)
{
    (void)state;
    MG_AUTO_BSON bson_t plain = BSON_INITIALIZER;
    MG_AUTO_BSON bson_t unique = BSON_INITIALIZER;
    mg_put_index(&plain, &aas_store_collection(AAS_COLL_SENSOR_DATA)->indexes[0]);
    expect(&plain, "{ \"key\" : { \"sensor_id\" : 1, \"start\" : 1, \"_id\" : 1, \"end\" : 1, \"n\" : 1 }, \"name\" : "
                   "\"aas:sensor_id,start+end,n\" }");
    mg_put_index(&unique, &aas_store_collection(AAS_COLL_ALARMS)->indexes[0]);
    expect(&unique, "{ \"key\" : { \"open_key\" : 1 }, \"name\" : \"aas:open_key\", \"unique\" : true, \"sparse\" : "
                    "true }");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_filter_keeps_documents_without_the_sort_field_out),
        cmocka_unit_test(test_filter_goes_on_behind_a_position),
        cmocka_unit_test(test_pipeline_groups_counts_and_sums),
        cmocka_unit_test(test_indexes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
