# aas::http_client: calls to other services over libcurl.
aas_add_library(http_client
  SOURCES src/io/http_client.c src/io/http_client_breaker.c src/io/http_client_call.c
  PUBLIC aas::base
  PRIVATE PkgConfig::CURL Threads::Threads)
