#include "inbound/inbound_config.h"

#include "platform/config_schema_impl.h"

namespace posthaste {

const BlockSchema<InboundConfig>& inbound_schema() {
  static const auto schema =
      BlockSchema<InboundConfig>("inbound", BlockKind::single,
                                 "What listeners of role inbound take beside the mail to return "
                                 "paths.")
          .key("reports", &InboundConfig::reports,
               "Addresses of DMARC and TLS reports: what rua and ruf of your records name.")
          .key("complaints", &InboundConfig::complaints,
               "Addresses of feedback loops: what providers were told, and CFBL-Address names.")
          .key("postmaster", &InboundConfig::postmaster,
               "Who gets the mail to postmaster and abuse of the domains that come in here (RFC "
               "2142). None named: it is kept in data_dir/postmaster.")
          .key("keep_reports", &InboundConfig::keep_reports,
               "How long stored DMARC and TLS reports are kept.", {.min = std::chrono::hours(24)})
          .key("max_stored", &InboundConfig::max_stored,
               "The largest that the database of reports becomes; then reports are to come again "
               "later.",
               {.min = Bytes(1 << 20)})
          .key(
              "max_waiting", &InboundConfig::max_waiting,
              "Mails that may wait to be read, of returned mail and of reports each; more are told "
              "to come again (451).",
              {.min = 1U})
          .key("max_waiting_size", &InboundConfig::max_waiting_size,
               "The same of all their octets.", {.min = Bytes(1 << 20)});
  return schema;
}

}  // namespace posthaste
