aas_add_fuzz(fuzz_wal SOURCES tests/fuzz/fuzz_wal.c LINK aas::base
  CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/corpus/wal)
