foreach(name alarm_state id json json_pull json_schema reading)
  aas_add_unit_test(test_${name} SOURCES tests/unit/test_${name}.c LINK aas::codec)
endforeach()
aas_add_unit_test(test_jwt SOURCES tests/unit/test_jwt.c LINK aas::jwt PkgConfig::CRYPTO)
