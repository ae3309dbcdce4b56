#include "inbound/complaint_desk.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "inbound/complaint_tie.h"

namespace posthaste {

namespace asio = boost::asio;

asio::awaitable<HandlingOutcome> ComplaintDesk::take(SharedInboundMail mail,
                                                     ReceivedComplaint complaint,
                                                     std::shared_ptr<const ReturnPaths> paths) {
  const ReturnPathCodec* const codec = paths ? &paths->codec() : nullptr;
  const auto found = tie_complaint(complaint.clues, codec, mail->check.is_authentic);
  if (!found && !mail->check.is_authentic) {
    parts_.log.info(
        "a complaint proves nothing: it is not tied to a message of ours, and its "
        "sender is not authentic",
        {{"reporter", complaint.feedback.reporter}, {"checked", mail->check.results}});
    co_return HandlingOutcome{Taking::ignored, "complaint", ""};
  }
  SentMessage sent({}, {});
  if (found && found->by != ClueKind::campaign) {
    std::function<Result<SentMessage>()> look = [this, id = found->message] {
      return SentMessage::load(parts_.spool, id);
    };
    auto known = co_await parts_.disk.run<Result<SentMessage>>(std::move(look));
    if (!known) {
      co_return HandlingOutcome{Taking::busy, "complaint",
                                "the message cannot be looked up: " + known.error().message()};
    }
    // Others' programs write ids of this form too.
    const bool is_ours = known->is_known() || found->by != ClueKind::message_id;
    if (is_ours) sent = std::move(*known);
  }
  auto event = complaint_event(complaint.feedback, found, sent, codec, parts_.clock.wall());
  if (!event) {
    parts_.log.info("a report that is no complaint changes nothing",
                    {{"feedback_type", complaint.feedback.feedback_type},
                     {"reporter", complaint.feedback.reporter},
                     {"message", found ? found->message.to_string() : ""}});
    co_return HandlingOutcome{Taking::ignored, "complaint", ""};
  }
  add_arrival(*mail, *event);
  const Result<void> noted = co_await parts_.suppressor.note(std::move(*event));
  if (!noted) {
    co_return HandlingOutcome{Taking::busy, "complaint",
                              "the complaint cannot be kept: " + noted.error().message()};
  }
  co_return HandlingOutcome{Taking::acted, "complaint", ""};
}

}  // namespace posthaste
