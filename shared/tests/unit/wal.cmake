aas_add_unit_test(test_wal SOURCES tests/unit/wal/test_wal.c LINK aas::base aas::testing)
aas_add_unit_test(test_wal_damage SOURCES tests/unit/wal/test_wal_damage.c LINK aas::base aas::testing -Wl,--wrap=pread)
aas_add_unit_test(test_wal_faults SOURCES tests/unit/wal/test_wal_faults.c
  LINK aas::base aas::testing aas::testing_alloc -Wl,--wrap=fdatasync)
