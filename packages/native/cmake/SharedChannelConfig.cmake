# find_package(SharedChannel REQUIRED PATHS <what `npx shared-channel cmake-dir` prints>)
#
#   SharedChannel::headers                     the include folder and C++20: all that most plugins need
#   SharedChannel::native                      also what is behind channel.hpp, shared_buffer.hpp and shared_mutex.hpp, as a static
#                                              library that is compiled in the project that links it, and only then
#   shared_channel_add_plugin(camera a.cpp b.cpp)   a plugin library camera.so (.dylib, .dll), without a "lib" prefix
if(NOT TARGET SharedChannel::headers)
  find_package(Threads REQUIRED)
  add_library(SharedChannel::headers INTERFACE IMPORTED)
  set_target_properties(SharedChannel::headers PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${CMAKE_CURRENT_LIST_DIR}/../include"
    INTERFACE_COMPILE_FEATURES cxx_std_20
    INTERFACE_LINK_LIBRARIES Threads::Threads)
endif()

if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND NOT TARGET shared_channel_native)
  set(_shared_channel_src "${CMAKE_CURRENT_LIST_DIR}/../src")
  add_library(shared_channel_native STATIC EXCLUDE_FROM_ALL
    ${_shared_channel_src}/buffer_post.cpp
    ${_shared_channel_src}/channel.cpp
    ${_shared_channel_src}/channel_end.cpp
    ${_shared_channel_src}/channel_impl.cpp
    ${_shared_channel_src}/channel_receiving.cpp
    ${_shared_channel_src}/hang_watch.cpp
    ${_shared_channel_src}/message_sender.cpp
    ${_shared_channel_src}/read_layout.cpp
    ${_shared_channel_src}/robust_lock.cpp
    ${_shared_channel_src}/segment_handle.cpp
    ${_shared_channel_src}/shared_buffer.cpp
    ${_shared_channel_src}/shared_mutex.cpp
    ${_shared_channel_src}/linux/available_memory.cpp
    ${_shared_channel_src}/linux/doorbell.cpp
    ${_shared_channel_src}/linux/lock_keeper.cpp
    ${_shared_channel_src}/linux/named_segments.cpp
    ${_shared_channel_src}/linux/process.cpp
    ${_shared_channel_src}/linux/segment.cpp
    ${_shared_channel_src}/linux/segment_lock.cpp
    ${_shared_channel_src}/linux/thread_name.cpp
    ${_shared_channel_src}/linux/wake_pipe.cpp)
  unset(_shared_channel_src)
  target_link_libraries(shared_channel_native PUBLIC SharedChannel::headers)
  # Each plugin and program has its own copy: none is to use another's by chance.
  set_target_properties(shared_channel_native PROPERTIES
    POSITION_INDEPENDENT_CODE ON CXX_EXTENSIONS OFF CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  add_library(SharedChannel::native ALIAS shared_channel_native)
endif()

function(shared_channel_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE SharedChannel::headers)
  # Hidden also for another reason than tidiness: a plugin's function `shutdown`, were it not, would be the C library's.
  set_target_properties(${name} PROPERTIES
    PREFIX "" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(APPLE)
    set_target_properties(${name} PROPERTIES SUFFIX ".dylib")
  endif()
endfunction()
