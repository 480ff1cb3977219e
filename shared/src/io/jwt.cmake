if(NOT TARGET aas_base) # until the base layer is in
  return()
endif()
# aas::jwt: tokens over libjwt.
aas_add_library(jwt
  SOURCES src/io/jwt.c
  PUBLIC aas::base
  PRIVATE aas::codec PkgConfig::JWT)
