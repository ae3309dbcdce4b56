# posthaste_folder(NAME [LAYERS folder…] [LIBRARIES library…] [ALONE file…])
#
# One folder of src/ is one library: every .cc in it but the tests. LAYERS names the folders that
# it may include (and those they may); tools/check_layers holds it to that. The *_test.cc files
# become one test program, NAME_test, and every test in it one test of ctest.
#
# ALONE names files that are not compiled together with others where CMAKE_UNITY_BUILD is on, for
# their unnamed namespaces hold a name that another file's holds too.
#
# POSTHASTE_UNOPTIMISED names folders that are compiled without optimisation, whatever the preset says;
# where it is set, all tests are, too. Under sanitizers that halves the time for code full of
# coroutines. Name none that a fuzz target is about: they get no coverage either.
#
# A .proto file in the folder is compiled, and included as "FOLDER/file.pb.h".
include(GoogleTest)

set(POSTHASTE_UNOPTIMISED_FLAGS -O0)
if(POSTHASTE_FUZZ)
  list(APPEND POSTHASTE_UNOPTIMISED_FLAGS -fno-sanitize=fuzzer-no-link)
endif()

# Headers that nearly every file needs, parsed once for the whole build.
function(posthaste_precompiled_headers)
  foreach(KIND precompiled precompiled_unoptimised)
    add_library(${KIND} OBJECT EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/src/base/precompiled.cc)
    target_precompile_headers(${KIND} PRIVATE ${CMAKE_SOURCE_DIR}/src/base/precompiled.h)
    target_link_libraries(${KIND} PUBLIC Threads::Threads fmt::fmt)
  endforeach()
  target_compile_options(precompiled_unoptimised PRIVATE ${POSTHASTE_UNOPTIMISED_FLAGS})
endfunction()

# The precompiled headers of TARGET, and whether it IS_OPTIMISED.
function(posthaste_optimise TARGET IS_OPTIMISED)
  if(NOT IS_OPTIMISED)
    target_compile_options(${TARGET} PRIVATE ${POSTHASTE_UNOPTIMISED_FLAGS})
    target_precompile_headers(${TARGET} REUSE_FROM precompiled_unoptimised)
  else()
    target_precompile_headers(${TARGET} REUSE_FROM precompiled)
  endif()
endfunction()

function(posthaste_folder NAME)
  cmake_parse_arguments(FOLDER "" "" "LAYERS;LIBRARIES;ALONE" ${ARGN})
  string(REPLACE "/" "_" TARGET ${NAME})
  file(GLOB SOURCES CONFIGURE_DEPENDS *.cc verbs/*.cc api/*.cc)
  set(TESTS ${SOURCES})
  set_source_files_properties(${FOLDER_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  list(FILTER SOURCES EXCLUDE REGEX "_test\\.cc$|/main\\.cc$")
  list(FILTER TESTS INCLUDE REGEX "_test\\.cc$")
  file(GLOB PROTOS CONFIGURE_DEPENDS *.proto)
  foreach(PROTO ${PROTOS})
    get_filename_component(STEM ${PROTO} NAME_WE)
    set(OUT ${CMAKE_BINARY_DIR}/generated/${NAME}/${STEM}.pb)
    add_custom_command(
      OUTPUT ${OUT}.cc ${OUT}.h
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/generated
      COMMAND protobuf::protoc --cpp_out=${CMAKE_BINARY_DIR}/generated -I${CMAKE_SOURCE_DIR}/src ${PROTO}
      DEPENDS ${PROTO})
    set_source_files_properties(${OUT}.cc PROPERTIES COMPILE_OPTIONS "-w" SKIP_PRECOMPILE_HEADERS ON
                                SKIP_UNITY_BUILD_INCLUSION ON)
    list(APPEND SOURCES ${OUT}.cc ${OUT}.h)
  endforeach()

  set(LINKS ${FOLDER_LIBRARIES})
  foreach(LAYER ${FOLDER_LAYERS})
    string(REPLACE "/" "_" LAYER ${LAYER})
    list(APPEND LINKS posthaste_${LAYER})
  endforeach()
  if(SOURCES)
    add_library(posthaste_${TARGET} STATIC ${SOURCES})
    target_include_directories(posthaste_${TARGET} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_include_directories(posthaste_${TARGET} SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/generated)
    target_link_libraries(posthaste_${TARGET} PUBLIC Threads::Threads fmt::fmt ${LINKS})
    set(IS_OPTIMISED ON)
    if(NAME IN_LIST POSTHASTE_UNOPTIMISED)
      set(IS_OPTIMISED OFF)
    endif()
    posthaste_optimise(posthaste_${TARGET} ${IS_OPTIMISED})
  else()
    add_library(posthaste_${TARGET} INTERFACE)
    target_include_directories(posthaste_${TARGET} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(posthaste_${TARGET} INTERFACE Threads::Threads fmt::fmt ${LINKS})
  endif()

  if(POSTHASTE_TESTS AND TESTS)
    add_executable(${TARGET}_test ${TESTS})
    target_link_libraries(${TARGET}_test PRIVATE posthaste_${TARGET} GTest::gmock GTest::gtest_main)
    set(IS_OPTIMISED ON)
    if(POSTHASTE_UNOPTIMISED)
      set(IS_OPTIMISED OFF)
    endif()
    posthaste_optimise(${TARGET}_test ${IS_OPTIMISED})
    target_compile_definitions(${TARGET}_test PRIVATE
      POSTHASTE_CORPORA="${CMAKE_SOURCE_DIR}/../shared/corpora" POSTHASTE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    gtest_discover_tests(${TARGET}_test TEST_PREFIX ${NAME}. DISCOVERY_TIMEOUT 60
                         DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300 PROCESSORS 2)
  endif()
endfunction()
