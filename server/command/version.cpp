#include "server/version.hpp"

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "config/json_text.hpp"
#include "connectors/kafka/library.hpp"
#include "server/command/commands.hpp"

namespace velo::server {

int version(const VersionArguments& arguments, std::ostream& out) {
    const std::string library = connectors::kafka_library_version();
    const std::string features = connectors::kafka_library_features();
    if (!arguments.json) {
        out << fmt::format("velostream {} (git {}, {}, {}) librdkafka {} [{}]\n", kVersion,
                           kRevision, kBuildType, kCompiler, library, features);
        return kExitOk;
    }
    const std::pair<std::string_view, std::string_view> facts[] = {
        {"version", kVersion},   {"revision", kRevision}, {"build_type", kBuildType},
        {"compiler", kCompiler}, {"librdkafka", library}, {"librdkafka_features", features}};
    std::string json = "{";
    for (const auto& [name, value] : facts) {
        if (json.size() > 1) json += ',';
        config::append_json_string(json, name);
        json += ':';
        config::append_json_string(json, value);
    }
    out << json << "}\n";
    return kExitOk;
}

}  // namespace velo::server
