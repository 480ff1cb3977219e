# aas::audit: the hash-chained audit trail, over the store.
aas_add_library(audit SOURCES src/io/audit.c PUBLIC aas::base PRIVATE aas::codec aas::store)
