// librdkafka's error codes sorted by what is to be done, and the texts that say so.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <librdkafka/rdkafka.h>

#include "connectors/kafka/handle.hpp"
#include "engine/pipeline/source.hpp"

namespace velo::connectors {

enum class Remedy : std::uint8_t {
    Skip,   // Nothing is wrong.
    Retry,  // The world is away; it comes back, and nothing is lost.
    Fatal,  // It does not pass by itself: the job has to stop or start anew.
};

struct Verdict {
    Remedy remedy = Remedy::Fatal;
    std::string_view code;    // Ours, bounded: a metric label.
    std::string_view advice;  // What would be right; empty where there is nothing to advise.
};

[[nodiscard]] Verdict judge(rd_kafka_resp_err_t error) noexcept;

/// `what: how it failed; what would be right`. `detail` replaces the library's name for the error where it knows more.
[[nodiscard]] engine::PortError port_error(rd_kafka_resp_err_t error, std::string_view what,
                                           std::string_view detail = {});

/// As above for a call through `client`: a mere silence is explained by what the client's connections say.
[[nodiscard]] engine::PortError call_error(rd_kafka_resp_err_t error, std::string_view what,
                                           Client& client);

/// What a client says by itself is fatal only when it gives up; everything else it goes on trying.
[[nodiscard]] engine::PortError client_error(const ClientError& error, std::string_view what);

}  // namespace velo::connectors
