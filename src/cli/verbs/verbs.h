#pragma once

#include "cli/verb.h"

namespace posthaste {

// One function a verb, each in the file of its name.
void add_arc(Program& program);
void add_blast(Program& program);
void add_bounce(Program& program);
void add_check(Program& program);
void add_dkim(Program& program);
void add_dmarc(Program& program);
void add_doctor(Program& program);
void add_explain(Program& program);
void add_queue(Program& program);
void add_rates(Program& program);
void add_report(Program& program);
void add_reputation(Program& program);
void add_send(Program& program);
void add_sendmail(Program& program);
void add_serve(Program& program);
void add_simulate(Program& program);
void add_sink(Program& program);
void add_spf(Program& program);
void add_suppress(Program& program);
void add_top(Program& program);
void add_trace(Program& program);
void add_version(Program& program);
void add_warmup(Program& program);

}  // namespace posthaste
