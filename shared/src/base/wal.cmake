list(APPEND base_sources
  src/base/wal.c
  src/base/wal_format.c
  src/base/wal_inspect.c
  src/base/wal_position.c
  src/base/wal_reader.c
  src/base/wal_recover.c
  src/base/wal_trim.c)
