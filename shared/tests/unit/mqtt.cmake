aas_add_unit_test(test_mqtt SOURCES tests/unit/mqtt/test_mqtt.c LINK aas::mqtt aas::testing aas::testing_alloc)
