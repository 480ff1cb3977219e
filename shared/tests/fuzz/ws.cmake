aas_add_fuzz(fuzz_ws_codec SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/fuzz_ws_codec.c LINK aas::ws
  CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/corpus/ws_codec)
target_include_directories(fuzz_ws_codec PRIVATE src/io)
