#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace posthaste {

struct HttpRequest {
  std::string method;                         // "GET"
  std::string path;                           // decoded, without the query
  std::map<std::string, std::string> query;   // decoded; of a name that stands twice, the last
  std::map<std::string, std::string> params;  // of the route's pattern
  std::string body;

  // The value of a query field; "" when it is not there.
  std::string field(const std::string& name) const {
    const auto known = query.find(name);
    return known == query.end() ? std::string() : known->second;
  }
};

// Gives a body piece by piece; "" is its end. Called again when the piece before is on its way, so
// a long answer never stands in memory as a whole.
using HttpPieces = std::function<boost::asio::awaitable<std::string>()>;

struct HttpResponse {
  unsigned status = 200;
  std::string body;
  std::string content_type = "application/json";
  HttpPieces more = {};  // what follows `body`; none: nothing

  // {"error": "what is wrong: what to do"}
  static HttpResponse failure(unsigned status, std::string_view what);
};

using HttpHandler = std::function<boost::asio::awaitable<HttpResponse>(HttpRequest)>;

// Which handler answers what. Patterns are paths in which "{name}" stands for one segment.
class HttpRouter {
 public:
  // Whether a route answers without a key from beyond loopback, too. Strangers may send it little:
  // kMaxOpenBody.
  enum class Access { keyed, open };

  void add(std::string method, std::string_view pattern, HttpHandler handler,
           Access access = Access::keyed);

  static constexpr std::uint64_t kMaxOpenBody = 8 * 1024;

  struct Match {
    const HttpHandler* handler = nullptr;  // null: nothing there
    bool is_other_method = false;          // the path exists, for another method
    Access access = Access::keyed;
    std::map<std::string, std::string> params;
  };
  Match match(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    HttpHandler handler;
    Access access;
  };
  std::vector<Route> routes_;
};

}  // namespace posthaste
