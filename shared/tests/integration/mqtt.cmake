aas_add_unit_test(test_broker_helper SOURCES tests/integration/mqtt/test_broker_helper.c LINK aas::testing
  LABELS integration)
