aas_add_unit_test(test_audit SOURCES tests/unit/audit/test_audit.c LINK aas::audit aas::store aas::testing
  Threads::Threads)
