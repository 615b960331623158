// C++ exceptions in WebAssembly. The compiler turns `throw` and `catch` into instructions of the engine and calls of the
// functions below (Itanium C++ ABI, level 2); the C++ library that comes with the compiler has all but these, since it was
// built without exceptions. One instance has one thread, so nothing here is guarded.
//
// Not here: std::exception_ptr and std::uncaught_exceptions, which the library answers with nothing and 0.
#include "exceptions.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <new>
#include <typeinfo>

// The one tag of C++: all exceptions carry the address of an `Exception`.
__asm__(".globl __cpp_exception\n.tagtype __cpp_exception i32\n__cpp_exception:\n");

namespace __cxxabiv1 {

// As the library declares it: which types a handler takes is written there, behind virtual functions in this order.
class [[gnu::visibility("hidden")]] __shim_type_info : public std::type_info {
 public:
  virtual void noop1() const;
  virtual void noop2() const;
  // Whether a handler of this type takes an object of that one; moves the pointer to the base that the handler names.
  virtual bool can_catch(const __shim_type_info* type, void*& object) const = 0;
};

}  // namespace __cxxabiv1

namespace {

using HandlerType = __cxxabiv1::__shim_type_info;
using Destructor = void* (*)(void*);  // destructors return their object here

// In front of each object that is thrown.
struct alignas(alignof(std::max_align_t)) Exception {
  const std::type_info* type;
  Destructor destroy;  // may be null
  void* seen;          // the object, as the handler that was found sees it
  Exception* below;    // caught before this one, and its handler still runs
  int handlers;        // that run for it; negative once it was thrown again

  void* object() noexcept { return this + 1; }
  static Exception* of(void* object) noexcept { return static_cast<Exception*>(object) - 1; }
};

Exception* innermost = nullptr;  // of those that are being handled
Exception* thrown = nullptr;     // and not caught yet

[[noreturn]] void raise(Exception* exception) {
  thrown = exception;
  __builtin_wasm_throw(0, exception);
}

// Numbers of a table of handlers: 7 bits a byte, the lowest first.
std::uint32_t read_unsigned(const std::uint8_t*& at, unsigned* bits = nullptr) noexcept {
  std::uint32_t value = 0;
  unsigned shift = 0;
  std::uint8_t byte = 0;
  do {
    byte = *at++;
    value |= static_cast<std::uint32_t>(byte & 0x7f) << shift;
    shift += 7;
  } while ((byte & 0x80) != 0);
  if (bits != nullptr) *bits = shift;
  return value;
}

std::int32_t read_signed(const std::uint8_t*& at) noexcept {
  unsigned bits = 0;
  std::uint32_t value = read_unsigned(at, &bits);
  if (bits < 32 && (value >> (bits - 1)) != 0) value |= ~std::uint32_t{0} << bits;
  return static_cast<std::int32_t>(value);
}

// The number of the first handler, of those behind landing pad `pad`, that takes the exception; 0 when none does.
std::uintptr_t find_handler(const std::uint8_t* table, std::uintptr_t pad, Exception& exception) noexcept {
  constexpr std::uint8_t kOmitted = 0xff;
  if (*table++ != kOmitted) __builtin_trap();
  const HandlerType* const* types = nullptr;  // the first lies before this, the second before that, …
  if (*table++ != kOmitted) {
    const std::uint32_t distance = read_unsigned(table);
    types = reinterpret_cast<const HandlerType* const*>(table + distance);
  }
  ++table;  // how the numbers of the next part are written: as all others
  const std::uint32_t size = read_unsigned(table);
  const std::uint8_t* const actions = table + size;
  for (std::uintptr_t i = 0; i < pad; ++i) {
    read_unsigned(table);
    read_unsigned(table);
  }
  read_unsigned(table);
  const std::uint32_t first = read_unsigned(table);
  if (first == 0) return 0;
  for (const std::uint8_t* action = actions + first - 1;;) {
    const std::int32_t number = read_signed(action);
    const std::uint8_t* const here = action;
    const std::int32_t next = read_signed(action);
    if (number > 0) {
      const HandlerType* const type = types[-number];
      exception.seen = exception.object();
      const bool takes_all = type == nullptr;
      if (takes_all || type->can_catch(static_cast<const HandlerType*>(exception.type), exception.seen)) return number;
    }
    if (next == 0) return 0;
    action = here + next;
  }
}

}  // namespace

namespace shared_channel {

const std::exception* uncaught_exception() noexcept {
  if (thrown == nullptr) return nullptr;
  void* object = thrown->object();
  const auto& type = static_cast<const HandlerType&>(typeid(std::exception));
  const bool is_exception = type.can_catch(static_cast<const HandlerType*>(thrown->type), object);
  return is_exception ? static_cast<const std::exception*>(object) : nullptr;
}

}  // namespace shared_channel

// The names and layouts from here on are the compiler's.
extern "C" {

struct _Unwind_LandingPadContext {
  std::uintptr_t lpad_index;
  std::uintptr_t lsda;
  std::uintptr_t selector;
};
thread_local _Unwind_LandingPadContext __wasm_lpad_context;

int _Unwind_CallPersonality(void* address) {
  auto& context = __wasm_lpad_context;
  const auto* const table = reinterpret_cast<const std::uint8_t*>(context.lsda);
  context.selector = table == nullptr ? 0 : find_handler(table, context.lpad_index, *static_cast<Exception*>(address));
  return 0;
}

void* __cxa_allocate_exception(std::size_t size) noexcept {
  void* const memory = std::malloc(sizeof(Exception) + size);
  if (memory == nullptr) std::terminate();
  return (new (memory) Exception{})->object();
}

void __cxa_free_exception(void* object) noexcept { std::free(Exception::of(object)); }

[[noreturn]] void __cxa_throw(void* object, std::type_info* type, Destructor destroy) {
  Exception* const exception = Exception::of(object);
  exception->type = type;
  exception->destroy = destroy;
  exception->seen = object;
  raise(exception);
}

void* __cxa_get_exception_ptr(void* address) noexcept { return static_cast<Exception*>(address)->seen; }

void* __cxa_begin_catch(void* address) noexcept {
  auto* const exception = static_cast<Exception*>(address);
  thrown = nullptr;
  if (exception->handlers < 0) exception->handlers = -exception->handlers;
  ++exception->handlers;
  if (innermost != exception) {
    exception->below = innermost;
    innermost = exception;
  }
  return exception->seen;
}

void __cxa_end_catch() {
  Exception* const exception = innermost;
  const bool was_rethrown = exception->handlers < 0;
  exception->handlers += was_rethrown ? 1 : -1;
  if (exception->handlers != 0) return;
  innermost = exception->below;
  if (was_rethrown) return;  // on its way to another handler
  if (exception->destroy != nullptr) exception->destroy(exception->object());
  std::free(exception);
}

[[noreturn]] void __cxa_rethrow() {
  if (innermost == nullptr) std::terminate();
  innermost->handlers = -innermost->handlers;
  raise(innermost);
}

}  // extern "C"
