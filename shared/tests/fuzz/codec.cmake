foreach(name reading json_pull json_schema bson)
  aas_add_fuzz(fuzz_${name} SOURCES tests/fuzz/fuzz_${name}.c LINK aas::codec
    CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/corpus/${name})
endforeach()
aas_add_fuzz(fuzz_jwt SOURCES tests/fuzz/fuzz_jwt.c LINK aas::jwt
  CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/corpus/jwt)
