#include "connectors/kafka/library.hpp"

#include <array>

#include <librdkafka/rdkafka.h>

namespace velo::connectors {

std::string kafka_library_version() { return rd_kafka_version_str(); }

std::string kafka_library_features() {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    std::array<char, 512> text{};
    std::size_t size = text.size();
    const bool known =
        rd_kafka_conf_get(conf, "builtin.features", text.data(), &size) == RD_KAFKA_CONF_OK;
    rd_kafka_conf_destroy(conf);
    return known ? std::string(text.data()) : std::string();
}

}  // namespace velo::connectors
