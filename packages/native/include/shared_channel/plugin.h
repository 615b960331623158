/* The C interface of a Shared Channel plugin: a dynamic library at the other end of a channel.
 *
 * C++ authors include plugin.hpp, which wraps this file. docs/plugins.md is the guide.
 *
 * Versions. `abi_major` must be equal on both sides. New abilities come as extensions, asked for by id
 * (sc_host.get_extension, sc_plugin.get_extension), never as changes of a struct of this file.
 *
 * Threads. Each instance has one thread of its own, the plugin thread, made by the host. Functions are marked
 *   [plugin-thread]  called by the host on the instance's thread, one at a time;
 *   [thread-safe]    may be called by the plugin from any thread, between the start of `initialize` and the return of
 *                    `shutdown`; the plugin joins its own threads before `shutdown` returns;
 *   [caller-thread]  called by the host on the thread of the JavaScript that opened the plugin, or, in a process of the
 *                    plugin's own, on one thread beside the plugin thread; one at a time, while the plugin thread may be in
 *                    any other function; never after the start of `shutdown`.
 *
 * Memory. Every pointer says who owns it. Nothing is ever freed by the side that did not allocate it. No C++ exception
 * may leave a function of this file.
 */
#ifndef SHARED_CHANNEL_PLUGIN_H
#define SHARED_CHANNEL_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SC_ABI_MAJOR 1u
#define SC_ABI_MINOR 0u

#if defined(_WIN32)
#define SC_EXPORT __declspec(dllexport)
#else
#define SC_EXPORT __attribute__((visibility("default")))
#endif

/* A timeout in milliseconds; SC_FOREVER waits until there is room or the plugin is stopped, 0 does not wait. */
#define SC_FOREVER UINT32_MAX

typedef int32_t sc_status;
#define SC_OK 0
#define SC_TIMEOUT (-1)           /* no room in time; nothing of the message will be seen by the other side */
#define SC_STOPPING (-2)          /* the channel is closing: return soon; nothing can be sent any more */
#define SC_TOO_LARGE (-3)         /* a slot above `max_slot_size`, or a message above 4 GiB - 1 */
#define SC_INVALID_ARGUMENT (-4)  /* a null pointer, a type above 24 bits, a slot that is not open, ... */
#define SC_BUSY (-5)              /* this thread holds an open slot: commit or abort it first */
#define SC_CORRUPT (-6)           /* the other side wrote something impossible into shared memory; the channel ends */
#define SC_OUT_OF_MEMORY (-7)     /* there is no memory for a buffer */

typedef int32_t sc_log_level;
#define SC_LOG_DEBUG 0
#define SC_LOG_INFO 1
#define SC_LOG_WARN 2
#define SC_LOG_ERROR 3

/* A message from JavaScript. The struct and `data` belong to the host and are valid until `on_message` returns. `data`
 * is 8-aligned; it may lie in shared memory, where a peer that misbehaves could change it while you read: check a copy,
 * not the original, before you rely on a check. */
typedef struct sc_message {
  uint32_t type; /* the message's id in the protocol, 0 to 16777215 */
  uint32_t size; /* bytes */
  const uint8_t* data;
} sc_message;

/* Room for one message inside the ring. `data` belongs to the host, is 8-aligned, and may be written from any one
 * thread between `reserve` and `commit` or `abort`. */
typedef struct sc_slot {
  uint32_t size; /* bytes that may be written */
  uint8_t* data;
} sc_slot;

/* What the host offers to one plugin instance. Owned by the host; valid from `create` until `destroy` returns. */
typedef struct sc_host {
  uint32_t abi_major;
  uint32_t abi_minor;
  void* context;         /* the host's; hand the whole struct back, do not touch */
  const char* options;   /* JSON text of openPlugin's `options`, "null" when none were given; UTF-8, NUL-terminated */
  uint32_t max_slot_size; /* largest `size` for `reserve`: half the ring less 8 bytes */

  /* [thread-safe] Sends `size` bytes of `data` (the caller's; copied before this returns) as one message of `type`.
   * Messages of one thread arrive in the order of its calls. Waits for room up to `timeout_ms`.
   * Returns SC_OK, SC_TIMEOUT, SC_STOPPING, SC_TOO_LARGE, SC_INVALID_ARGUMENT, SC_BUSY or SC_CORRUPT. */
  sc_status (*send)(const struct sc_host* host, uint32_t type, const void* data, size_t size, uint32_t timeout_ms);

  /* [thread-safe] Reserves room for up to `size` bytes in the ring itself, to write a message in place without a copy.
   * One slot at a time per instance: sends and reserves of other threads wait until it is committed or aborted.
   * Fills `slot` and returns SC_OK, or returns what `send` returns. */
  sc_status (*reserve)(const struct sc_host* host, uint32_t size, uint32_t timeout_ms, sc_slot* slot);

  /* [thread-safe] Sends the first `size` bytes of the open slot as a message of `type`. The slot is gone afterwards,
   * whatever is returned: SC_OK, SC_STOPPING or SC_INVALID_ARGUMENT (no slot is open, `size` above the slot's, bad type). */
  sc_status (*commit)(const struct sc_host* host, uint32_t type, uint32_t size);

  /* [thread-safe] Gives the open slot back unused; harmless when none is open. */
  void (*abort)(const struct sc_host* host);

  /* [thread-safe] Hands a line of text (UTF-8, copied) to the application's log. Never waits; lines beyond 1,024 that
   * wait for JavaScript are dropped and counted, and the application is told how many. */
  void (*log)(const struct sc_host* host, sc_log_level level, const char* text);

  /* [thread-safe] Reports an error to the application, which sees a PLUGIN_ERROR with this text (UTF-8, copied). The
   * channel stays open. Never waits; bounded as `log`. */
  void (*report_error)(const struct sc_host* host, const char* text);

  /* [thread-safe] True once the channel is closing: leave loops, return. What was sent to the plugin still arrives and
   * can be answered; sending fails with SC_STOPPING from `shutdown` on. */
  bool (*stopping)(const struct sc_host* host);

  /* [thread-safe] An extension's functions, or NULL where this host does not have it. Owned by the host, valid as long
   * as the host struct. */
  const void* (*get_extension)(const struct sc_host* host, const char* id);
} sc_host;

/* One plugin instance: made by `create`, owned by the plugin, freed by its `destroy`. */
typedef struct sc_plugin {
  void* context; /* the plugin's own; the host does not touch it */

  /* [plugin-thread] First call. Returns true, or false after `report_error`, whose text rejects `openPlugin` with
   * PLUGIN_INIT_FAILED; then only `destroy` follows. */
  bool (*initialize)(struct sc_plugin* plugin);

  /* [plugin-thread] A message from JavaScript. */
  void (*on_message)(struct sc_plugin* plugin, const sc_message* message);

  /* [plugin-thread] Every `updateInterval` milliseconds. May be NULL. */
  void (*update)(struct sc_plugin* plugin);

  /* [plugin-thread] Last call but `destroy`. Join your threads here: their sends fail with SC_STOPPING from now on. May be
   * NULL. */
  void (*shutdown)(struct sc_plugin* plugin);

  /* [plugin-thread] Frees the instance. */
  void (*destroy)(struct sc_plugin* plugin);

  /* [thread-safe] An extension that the plugin has, or NULL. Owned by the plugin, valid until `destroy`. May be NULL. */
  const void* (*get_extension)(struct sc_plugin* plugin, const char* id);
} sc_plugin;

/* ---- Extension: requests ----
 * Calls, which JavaScript makes with `channel.request`: messages that want one answer each. A plugin without this
 * extension takes no calls; the host answers each with a failure that says so. */
#define SC_EXTENSION_REQUESTS "shared-channel.requests/1"

/* What the plugin has. The host asks for it once, after `initialize`. */
typedef struct sc_plugin_requests {
  /* [plugin-thread] A call. `message` is as in `on_message`. Answer it with sc_host_requests, at once or later, in any
   * order and from any thread, with the message's type and this number. A number is the caller's, who may use it again
   * after the answer. */
  void (*on_request)(struct sc_plugin* plugin, const sc_message* message, uint32_t call);
} sc_plugin_requests;

/* What the host has. Of several answers to one call the first counts; an answer to no call is ignored. */
typedef struct sc_host_requests {
  /* [thread-safe] Answers a call with `size` bytes of `data`, up to 4 GiB - 9. Copies, waits and returns as `send`. */
  sc_status (*reply)(const struct sc_host* host, uint32_t type, uint32_t call, const void* data, size_t size,
                     uint32_t timeout_ms);

  /* [thread-safe] Answers a call with the reason (UTF-8; may be NULL) why there is no other answer. JavaScript's promise
   * is rejected with it. Copies, waits and returns as `send`. */
  sc_status (*fail)(const struct sc_host* host, uint32_t type, uint32_t call, const char* reason, uint32_t timeout_ms);
} sc_host_requests;

/* ---- Extension: exchange ----
 * JavaScript calls the plugin on its own thread with memory of its own, which the plugin fills or changes in place. */
#define SC_EXTENSION_EXCHANGE "shared-channel.exchange/1"

/* What the plugin has. The host asks for it once, after `initialize`. */
typedef struct sc_plugin_exchange {
  /* [caller-thread] Reads and writes the `size` bytes at `memory`, which is JavaScript's: aligned to nothing, perhaps
   * NULL when `size` is 0, and gone when this returns. Stores how many bytes it wrote, from the start, in `written` (0
   * before; at most `size`) and returns NULL; or returns why it could not, as UTF-8 text that the plugin owns and keeps
   * until its next `exchange` or its `destroy`. JavaScript's call throws a PLUGIN_ERROR with that text.
   * JavaScript stands still meanwhile and makes no room, so a `send` from here does not wait, whatever its timeout: it
   * returns SC_TIMEOUT. Nor may it wait for a lock whose holder waits for room. */
  const char* (*exchange)(struct sc_plugin* plugin, uint8_t* memory, size_t size, size_t* written);
} sc_plugin_exchange;

/* ---- Extension: buffers ----
 * Large memory that the plugin and JavaScript see both: made by either, posted to the other (`postSharedBuffer` and
 * `SharedBufferReceiver` over the plugin's channel), and theirs until they release it. */
#define SC_EXTENSION_BUFFERS "shared-channel.buffers/1"

/* What may be done with a buffer by who did not make it. */
typedef int32_t sc_buffer_access;
#define SC_BUFFER_READ_WRITE 0
#define SC_BUFFER_READ_ONLY 1        /* JavaScript's writes stay its own; a plugin's end the process (SIGSEGV) */
#define SC_BUFFER_READ_ONLY_STRICT 2 /* writes end the process */

/* A buffer that the plugin has. The struct and all that it points to belong to the host and stay until `release`, or the
 * end of the instance. `data` starts at a page; others may write there at any time: check a copy, not the original, before
 * you rely on a check. */
typedef struct sc_shared_buffer {
  uint64_t size; /* bytes, 1 to 4 GiB */
  uint8_t* data;
  sc_buffer_access access;     /* SC_BUFFER_READ_WRITE for the plugin's own; else `data` may be mapped read-only */
  const char* handle;          /* a line of text by which other processes open the same memory while the plugin has it */
  const char* additional_data; /* JSON text that came with it; NULL when none did, and for the plugin's own */
} sc_shared_buffer;

/* What the plugin has. The host asks for it once, after `initialize`. Posts to a plugin without this extension are declined. */
typedef struct sc_plugin_buffers {
  /* [plugin-thread] A buffer that JavaScript posted, in order with its messages. The plugin's until it releases it. */
  void (*on_shared_buffer)(struct sc_plugin* plugin, const sc_shared_buffer* buffer);

  /* [plugin-thread] Whoever received the plugin's post `id` has let go of the buffer, which may be used again now; or has
   * not taken it, for the reason `declined` (UTF-8, the host's until this returns; else NULL). Not called for what is still
   * out at the end of the channel. May be NULL. */
  void (*on_buffer_released)(struct sc_plugin* plugin, uint32_t id, const char* declined);
} sc_plugin_buffers;

/* What the host has. */
typedef struct sc_host_buffers {
  /* [thread-safe] Makes a zeroed buffer of `size` bytes, 1 to 4 GiB, all of which is there at once. Returns SC_OK,
   * SC_INVALID_ARGUMENT or SC_OUT_OF_MEMORY. */
  sc_status (*create)(const struct sc_host* host, uint64_t size, const sc_shared_buffer** buffer);

  /* [thread-safe] Posts a buffer to JavaScript, in order with the messages of this thread. `handle` is that of any buffer that
   * is open here: of `create`, of one that was received, or of shared_buffer.hpp. It may be released at once: the host
   * keeps the memory until it was received. `additional_data` is JSON text, or NULL; JavaScript declines what is not JSON.
   * Stores a number for `on_buffer_released` in `id`, which may be NULL, before anybody can receive the buffer.
   * Waits as `send`. Returns what `send` returns, SC_INVALID_ARGUMENT also for a handle that leads to nothing, or
   * SC_OUT_OF_MEMORY. */
  sc_status (*post)(const struct sc_host* host, const char* handle, sc_buffer_access access, const char* additional_data,
                    uint32_t* id, uint32_t timeout_ms);

  /* [thread-safe] The plugin does not use the buffer any more: `data` leads nowhere from now on. JavaScript is told of one
   * that it posted. What is no buffer of this instance, or NULL, is ignored. Never waits. */
  void (*release)(const struct sc_host* host, const sc_shared_buffer* buffer);
} sc_host_buffers;

/* What the library is. Owned by the library, constant for as long as the process lives: libraries are never unloaded. */
typedef struct sc_plugin_entry {
  uint32_t abi_major; /* SC_ABI_MAJOR of the header it was compiled with */
  uint32_t abi_minor;
  const char* name;    /* UTF-8 */
  const char* version; /* UTF-8 */

  /* [plugin-thread] Makes an instance; NULL when that is impossible. Called once per channel, from different threads
   * for different channels, possibly at the same time. */
  sc_plugin* (*create)(const sc_host* host);
} sc_plugin_entry;

/* The one symbol that a plugin exports. */
SC_EXPORT const sc_plugin_entry* sc_get_plugin_entry(void);

#ifdef __cplusplus
}
#endif

#endif /* SHARED_CHANNEL_PLUGIN_H */
