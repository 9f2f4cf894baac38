// Shows samples of what passes through a running job.
#include <string>

#include <fmt/format.h>

#include "server/command/commands.hpp"
#include "server/command/daemon_client.hpp"
#include "server/record_text.hpp"

namespace velo::server {

namespace {

// Text, or what stands for bytes that are none.
std::string part_text(const JsonValue& sample, const std::string& name) {
    std::string text;
    if (const JsonValue* value = sample.find(name)) {
        text = value->kind == JsonValue::Kind::Null ? "null" : value->text;
    } else {
        text = "base64:" + sample.text_of(name + "_base64");
    }
    if (sample.find(name + "_size") != nullptr)
        text += fmt::format("… ({:.0f} bytes)", sample.number_of(name + "_size"));
    return text;
}

std::string line_of(const JsonValue& sample) {
    std::string line = sample.text_of("at");
    if (sample.find("topic") != nullptr)
        line += fmt::format("  {} partition {:.0f} offset {:.0f}", sample.text_of("topic"),
                            sample.number_of("partition"), sample.number_of("offset"));
    if (!sample.text_of("code").empty())
        line += fmt::format("  {} ({}): {}", sample.text_of("stage"), sample.text_of("code"),
                            sample.text_of("error"));
    line += "  key " + part_text(sample, "key") + "  " + part_text(sample, "value");
    const JsonValue* headers = sample.find("headers");
    if (headers == nullptr) return line;
    for (const JsonValue& header : headers->items)
        line += fmt::format("  [{}: {}]", header.text_of("name"), part_text(header, "value"));
    return line;
}

}  // namespace

int tap(const TapArguments& arguments, const config::Environment& environment, std::ostream& out,
        std::ostream& err) {
    const DaemonClient daemon(arguments.daemon, environment);
    std::uint64_t seen = 0;
    bool gone = false;
    const auto take = [&](std::string_view name, std::string_view data) {
        gone = gone || name == "gone";
        const JsonValue event = parse_json(data).value_or(JsonValue{});
        if (name == "state") {
            err << fmt::format("{} {} is {}{}{}", arguments.job, arguments.point,
                               event.text_of("state"), event.text_of("trouble").empty() ? "" : ": ",
                               event.text_of("trouble"))
                << '\n'
                << std::flush;
        } else if (name == "sample") {
            ++seen;
            out << (arguments.json ? std::string(data) : printable(line_of(event))) << '\n'
                << std::flush;
        }
        return out.good();  // Who has closed the other end of a pipe has seen enough.
    };
    const auto problem = daemon.follow(fmt::format("/api/v1/jobs/{}/tap?point={}&limit={}",
                                                   arguments.job, arguments.point, arguments.limit),
                                       take);
    if (problem) {
        err << "velostream: " << *problem << '\n';
        return kExitFailed;
    }
    if (!out.good() || (arguments.limit != 0 && seen >= arguments.limit)) return kExitOk;
    err << (gone ? fmt::format("velostream: job '{}' is gone\n", arguments.job)
                 : std::string("velostream: the daemon has ended the stream\n"));
    return kExitFailed;
}

}  // namespace velo::server
