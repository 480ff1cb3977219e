# XGBoost's C interface behind one header; differences between versions of library and files end here.
if(TARGET aas_base)
aas_add_library(xgb
  SOURCES src/io/xgb.c src/io/xgb_adopt.c src/io/xgb_cure.c src/io/xgb_forest.c src/io/xgb_forest_read.c src/io/xgb_train.c
  PUBLIC aas::base
  PRIVATE aas::codec xgboost_c PkgConfig::JANSSON Threads::Threads)
endif()
