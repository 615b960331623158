/* A plugin in C. Answers each message with its length, how often it was initialized and how often it was shut down. */
#include <stdio.h>

#include "plugin_interface.h"

static MessageCallback send_message;
static int initialized = 0;
static int shut_down = 0;

static PluginStatus initialize(MessageCallback callback, BufferRequestCallback request, BufferSendCallback send) {
  (void)request;
  (void)send;
  send_message = callback;
  ++initialized;
  return PLUGIN_SUCCESS;
}

/* The C library has a function of this name, which must not be taken for it. */
void shutdown(void) { ++shut_down; }

static void process_message(const uint8_t* data, size_t length) {
  char text[64];
  (void)data;
  send_message((const uint8_t*)text,
               (size_t)snprintf(text, sizeof text, "%u bytes, %d, %d", (unsigned)length, initialized, shut_down));
}

const PluginInterface* get_plugin_interface(void) {
  static const PluginInterface interface = {
      {"interface-count", "0.1", PLUGIN_API_VERSION}, initialize, shutdown, process_message, NULL};
  return &interface;
}
