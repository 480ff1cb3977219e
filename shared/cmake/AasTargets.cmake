# Functions that every component uses to declare targets, so that warnings, hardening and sanitizers are the same
# everywhere. Sources are always listed, never globbed: a new file shows in the diff.

add_library(aas_flags INTERFACE)
target_compile_definitions(aas_flags INTERFACE _GNU_SOURCE AAS_VERSION="${PROJECT_VERSION}")
target_compile_options(aas_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Wcast-qual
  -fno-omit-frame-pointer -fstack-protector-strong)
if(AAS_WERROR)
  target_compile_options(aas_flags INTERFACE -Werror)
endif()
if(AAS_SANITIZE)
  target_compile_options(aas_flags INTERFACE -fsanitize=${AAS_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(aas_flags INTERFACE -fsanitize=${AAS_SANITIZE})
elseif(CMAKE_BUILD_TYPE MATCHES "Rel")
  target_compile_options(aas_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(AAS_FUZZ) # coverage of what is fuzzed, not of the target's file alone
  target_compile_options(aas_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(AAS_COVERAGE)
  target_compile_options(aas_flags INTERFACE --coverage)
  target_link_options(aas_flags INTERFACE --coverage)
endif()
target_link_options(aas_flags INTERFACE -Wl,-z,relro,-z,now -Wl,-z,noexecstack)
add_library(aas::flags ALIAS aas_flags)

# aas_add_library(NAME SOURCES a.c b.c [PUBLIC libs…] [PRIVATE libs…]) makes static aas_NAME with alias aas::NAME and
# exports shared/include.
function(aas_add_library name)
  cmake_parse_arguments(A "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(aas_${name} STATIC ${A_SOURCES})
  add_library(aas::${name} ALIAS aas_${name})
  target_include_directories(aas_${name} PUBLIC ${CMAKE_SOURCE_DIR}/shared/include)
  target_link_libraries(aas_${name} PUBLIC ${A_PUBLIC} PRIVATE aas::flags ${A_PRIVATE})
endfunction()

# aas_add_service(NAME CORE sources… LINK libs…) makes the static library <NAME>_core (dashes become underscores) and
# the daemon NAME from src/main.c.
function(aas_add_service name)
  cmake_parse_arguments(A "" "" "CORE;LINK" ${ARGN})
  string(REPLACE "-" "_" id ${name})
  add_library(${id}_core STATIC ${A_CORE})
  target_include_directories(${id}_core PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/src)
  target_link_libraries(${id}_core PUBLIC ${A_LINK} PRIVATE aas::flags)
  aas_add_program(${name} SOURCES src/main.c LINK ${id}_core)
endfunction()

# aas_add_program(NAME SOURCES … LINK …): an executable in <build>/bin.
function(aas_add_program name)
  cmake_parse_arguments(A "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${A_SOURCES})
  target_link_libraries(${name} PRIVATE aas::flags ${A_LINK})
  target_link_options(${name} PRIVATE -pie)
endfunction()

# aas_add_unit_test(NAME SOURCES … LINK … [LABELS …] [TIMEOUT s]): a cmocka executable, registered with CTest. Exit
# code 77 means skipped.
function(aas_add_unit_test name)
  cmake_parse_arguments(A "" "TIMEOUT" "SOURCES;LINK;LABELS" ${ARGN})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 60)
  endif()
  if(NOT A_LABELS)
    set(A_LABELS unit)
  endif()
  add_executable(${name} ${A_SOURCES})
  target_link_libraries(${name} PRIVATE aas::flags ${A_LINK} PkgConfig::CMOCKA)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${A_TIMEOUT} LABELS "${A_LABELS}" SKIP_RETURN_CODE 77)
endfunction()

# aas_add_fuzz(NAME SOURCES fuzz_x.c LINK … CORPUS dir): the file defines LLVMFuzzerTestOneInput. With AAS_FUZZ it is a
# libFuzzer program; otherwise a plain main replays every corpus file, as a CTest test labelled `fuzz`.
function(aas_add_fuzz name)
  cmake_parse_arguments(A "" "CORPUS" "SOURCES;LINK" ${ARGN})
  if(AAS_FUZZ)
    add_executable(${name} ${A_SOURCES})
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${name} ${A_SOURCES} ${CMAKE_SOURCE_DIR}/shared/tests/fuzz/replay_main.c)
    add_test(NAME ${name} COMMAND ${name} ${A_CORPUS})
    set_tests_properties(${name} PROPERTIES TIMEOUT 60 LABELS fuzz)
  endif()
  target_link_libraries(${name} PRIVATE aas::flags ${A_LINK})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
endfunction()
