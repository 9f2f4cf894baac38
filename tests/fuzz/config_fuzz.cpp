// Any bytes as a file: as a job and as the server's configuration it is read, or every mistake says where it is.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "config/job_spec.hpp"
#include "config/server_spec.hpp"
#include "config/yaml_file.hpp"
#include "engine/base/assert.hpp"

namespace {

using namespace velo;

void check_places(const std::vector<Mistake>& mistakes) {
    for (const Mistake& mistake : mistakes)
        VELO_ASSERT(mistake.place.line >= 0 && !mistake.line().empty(), "a mistake is a line");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const config::Environment environment =
        [](const std::string& name) -> std::optional<std::string> {
        return name == "HOME" ? std::optional<std::string>("/") : std::nullopt;
    };
    std::vector<Mistake> mistakes;
    const config::YamlFile file("any.yaml", text, mistakes);
    check_places(mistakes);
    if (file.root() == nullptr) {
        VELO_ASSERT(!mistakes.empty(), "what cannot be read has a mistake");
        return 0;
    }
    static_cast<void>(config::read_job(file, environment, mistakes));
    check_places(mistakes);
    mistakes.clear();
    static_cast<void>(config::read_server(file, environment, mistakes));
    check_places(mistakes);
    return 0;
}
