#include <nlohmann/json.hpp>
#include <utility>

#include "base/json_text.h"
#include "platform/http/http_message.h"

namespace posthaste {
namespace {

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(path.front() == '/' ? 1 : 0);
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

bool is_param(const std::string& segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

}  // namespace

HttpResponse HttpResponse::failure(unsigned status, std::string_view what) {
  const nlohmann::json body = {{"error", what}};
  return {status, dump_json(body) + "\n"};
}

void HttpRouter::add(std::string method, std::string_view pattern, HttpHandler handler,
                     Access access) {
  routes_.push_back({std::move(method), segments_of(pattern), std::move(handler), access});
}

HttpRouter::Match HttpRouter::match(std::string_view method, std::string_view path) const {
  const std::vector<std::string> segments = segments_of(path);
  Match match;
  for (const Route& route : routes_) {
    if (route.segments.size() != segments.size()) continue;
    std::map<std::string, std::string> params;
    bool fits = true;
    for (std::size_t i = 0; i < segments.size() && fits; ++i) {
      const std::string& expected = route.segments[i];
      if (is_param(expected)) {
        params[expected.substr(1, expected.size() - 2)] = segments[i];
      } else {
        fits = expected == segments[i];
      }
    }
    if (!fits) continue;
    if (route.method != method) {
      match.is_other_method = true;
      continue;
    }
    return {&route.handler, false, route.access, std::move(params)};
  }
  return match;
}

}  // namespace posthaste
