# find_package(SharedChannel REQUIRED PATHS <what `npx shared-channel cmake-dir` prints>)
#
#   SharedChannel::headers                     the include folder and C++20
#   shared_channel_add_plugin(camera a.cpp b.cpp)   a plugin library camera.so (.dylib, .dll), without a "lib" prefix
if(NOT TARGET SharedChannel::headers)
  find_package(Threads REQUIRED)
  add_library(SharedChannel::headers INTERFACE IMPORTED)
  set_target_properties(SharedChannel::headers PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${CMAKE_CURRENT_LIST_DIR}/../include"
    INTERFACE_COMPILE_FEATURES cxx_std_20
    INTERFACE_LINK_LIBRARIES Threads::Threads)
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
