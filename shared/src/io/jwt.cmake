# aas::jwt: tokens over libjwt.
aas_add_library(jwt
  SOURCES src/io/jwt.c
  PUBLIC aas::base
  PRIVATE aas::codec PkgConfig::JWT)
