aas_add_unit_test(test_http_pure SOURCES tests/unit/http/test_http_pure.c LINK aas::http PkgConfig::JANSSON)
target_include_directories(test_http_pure PRIVATE ${CMAKE_SOURCE_DIR}/shared/src/io)
aas_add_unit_test(test_http_server SOURCES tests/unit/http/test_http_server.c LINK aas::http aas::health aas::testing)
