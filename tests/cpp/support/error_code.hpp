#pragma once

#include <string>

#include <shared_channel/error.hpp>

namespace test {

// The code of the Error that `call` throws; empty when it throws none.
template <typename Call>
[[nodiscard]] std::string code_of(Call&& call) {
  try {
    call();
    return "";
  } catch (const shared_channel::Error& error) {
    return std::string(error.code());
  }
}

}  // namespace test
