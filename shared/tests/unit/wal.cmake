aas_add_unit_test(test_wal SOURCES tests/unit/wal/test_wal.c LINK aas::base aas::testing)
