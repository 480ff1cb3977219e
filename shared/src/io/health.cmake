# aas::health: liveness, readiness and metrics, the same in every daemon.
aas_add_library(health SOURCES src/io/health.c PUBLIC aas::http)
