aas_add_fuzz(fuzz_store_cursor SOURCES tests/fuzz/fuzz_store_cursor.c LINK aas::store
  CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/corpus/store_cursor)
target_include_directories(fuzz_store_cursor PRIVATE src/io)
