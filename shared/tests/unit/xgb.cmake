if(TARGET aas_xgb)
aas_add_unit_test(test_xgb SOURCES tests/unit/xgb/test_xgb.c LINK aas::xgb PkgConfig::JANSSON Threads::Threads)
endif()
