/* A small C interface for plugins: a library that exports `get_plugin_interface`. `openPlugin` loads such libraries as it
 * loads those of shared_channel/plugin.h, which can do more: several instances of one library, message types, options,
 * logging, errors. docs/plugins.md has a section about this interface.
 *
 * Threads. The host calls the functions of PluginInterface on one thread of its own, one at a time. The callbacks that
 * it gives to `initialize` may be called from any thread, at any time; once `shutdown` is called, they send nothing until
 * the library is opened again.
 *
 * One channel at a time. The callbacks have no context pointer, so a library cannot tell channels apart; while one is
 * open, the library cannot be opened for another. `initialize` is called anew for each channel.
 */
#ifndef PLUGIN_INTERFACE_H
#define PLUGIN_INTERFACE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PLUGIN_API_VERSION 1

#if defined(_WIN32)
#define PLUGIN_EXPORT __declspec(dllexport)
#else
#define PLUGIN_EXPORT __attribute__((visibility("default")))
#endif

/* What `initialize` returns. All but PLUGIN_SUCCESS reject `openPlugin` with PLUGIN_INIT_FAILED. */
typedef enum PluginStatus {
  PLUGIN_SUCCESS = 0,
  PLUGIN_ERROR_INVALID_VERSION = -1,
  PLUGIN_ERROR_INITIALIZATION = -2
} PluginStatus;

/* What the plugin is. The strings are UTF-8, owned by the library, constant for as long as the process lives. */
typedef struct PluginInfo {
  const char* name;
  const char* version;
  uint32_t api_version; /* PLUGIN_API_VERSION */
} PluginInfo;

/* Sends `length` bytes of `data` (the caller's; copied before this returns) to JavaScript as a message of type 0. Waits
 * while there is no room; ends without sending only when the channel closes. A buffer that the calling thread has
 * requested and not sent is given back first. */
typedef void (*MessageCallback)(const uint8_t* data, size_t length);

/* Requests room for one message in the shared memory itself, to write it in place: half of the ring less 8 bytes. Waits
 * for it up to `wait_ms` milliseconds. Returns 0 and sets `*buffer` (8-aligned) and `*buffer_space` (bytes), or returns
 * another number and sets them to NULL and 0.
 *
 * The buffer belongs to the thread that has requested it, until it sends it, uses another of the callbacks, or ends; and
 * when it was requested in a function of PluginInterface, until that function returns. Meanwhile other threads that send
 * wait. */
typedef int (*BufferRequestCallback)(uint32_t wait_ms, uint8_t** buffer, uint32_t* buffer_space);

/* Sends the first `data_length` bytes of the buffer that the calling thread has requested as a message of type 0. The
 * buffer is gone afterwards. Returns 0, or another number when the thread has no buffer, the length is above its space,
 * or the channel closes. */
typedef int (*BufferSendCallback)(uint32_t data_length);

/* Owned by the library, not changed once `get_plugin_interface` has returned it. No function may let an exception out; one
 * that does is reported as an error of the plugin. */
typedef struct PluginInterface {
  PluginInfo info;

  /* First call. When it fails, no other follows. */
  PluginStatus (*initialize)(MessageCallback callback, BufferRequestCallback buffer_request_callback,
                             BufferSendCallback buffer_send_callback);

  /* Last call. Join your threads here: nothing can be sent any more, and callbacks that wait come back. May be NULL. */
  void (*shutdown)(void);

  /* A message from JavaScript, of any type. `data` is the host's, 8-aligned, and valid until this returns; it may lie in
   * shared memory: check a copy, not the original, before you rely on a check. */
  void (*process_message)(const uint8_t* data, size_t length);

  /* Every 10 milliseconds, or every `updateInterval` that `openPlugin` was given. May be NULL. */
  void (*update)(void);
} PluginInterface;

/* The one symbol that a plugin exports. */
PLUGIN_EXPORT const PluginInterface* get_plugin_interface(void);

#ifdef __cplusplus
}
#endif

#endif /* PLUGIN_INTERFACE_H */
