aas_add_unit_test(test_http_client
  SOURCES tests/unit/http_client/test_http_client.c tests/unit/http_client/scripted_server.c
  LINK aas::http_client aas::testing Threads::Threads)
aas_add_unit_test(test_http_breaker SOURCES tests/unit/http_client/test_http_breaker.c
  LINK aas::http_client aas::testing)
target_include_directories(test_http_breaker PRIVATE src/io)
aas_add_unit_test(test_http_client_alloc
  SOURCES tests/unit/http_client/test_http_client_alloc.c tests/unit/http_client/scripted_server.c
  LINK aas::http_client aas::testing_alloc Threads::Threads)
