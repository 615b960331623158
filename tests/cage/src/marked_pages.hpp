// Finds memory that a page's JavaScript has marked: what gives the addon in Electron a typed array's address is missing in
// a browser.
#pragma once

#include <array>
#include <cstddef>

using Marker = std::array<std::byte, 16>;

// The page-aligned, private, writable memory of this process whose `length` bytes begin and end with `marker`; null when
// there is none. `length` is at least a page. [any thread]
void* find_marked_pages(const Marker& marker, std::size_t length);
