aas_add_unit_test(test_ws_http SOURCES tests/integration/ws/test_ws_http.c tests/unit/ws/ws_peer.c
  LINK aas::ws aas::http aas::testing PkgConfig::LWS Threads::Threads LABELS integration)
target_include_directories(test_ws_http PRIVATE src/io tests/unit/ws)
aas_add_unit_test(test_ws_stress
  SOURCES tests/integration/ws/test_ws_stress.c tests/unit/ws/ws_fixture.c tests/unit/ws/ws_peer.c
  LINK aas::ws aas::testing PkgConfig::LWS Threads::Threads LABELS integration)
target_include_directories(test_ws_stress PRIVATE src/io tests/unit/ws)
