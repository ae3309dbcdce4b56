// POST /u/TOKEN  List-Unsubscribe=One-Click: takes the recipient off the list (RFC 8058 §3.2)
// GET  /u/TOKEN  a page with a button that does so; by itself it changes nothing, for scanners of
//                mail follow every link
//
// For everybody, without a key: who has the token has the message. Says nothing of whom it is for.
#include <memory>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "control/api/api.h"
#include "mail/message.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

// The requests of a second that are looked at; a campaign of millions stays far below.
constexpr std::uint64_t kMaxInSecond = 2000;

constexpr std::string_view kPage =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\">"
    "<meta name=\"robots\" content=\"noindex\"><meta name=\"referrer\" content=\"no-referrer\">"
    "<meta http-equiv=\"Content-Security-Policy\" "
    "content=\"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'\">"
    "<title>Unsubscribe</title>"
    "<style>body{font:1.1em sans-serif;max-width:30em;margin:4em auto;padding:0 1em}"
    "button{font:inherit;padding:.5em 1em}</style></head><body>\n";

constexpr std::string_view kButton =
    "<p>Do you want no more of this mail?</p>\n"
    "<form method=\"post\"><input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\">"
    "<button>Unsubscribe</button></form>\n";

HttpResponse page(unsigned status, std::string_view content) {
  return {status, std::string(kPage) + std::string(content) + "</body></html>\n",
          "text/html; charset=utf-8"};
}

HttpResponse bad_link() {
  return page(404,
              "<p>This link is not complete. Please use it as it stands in the message.</p>\n");
}

// RFC 8058 §3.2: the pair of List-Unsubscribe-Post, as multipart/form-data or urlencoded.
bool asks_for_one_click(std::string_view body) {
  std::string_view rest = body;
  while (!rest.empty()) {
    const std::size_t end = rest.find_first_of("&\r\n");
    if (equals_ignoring_case(rest.substr(0, end), "List-Unsubscribe=One-Click")) return true;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  // RFC 7578 §4.2: the part's name, a blank line, its value.
  std::size_t name = body.find("name=\"List-Unsubscribe\"");
  if (name == std::string_view::npos) name = body.find("name=List-Unsubscribe");
  if (name == std::string_view::npos) return false;
  const std::size_t value = body.find("\r\n\r\n", name);
  return value != std::string_view::npos && body.substr(value + 4).starts_with("One-Click");
}

// Lives on the router's loop.
class Pace {
 public:
  explicit Pace(Clock& clock) : clock_(clock) {}

  bool take() {
    const auto second =
        std::chrono::floor<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
    if (second != second_) count_ = 0;
    second_ = second;
    return ++count_ <= kMaxInSecond;
  }

 private:
  Clock& clock_;
  std::int64_t second_ = 0;
  std::uint64_t count_ = 0;
};

asio::awaitable<HttpResponse> show(Unsubscriber* unsubscriber, HttpRequest request) {
  const std::string_view token = request.params["token"];
  co_return unsubscriber->is_ours(token) ? page(200, kButton) : bad_link();
}

asio::awaitable<HttpResponse> unsubscribe(Unsubscriber* unsubscriber, std::shared_ptr<Pace> pace,
                                          HttpRequest request) {
  if (!pace->take()) co_return page(429, "<p>Please try again in a minute.</p>\n");
  std::string token = request.params["token"];
  if (!unsubscriber->is_ours(std::string_view(token))) co_return bad_link();
  if (!asks_for_one_click(request.body)) {
    co_return page(400, "<p>The request is not List-Unsubscribe=One-Click.</p>\n");
  }
  const auto outcome = co_await unsubscriber->unsubscribe(std::move(token));
  // What may succeed later is 5xx: who asks for a recipient tries again.
  if (!outcome) co_return page(503, "<p>Please try again in a minute.</p>\n");
  if (*outcome == UnsubscribeOutcome::bad_token) co_return bad_link();
  co_return page(200, "<p>You will get no more of this mail.</p>\n");
}

}  // namespace

void add_unsubscribe_api(HttpRouter& router, Unsubscriber& unsubscriber, Clock& clock) {
  Unsubscriber* const target = &unsubscriber;
  const auto pace = std::make_shared<Pace>(clock);
  router.add(
      "GET", "/u/{token}",
      [target](HttpRequest request) { return show(target, std::move(request)); },
      HttpRouter::Access::open);
  router.add(
      "POST", "/u/{token}",
      [target, pace](HttpRequest request) { return unsubscribe(target, pace, std::move(request)); },
      HttpRouter::Access::open);
}

}  // namespace posthaste
