# One suite, a program per driver. The MongoDB stand-in is built first, into the user's cache: minutes at the first time.
set(suite tests/contract/store_suite.c tests/contract/store_suite_changes.c tests/contract/store_suite_queries.c)
aas_add_unit_test(test_store_sqlite SOURCES tests/contract/test_store_sqlite.c ${suite} LINK aas::store aas::testing
  LABELS contract TIMEOUT 120)

set(mongo tests/contract/mongo_server.c)
aas_add_unit_test(test_store_mongo SOURCES tests/contract/test_store_mongo.c ${mongo} ${suite}
  LINK aas::store aas::testing PkgConfig::MONGOC LABELS contract TIMEOUT 300)
add_test(NAME mongo_stand_in COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tests/contract/ferretdb/build.sh)
set_tests_properties(mongo_stand_in PROPERTIES TIMEOUT 900 LABELS contract SKIP_RETURN_CODE 77
  FIXTURES_SETUP mongo_stand_in)
set_tests_properties(test_store_mongo PROPERTIES FIXTURES_REQUIRED mongo_stand_in)

aas_add_unit_test(test_mongo_filter SOURCES tests/contract/test_mongo_filter.c LINK aas::store PkgConfig::MONGOC)
target_include_directories(test_mongo_filter PRIVATE src/io)
aas_add_unit_test(test_sqlite_plans SOURCES tests/contract/test_sqlite_plans.c tests/contract/store_suite.c
  LINK aas::store aas::testing PkgConfig::SQLITE)
target_include_directories(test_sqlite_plans PRIVATE src/io)

# The same under faults.
aas_add_unit_test(test_store_faults SOURCES tests/contract/test_store_faults.c tests/contract/store_suite.c
  LINK aas::store aas::testing PkgConfig::SQLITE LABELS contract TIMEOUT 180)
aas_add_unit_test(test_store_mongo_faults SOURCES tests/contract/test_store_mongo_faults.c ${mongo}
  tests/contract/store_suite.c LINK aas::store aas::testing PkgConfig::MONGOC LABELS contract TIMEOUT 180)
set_tests_properties(test_store_mongo_faults PROPERTIES FIXTURES_REQUIRED mongo_stand_in)
aas_add_unit_test(test_store_alloc SOURCES tests/contract/test_store_alloc.c tests/contract/store_suite.c
  LINK aas::store aas::testing aas::testing_alloc LABELS contract TIMEOUT 120)
