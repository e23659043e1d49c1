#include "gateway/route/path_text.h"

#include <cstddef>
#include <cstring>

#include "gateway/http/chars.h"

namespace tidegate::gateway::route {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// Writes one triplet and returns how many bytes it became.
std::size_t put_triplet(unsigned high, unsigned low, char* out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto byte = static_cast<char>(high * 16 + low);
  if (is_unreserved(byte)) {
    out[0] = byte;
    return 1;
  }
  out[0] = '%';
  out[1] = kDigits[high];
  out[2] = kDigits[low];
  return 3;
}

bool is_triplet_at(std::string_view path, std::size_t i) {
  return path[i] == '%' && i + 2 < path.size() && http::is_hex_digit(path[i + 1]) &&
         http::is_hex_digit(path[i + 2]);
}

// What is left of `text` after its last segment and the slash before it.
std::size_t size_of_parent(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  return slash == std::string_view::npos ? 0 : slash;
}

}  // namespace

std::string_view decode_unreserved(std::string_view path, char* out) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (!is_triplet_at(path, i)) {
      out[size++] = path[i];
      continue;
    }
    size += put_triplet(http::hex_value(path[i + 1]), http::hex_value(path[i + 2]), out + size);
    i += 2;
  }
  return {out, size};
}

bool has_dot_segments(std::string_view path) {
  for (std::size_t slash = path.find("/."); slash != std::string_view::npos;
       slash = path.find("/.", slash + 1)) {
    std::size_t after = slash + 2;
    if (after < path.size() && path[after] == '.') ++after;
    if (after == path.size() || path[after] == '/') return true;
  }
  return false;
}

std::string_view remove_dot_segments(std::string_view path, char* out) {
  std::size_t size = 0;
  std::size_t end = 0;
  for (std::size_t slash = 0; slash < path.size(); slash = end) {
    end = path.find('/', slash + 1);
    if (end == std::string_view::npos) end = path.size();
    const std::string_view segment = path.substr(slash + 1, end - slash - 1);
    if (segment != "." && segment != "..") {
      std::memmove(out + size, path.data() + slash, end - slash);
      size += end - slash;
      continue;
    }
    if (segment == "..") size = size_of_parent({out, size});
    if (end == path.size()) out[size++] = '/';
  }
  return {out, size};
}

}  // namespace tidegate::gateway::route
