// Asks V8 for an ArrayBuffer over memory that it has not allocated, which the memory cage of Electron refuses. The addon
// under test cannot even ask: it is compiled with NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED.
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdlib.h>

static void release(napi_env env, void* data, void* hint) {
  (void)env;
  (void)hint;
  free(data);
}

// externalBufferStatus(): number, the napi_status of the attempt
static napi_value external_buffer_status(napi_env env, napi_callback_info info) {
  (void)info;
  const size_t size = 65536;
  void* const memory = calloc(1, size);
  napi_value buffer;
  const napi_status status = napi_create_external_arraybuffer(env, memory, size, release, NULL, &buffer);
  if (status != napi_ok) free(memory);
  napi_value result;
  return napi_create_int32(env, status, &result) == napi_ok ? result : NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  if (napi_create_function(env, NULL, 0, external_buffer_status, NULL, &function) != napi_ok ||
      napi_set_named_property(env, exports, "externalBufferStatus", function) != napi_ok) {
    return NULL;
  }
  return exports;
}
