// What a call fails with.
#pragma once

#include <failure.hpp>
#include <string>

namespace test {

// The code of the Failure that `call` throws; empty when it throws none.
template <typename Call>
[[nodiscard]] std::string code_of(Call&& call) {
  try {
    call();
    return {};
  } catch (const shared_channel::Failure& failure) {
    return failure.code;
  }
}

}  // namespace test
