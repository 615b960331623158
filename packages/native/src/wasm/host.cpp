// All of the host as one source: `shared-channel wasm` compiles it along with each plugin, and most of that time goes into the
// library's headers, which are read once for each source.
#include "../buffer_post.cpp"
#include "../message_sender.cpp"
#include "doorbell.cpp"
#include "exceptions.cpp"
#include "hang_watch.cpp"
#include "instance.cpp"
#include "module.cpp"
#include "threads.cpp"
