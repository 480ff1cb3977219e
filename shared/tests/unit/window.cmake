aas_add_unit_test(test_window SOURCES tests/unit/window/test_window.c LINK aas::window)
aas_add_unit_test(test_features SOURCES tests/unit/window/test_features.c LINK aas::window PkgConfig::JANSSON)
aas_add_unit_test(test_feature_schema SOURCES tests/unit/window/test_feature_schema.c LINK aas::window PkgConfig::JANSSON)
