// How many libraries of plugin_interface.h one process can load. A file of its own: they are never unloaded.
#include <failure.hpp>
#include <library.hpp>

#include <deque>

#include <doctest/doctest.h>

#include "support/plugin_library.hpp"

using namespace shared_channel;

TEST_CASE("plugin interface: a process loads 64 libraries and refuses more, and knows again those that it has") {
  std::deque<test::CopyOfPlugin> copies;
  std::deque<const sc_plugin_entry*> entries;
  for (int i = 0; i < 64; ++i) {
    copies.emplace_back("interface_echo");
    entries.push_back(&load_plugin_library(copies.back().path()).entry);
    CHECK(std::string(entries.back()->name) == "interface-echo");
  }
  copies.emplace_back("interface_echo");
  try {
    (void)load_plugin_library(copies.back().path());
    FAIL("one more was loaded");
  } catch (const Failure& failure) {
    CHECK(std::string(failure.code) == "PLUGIN_LOAD_FAILED");
    CHECK(std::string(failure.what()).find("can load 64 of them") != std::string::npos);
  }
  for (int i = 0; i < 64; ++i) {
    CHECK(&load_plugin_library(copies[i].path()).entry == entries[i]);
    for (int other = 0; other < i; ++other) REQUIRE((entries[i]->create != entries[other]->create));
  }
  // Those of plugin.h have no such limit.
  CHECK(std::string(load_plugin_library(test::plugin_path("echo")).entry.name) == "echo");
}
