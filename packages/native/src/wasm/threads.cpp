// A plugin in a browser has one thread: what would start another one is found here, before the C library's own.
#include <pthread.h>

// Nobody gives it: `shared-channel wasm` looks for it in what was linked, and says what is missing.
extern "C" __attribute__((import_module("missing"), import_name("threads"))) int missing_threads();

extern "C" int pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*) { return missing_threads(); }
