# aas::mqtt: MQTT client over libmosquitto.
aas_add_library(mqtt
  SOURCES src/io/mqtt.c src/io/mqtt_connect.c src/io/mqtt_loop.c src/io/mqtt_publish.c
  PUBLIC aas::base
  PRIVATE PkgConfig::MOSQUITTO)
