// What a call fails with.
#pragma once

#include <shared_channel/error.hpp>
#include <string>

namespace test {

// The code of the Error that `call` throws; empty when it throws none.
template <typename Call>
[[nodiscard]] std::string code_of(Call&& call) {
  try {
    call();
    return {};
  } catch (const shared_channel::Error& error) {
    return std::string(error.code());
  }
}

}  // namespace test
