aas_add_fuzz(fuzz_http_head SOURCES tests/fuzz/fuzz_http_head.c LINK aas::http
  CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/corpus/http_head)
target_include_directories(fuzz_http_head PRIVATE ${CMAKE_SOURCE_DIR}/shared/src/io)
