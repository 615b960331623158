#include "calls.hpp"

#include <iostream>
#include <shared_channel/error.hpp>
#include <sstream>
#include <string_view>

namespace {

constexpr char kSeparator = '\t';

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream rest(line);
  for (std::string field; std::getline(rest, field, kSeparator);) fields.push_back(field);
  return fields;
}

// The texts of errors have no characters but quotation marks that JSON does not take as they are.
std::string quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? '\'' : c;
  return quoted + '"';
}

std::string failure(std::string_view code, std::string_view message) {
  return "\"error\":{\"code\":" + quoted(code) + ",\"message\":" + quoted(message) + "}";
}

std::string perform(const std::map<std::string, Act>& acts, const std::string& name, Arguments& arguments) {
  try {
    return "\"result\":" + acts.at(name)(arguments);
  } catch (const shared_channel::Error& error) {
    return failure(error.code(), error.what());
  } catch (const std::exception& error) {
    return failure("", name + ": " + error.what());
  }
}

}  // namespace

void answer_calls(const std::map<std::string, Act>& acts) {
  for (std::string line; std::getline(std::cin, line);) {
    Arguments arguments(split(line));
    const std::string id = arguments.text();
    const std::string name = arguments.text();
    std::cout << "{\"id\":" << id << "," << perform(acts, name, arguments) << "}" << std::endl;
  }
}
