// Calls from the app's main process, one a line of standard input; see startNative in app/sharing/members.ts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

// The arguments of a call: numbers and texts, flat.
class Arguments {
 public:
  explicit Arguments(std::vector<std::string> values) : values_(std::move(values)) {}

  [[nodiscard]] bool has_more() const { return next_ < values_.size(); }
  // The next one. Throws std::out_of_range when there is none.
  const std::string& text() { return values_.at(next_++); }
  std::uint64_t number() { return std::stoull(text()); }
  bool flag() { return has_more() && text() == "true"; }

 private:
  std::vector<std::string> values_;
  std::size_t next_ = 0;
};

// Returns the result as JSON.
using Act = std::function<std::string(Arguments&)>;

// Answers each line until standard input ends.
void answer_calls(const std::map<std::string, Act>& acts);
