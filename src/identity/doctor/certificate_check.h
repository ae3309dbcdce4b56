#pragma once

#include <string>

#include "identity/doctor/certificate.h"
#include "identity/doctor/examination.h"

namespace posthaste {

// "certificate": whether it holds now and for a while, and for that host.
void judge_certificate(Examination& exam, const CertificateFacts& certificate,
                       const std::string& host);

}  // namespace posthaste
