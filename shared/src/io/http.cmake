# aas::http: HTTP/1.1 server on libmicrohttpd, with its route tables.
aas_add_library(http
  SOURCES
    src/io/http_conn.c
    src/io/http_dispatch.c
    src/io/http_metrics.c
    src/io/http_port.c
    src/io/http_problem.c
    src/io/http_query.c
    src/io/http_reply.c
    src/io/http_request.c
    src/io/http_router.c
    src/io/http_send.c
    src/io/http_server.c
    src/io/http_upgrade.c
  PUBLIC aas::base aas::codec
  PRIVATE PkgConfig::MHD Threads::Threads)
target_include_directories(aas_http PRIVATE ${CMAKE_SOURCE_DIR}/shared/src/io)
