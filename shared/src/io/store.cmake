# aas::store: documents on SQLite or MongoDB behind one interface. The two drivers share the target.
aas_add_library(store
  SOURCES
    src/io/store.c src/io/store_check.c src/io/store_collections.c src/io/store_cursor.c src/io/store_doc.c
    src/io/store_sqlite.c src/io/store_sqlite_backup.c src/io/store_sqlite_blob.c
    src/io/store_sqlite_read.c src/io/store_sqlite_schema.c src/io/store_sqlite_sql.c
    src/io/store_sqlite_write.c src/io/store_mongo.c src/io/store_mongo_blob.c src/io/store_mongo_filter.c src/io/store_mongo_read.c
    src/io/store_mongo_schema.c src/io/store_mongo_write.c src/io/store_sweep.c
  PUBLIC aas::base PkgConfig::BSON
  PRIVATE aas::codec PkgConfig::SQLITE PkgConfig::MONGOC)
