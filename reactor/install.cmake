# What makes the library usable elsewhere: find_package(tidegate-reactor), target tidegate::reactor.
# `cmake --install BUILD --component reactor` installs it alone.
include(CMakePackageConfigHelpers)

set_target_properties(tidegate-base PROPERTIES EXPORT_NAME base)
set_target_properties(tidegate-reactor PROPERTIES EXPORT_NAME reactor)
foreach(library tidegate-base tidegate-reactor)
  target_compile_features(${library} PUBLIC cxx_std_20)
  if(CMAKE_INTERPROCEDURAL_OPTIMIZATION AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Machine code beside the compiler's own form, for programs that are linked without -flto.
    target_compile_options(${library} PRIVATE -ffat-lto-objects)
  endif()
endforeach()

set(reactor_cmake ${CMAKE_INSTALL_LIBDIR}/cmake/tidegate-reactor)
install(TARGETS tidegate-base tidegate-reactor EXPORT tidegate-reactorTargets
        ARCHIVE COMPONENT reactor
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tidegate)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/reactor
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tidegate COMPONENT reactor
        FILES_MATCHING PATTERN "*.h" PATTERN examples EXCLUDE)
install(EXPORT tidegate-reactorTargets NAMESPACE tidegate::
        DESTINATION ${reactor_cmake} COMPONENT reactor)

configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/tidegate-reactorConfig.cmake.in
  ${PROJECT_BINARY_DIR}/tidegate-reactorConfig.cmake INSTALL_DESTINATION ${reactor_cmake})
# Before 1.0 a minor version may change what programs see.
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/tidegate-reactorConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/tidegate-reactorConfig.cmake
              ${PROJECT_BINARY_DIR}/tidegate-reactorConfigVersion.cmake
        DESTINATION ${reactor_cmake} COMPONENT reactor)
