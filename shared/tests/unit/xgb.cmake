aas_add_unit_test(test_xgb SOURCES tests/unit/xgb/test_xgb.c LINK aas::xgb PkgConfig::JANSSON Threads::Threads)
aas_add_unit_test(test_xgb_forest SOURCES tests/unit/xgb/test_xgb_forest.c LINK aas::xgb xgboost_c Threads::Threads)
target_include_directories(test_xgb_forest PRIVATE ${CMAKE_SOURCE_DIR}/shared/src/io)
