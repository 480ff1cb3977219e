# One suite, a program per driver.
set(suite tests/contract/store_suite.c tests/contract/store_suite_changes.c tests/contract/store_suite_queries.c)
aas_add_unit_test(test_store_sqlite SOURCES tests/contract/test_store_sqlite.c ${suite} LINK aas::store aas::testing
  LABELS contract TIMEOUT 120)
