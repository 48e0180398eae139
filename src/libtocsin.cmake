# The objects of LIBTOCSIN_MODULES as one library, shared and static. Only
# tocsin_* and tocsin__v1__* can be seen from outside: the shared one by hidden
# visibility; for the static one the objects are joined into one, and what is
# hidden becomes local to it, so that an inner `sign` or `decode` cannot clash
# with a name of the program.

set(LIBTOCSIN_LINKS PkgConfig::ZMQ PkgConfig::SODIUM PkgConfig::SQLITE
                    PkgConfig::JANSSON PkgConfig::JPEG Threads::Threads m)
set(LIBTOCSIN_OBJECTS)
foreach(module IN LISTS LIBTOCSIN_MODULES)
  list(APPEND LIBTOCSIN_OBJECTS $<TARGET_OBJECTS:${module}_objects>)
endforeach()

function(libtocsin_manners target)
  target_include_directories(${target}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
  target_include_directories(${target} SYSTEM
    PUBLIC $<BUILD_INTERFACE:${GENERATED}>)
  add_dependencies(${target} proto)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME tocsin
                        LINKER_LANGUAGE C)
endfunction()

add_library(tocsin_shared SHARED ${LIBTOCSIN_OBJECTS})
libtocsin_manners(tocsin_shared)
set_target_properties(tocsin_shared PROPERTIES VERSION ${PROJECT_VERSION}
                      SOVERSION 0)
target_link_libraries(tocsin_shared PUBLIC PkgConfig::PROTOBUF_C
                      PRIVATE tocsin_flags ${LIBTOCSIN_LINKS})

set(LIBTOCSIN_ONE ${CMAKE_CURRENT_BINARY_DIR}/libtocsin.o)
add_custom_command(
  OUTPUT ${LIBTOCSIN_ONE}
  COMMAND ${CMAKE_LINKER} -r -o ${LIBTOCSIN_ONE} ${LIBTOCSIN_OBJECTS}
  COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${LIBTOCSIN_ONE}
  DEPENDS ${LIBTOCSIN_OBJECTS}
  COMMAND_EXPAND_LISTS VERBATIM)
set_source_files_properties(${LIBTOCSIN_ONE} PROPERTIES EXTERNAL_OBJECT TRUE
                            GENERATED TRUE)
add_library(tocsin_static STATIC ${LIBTOCSIN_ONE})
libtocsin_manners(tocsin_static)
target_link_libraries(tocsin_static PUBLIC PkgConfig::PROTOBUF_C
                      INTERFACE ${LIBTOCSIN_LINKS})

# ---- what a vendor gets ------------------------------------------------------

# Found from where the file lies, so that the tree can be installed anywhere.
file(RELATIVE_PATH PREFIX_FROM_PC
     /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(tocsin.pc.in ${CMAKE_CURRENT_BINARY_DIR}/tocsin.pc @ONLY)
configure_file(tocsin-static.pc.in
               ${CMAKE_CURRENT_BINARY_DIR}/tocsin-static.pc @ONLY)
install(TARGETS tocsin_shared tocsin_static
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/tocsin.pc
              ${CMAKE_CURRENT_BINARY_DIR}/tocsin-static.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/tocsin
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES ${PROTO_HEADERS}
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tocsin/v1)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/proto/
        DESTINATION ${CMAKE_INSTALL_DATADIR}/tocsin/proto)
