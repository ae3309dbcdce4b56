# tests/scenario/*.py: stories of the whole server against real programs, one test each.
find_program(SCENARIO_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
file(GLOB SCENARIOS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/scenario/[a-z]*.py)
foreach(SCENARIO ${SCENARIOS})
  get_filename_component(NAME ${SCENARIO} NAME_WE)
  add_test(NAME scenario.${NAME} COMMAND ${SCENARIO_PYTHON} ${SCENARIO})
  set_tests_properties(scenario.${NAME} PROPERTIES TIMEOUT 600 LABELS scenario
    ENVIRONMENT "POSTHASTE=$<TARGET_FILE:posthaste>" SKIP_RETURN_CODE 77)
endforeach()
