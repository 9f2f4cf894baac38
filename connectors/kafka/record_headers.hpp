// The headers of a record as librdkafka has them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <librdkafka/rdkafka.h>

namespace velo::connectors {

/// Visits (name, value) of each header in order; a value may be null. What is visited dies with the message.
template <class Visit>
void each_header(const rd_kafka_message_t& message, Visit&& visit) {
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    const char* name = nullptr;
    const void* bytes = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &bytes, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
        std::optional<std::string_view> value;
        if (bytes != nullptr) value.emplace(static_cast<const char*>(bytes), size);
        visit(std::string_view(name), value);
    }
}

}  // namespace velo::connectors
