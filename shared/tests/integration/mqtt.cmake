aas_add_unit_test(test_broker_helper SOURCES tests/integration/mqtt/test_broker_helper.c LINK aas::testing
  LABELS integration)
aas_add_unit_test(test_mqtt_order SOURCES tests/integration/mqtt/test_mqtt_order.c tests/integration/mqtt/fake_broker.c
  LINK aas::mqtt aas::testing LABELS integration)
aas_add_unit_test(test_mqtt_broker SOURCES tests/integration/mqtt/test_mqtt_broker.c
  LINK aas::mqtt aas::testing LABELS integration TIMEOUT 180)
