// Answers each message twice, by the message callback and in a buffer: the usual shape of a plugin of plugin_interface.h.
#include "plugin_interface.h"
#include <stdio.h>
#include <string.h>

static MessageCallback send_message = nullptr;
static BufferRequestCallback request_buffer = nullptr;
static BufferSendCallback send_buffer = nullptr;

PluginStatus initialize(MessageCallback callback,
                        BufferRequestCallback buffer_request_callback,
                        BufferSendCallback buffer_send_callback) {
    send_message = callback;
    request_buffer = buffer_request_callback;
    send_buffer = buffer_send_callback;
    return PLUGIN_SUCCESS;
}

void shutdown() {
    send_message = nullptr;
    request_buffer = nullptr;
    send_buffer = nullptr;
}

void process_message(const uint8_t* data, size_t length) {
    if (send_message) {
        send_message(data, length);
    }
    if (request_buffer && send_buffer) {
        uint8_t* space = nullptr;
        uint32_t size = 0;
        if (request_buffer(1000, &space, &size) == 0 && space && size >= length) {
            memcpy(space, data, length);
            send_buffer(length);
        }
    }
}

void update() {}

static PluginInfo info = {
    "interface-echo",
    "2.1.0",
    PLUGIN_API_VERSION
};

static PluginInterface plugin = {
    info,
    initialize,
    shutdown,
    process_message,
    update
};

#ifdef __cplusplus
extern "C" {
#endif

PLUGIN_EXPORT const PluginInterface* get_plugin_interface() {
    return &plugin;
}

#ifdef __cplusplus
}
#endif
