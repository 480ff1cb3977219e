# aas::ws: WebSocket hub and client on libwebsockets. The hub gets its sockets from aas::http.
set(ws_sources
  src/io/ws_client.c
  src/io/ws_client_loop.c
  src/io/ws_codec.c
  src/io/ws_frame.c
  src/io/ws_log.c
  src/io/ws_ring.c
  src/io/ws_server.c
  src/io/ws_server_accept.c
  src/io/ws_server_conn.c
  src/io/ws_server_hub.c)
aas_add_library(ws SOURCES ${ws_sources} PUBLIC aas::base aas::http PRIVATE PkgConfig::LWS Threads::Threads)
