# Compiler, warnings, cache and linker, alike for every target.
find_program(CCACHE ccache)
if(CCACHE)
  # Paths below the checkout count as relative, so that one checkout's objects serve another's.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()
# Presets that build everything at once compile a folder's files together, which halves the time;
# the debug preset compiles each by itself, and so shows a missing #include.
set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # What stands in an unnamed namespace of an included .cc counts as of a header.
  add_compile_options(-Wno-subobject-linkage)
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-pthread)
add_compile_options(-Wall -Wextra -Wpedantic -Woverloaded-virtual
                    -Wno-missing-field-initializers -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # GCC 12 reports these inside its own and Boost's headers at -O1 and above.
  add_compile_options(-fcoroutines -Wshadow=local -Wno-maybe-uninitialized -Wno-restrict -Wno-array-bounds
                      -Wno-stringop-overflow -Wno-stringop-overread -Wno-dangling-reference
                      -Wno-mismatched-new-delete -Wno-free-nonheap-object)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  # Clang does not know GCC's narrower forms of these, and has more to say on generated code.
  add_compile_options(-Wno-unused-private-field -Wno-unused-lambda-capture)
endif()
if(CMAKE_CXX_FLAGS_DEBUG MATCHES "fsanitize=thread" AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  add_compile_options(-Wno-tsan)
endif()

# Asio and Beast are compiled once, in src/base/asio.cc and src/platform/io/asio.cc, not in every
# file.
add_compile_definitions(BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
                        BOOST_ASIO_NO_DEPRECATED SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL
                        SPDLOG_SHARED_LIB FMT_SHARED)
