// What the native program does with channels.
#pragma once

#include <map>
#include <string>

#include "calls.hpp"

const std::map<std::string, Act>& channel_acts();
