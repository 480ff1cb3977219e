aas_add_unit_test(test_ws_codec SOURCES tests/unit/ws/test_ws_codec.c LINK aas::ws)
target_include_directories(test_ws_codec PRIVATE src/io)
foreach(name ws_server ws_limits ws_client)
  aas_add_unit_test(test_${name}
    SOURCES tests/unit/ws/test_${name}.c tests/unit/ws/ws_fixture.c tests/unit/ws/ws_peer.c
    LINK aas::ws aas::testing PkgConfig::LWS Threads::Threads LABELS integration)
  target_include_directories(test_${name} PRIVATE src/io)
endforeach()
aas_add_unit_test(test_ws_alloc SOURCES tests/unit/ws/test_ws_alloc.c
  LINK aas::ws aas::testing_alloc PkgConfig::LWS Threads::Threads)
target_include_directories(test_ws_alloc PRIVATE src/io)
