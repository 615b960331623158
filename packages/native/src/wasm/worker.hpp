// What the script of the Web Worker does for the host of the plugin, as imports of the module. The script reads and copies
// texts before it returns.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shared_channel::worker {

#define SC_IMPORT(name) __attribute__((import_module("shared_channel"), import_name(#name)))

// The page sleeps, and there is something for it. For pages that do not hear the bell itself.
SC_IMPORT(ring) void ring() noexcept;

// `initialize` went well.
SC_IMPORT(ready)
void ready(const char* name, std::size_t name_size, const char* version, std::size_t version_size,
           std::uint32_t abi_minor) noexcept;

// A line of the plugin.
SC_IMPORT(log) void log(std::int32_t level, const char* text, std::size_t size) noexcept;

// An error that ends nothing.
SC_IMPORT(error) void error(const char* text, std::size_t size) noexcept;

// Why the instance will trap now.
SC_IMPORT(dying) void dying(const char* text, std::size_t size) noexcept;

// The plugin is gone; `code` is empty when it was asked to go.
SC_IMPORT(ended) void ended(const char* code, std::size_t code_size, const char* text, std::size_t text_size) noexcept;

#undef SC_IMPORT

}  // namespace shared_channel::worker
