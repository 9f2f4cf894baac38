// Looks at the dead letters of a job, and replays them. It asks Kafka itself; the job may run meanwhile.
#include <algorithm>
#include <deque>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/base/error.hpp"
#include "engine/format/json_writer.hpp"
#include "server/command/commands.hpp"
#include "server/command/dead_letter_view.hpp"
#include "server/job/job_builder.hpp"
#include "server/job/job_files.hpp"
#include "server/runtime/clock.hpp"

namespace velo::server {

namespace {

using connectors::StoredRecord;

constexpr std::size_t kShownAtOnce = 10;
constexpr std::size_t kMostPerTransaction = 500;
constexpr std::size_t kMostBytesPerTransaction = 8U << 20;

/// Where the dead letters of a job are.
struct LetterPlace {
    connectors::ClientOptions client;
    std::string job;
    std::string topic;
};

int fail(std::ostream& err, const std::string& text, int code) {
    err << "velostream: " << text << '\n';
    return code;
}

int fail(std::ostream& err, const engine::PortError& error) {
    return fail(err, error.text, error.fatal ? kExitFailed : kExitUnreachable);
}

bool is_job_file(const std::string& word) {
    std::error_code ignored;
    return word.find_first_of("./") != std::string::npos && std::filesystem::exists(word, ignored);
}

// The exit code when there is none, with `err` told why.
std::expected<LetterPlace, int> find_place(const DlqArguments& arguments,
                                           const config::Environment& environment,
                                           std::ostream& err) {
    std::vector<std::string> named;
    if (is_job_file(arguments.job)) named.push_back(arguments.job);
    const LoadedFiles files = load_files({arguments.server_file, named, false}, environment);
    const auto found = std::ranges::find_if(files.jobs, [&](const LoadedJob& job) {
        return !named.empty() || job.spec.name.value == arguments.job;
    });
    if (found == files.jobs.end()) {
        err << files.mistakes.text();
        std::vector<std::string_view> names;
        for (const LoadedJob& job : files.jobs) names.push_back(job.spec.name.value);
        if (named.empty())
            fail(err,
                 fmt::format("no job '{}' in the server file{}; its file would do as well",
                             arguments.job, did_you_mean(arguments.job, names)),
                 0);
        return std::unexpected(kExitConfiguration);
    }
    const config::JobSpec& spec = found->spec;
    const auto* topic = std::get_if<config::KafkaSinkSpec>(&spec.dlq.to);
    if (topic == nullptr) {
        return std::unexpected(fail(
            err,
            fmt::format("the dead letters of job '{}' are lines of the file '{}'; read it",
                        spec.name.value, std::get<config::FileSinkSpec>(spec.dlq.to).path.value),
            kExitFailed));
    }
    const BuildContext context{
        .server = files.server, .environment = environment, .client_log = {}};
    LetterPlace place{.client = client_options(spec, context),
                      .job = spec.name.value,
                      .topic = topic->topic.value};
    place.client.client_id = "velostream.dlq";
    return place;
}

int list(const LetterPlace& place, const DlqArguments& arguments, const LetterFilter& filter,
         DeadLetterView* view, std::ostream& out, std::ostream& err) {
    std::map<LetterKind, LetterCount> kinds;
    const auto count = [&](const SeenLetter& letter) {
        const auto& facts = letter.facts;
        LetterCount& counted = kinds[{
            facts.stage, facts.reason,
            facts.topic.empty() ? ""
                                : fmt::format("{} partition {}", facts.topic, facts.partition)}];
        const std::int64_t at = letter.record.timestamp_us;
        counted.first_us = counted.count == 0 ? at : std::min(counted.first_us, at);
        counted.last_us = std::max(counted.last_us, at);
        ++counted.count;
        counted.replayed += letter.is_replayed ? 1U : 0U;
        return true;
    };
    if (view != nullptr) {
        if (const auto problem = view->read(filter, count)) return fail(err, *problem);
    }
    out << (arguments.json ? kinds_json(place.topic, kinds) : kinds_text(place.topic, kinds));
    return kExitOk;
}

int show(const LetterPlace& place, const DlqArguments& arguments, const LetterFilter& filter,
         DeadLetterView* view, std::ostream& out, std::ostream& err) {
    const std::size_t most = arguments.limit == 0 ? kShownAtOnce : arguments.limit;
    std::deque<std::string> last;
    std::uint64_t passed = 0;
    const auto keep = [&](const SeenLetter& letter) {
        last.push_back(arguments.json ? letter_json(place.topic, letter)
                                      : letter_text(place.topic, letter));
        if (last.size() > most) {
            last.pop_front();
            ++passed;
        }
        return true;
    };
    if (view != nullptr) {
        if (const auto problem = view->read(filter, keep)) return fail(err, *problem);
    }
    for (const std::string& letter : last) out << letter;
    if (last.empty()) err << place.topic << ": no dead letters\n";
    if (passed != 0)
        err << fmt::format("{} older ones are not shown; --limit shows more\n", passed);
    return kExitOk;
}

/// One `dlq replay`.
class Replaying {
public:
    Replaying(const LetterPlace& place, const DlqArguments& arguments, connectors::Replay* replay)
        : place_(place), arguments_(arguments), replay_(replay) {}

    std::optional<engine::PortError> run(DeadLetterView& view, const LetterFilter& filter) {
        std::optional<engine::PortError> problem;
        auto unread = view.read(filter, [&](const SeenLetter& letter) {
            take(letter);
            if (waiting_.size() + others_.size() >= kMostPerTransaction ||
                bytes_ >= kMostBytesPerTransaction)
                problem = flush();
            return !problem && (arguments_.limit == 0 || taken_ < arguments_.limit);
        });
        if (!problem) problem = std::move(unread);
        if (!problem) problem = flush();
        return problem;
    }

    [[nodiscard]] std::string report() const {
        if (arguments_.json) return report_json();
        std::string out;
        for (const auto& [topic, count] : written_)
            out += fmt::format("{}: {} {} to {}\n", place_.topic, count,
                               arguments_.dry_run ? "would be replayed" : "replayed", topic);
        if (written_.empty()) out = place_.topic + ": nothing to replay\n";
        const auto line = [&](std::uint64_t count, std::string_view why) {
            if (count != 0) out += fmt::format("    {} not: {}\n", count, why);
        };
        line(already_, "replayed before; --again does it again");
        line(truncated_, "only a part of the payload is there (velostream.truncated)");
        line(without_source_, "of finished groups, which come from no single record");
        return out;
    }
    [[nodiscard]] bool refused_some() const { return truncated_ + without_source_ != 0; }

private:
    void take(const SeenLetter& letter) {
        if (letter.is_replayed && !arguments_.again) {
            ++already_;
        } else if (letter.facts.full_size) {
            ++truncated_;
        } else if (letter.facts.topic.empty()) {
            ++without_source_;
        } else {
            const std::string& to = arguments_.to.empty() ? letter.facts.topic : arguments_.to;
            if (!waiting_.empty() && to != to_) {
                // A transaction is for one topic; this rarely happens.
                others_.emplace_back(to, letter.record);
            } else {
                to_ = to;
                waiting_.push_back(letter.record);
            }
            bytes_ += letter.record.value ? letter.record.value->size() : 0;
            ++taken_;
        }
    }

    std::optional<engine::PortError> flush() {
        while (!waiting_.empty()) {
            if (!arguments_.dry_run) {
                const bool keeps = arguments_.to.empty();
                if (auto problem = replay_->write(to_, keeps, waiting_)) return problem;
            }
            written_[to_] += waiting_.size();
            waiting_.clear();
            std::vector<std::pair<std::string, StoredRecord>> rest;
            for (auto& [to, record] : others_) {
                if (waiting_.empty()) to_ = to;
                if (to == to_) {
                    waiting_.push_back(std::move(record));
                } else {
                    rest.emplace_back(to, std::move(record));
                }
            }
            others_ = std::move(rest);
        }
        bytes_ = 0;
        return std::nullopt;
    }

    [[nodiscard]] std::string report_json() const {
        std::string out;
        engine::JsonWriter json(out);
        const auto number = [&](std::string_view name, std::uint64_t count) {
            json.name(name).integer(static_cast<std::int64_t>(count));
        };
        json.begin_object().name("topic").text(place_.topic);
        json.name("dry_run").boolean(arguments_.dry_run).name("replayed").begin_object();
        for (const auto& [topic, count] : written_) number(topic, count);
        json.end_object();
        number("replayed_before", already_);
        number("truncated", truncated_);
        number("without_source", without_source_);
        json.end_object();
        return out + '\n';
    }

    const LetterPlace& place_;
    const DlqArguments& arguments_;
    connectors::Replay* replay_;  // Null: a dry run.
    std::string to_;
    std::vector<StoredRecord> waiting_;                         // For to_.
    std::vector<std::pair<std::string, StoredRecord>> others_;  // For other topics.
    std::size_t bytes_ = 0;
    std::uint64_t taken_ = 0, already_ = 0, truncated_ = 0, without_source_ = 0;
    std::map<std::string, std::uint64_t> written_;  // By topic.
};

int replay(const LetterPlace& place, const DlqArguments& arguments, const LetterFilter& filter,
           std::ostream& out, std::ostream& err) {
    std::unique_ptr<connectors::Replay> writer;
    auto view = DeadLetterView::open(place.client, place.topic, place.job);
    if (view && *view != nullptr && !arguments.dry_run) {
        // First this ends whatever another replay has begun, then what that has written is read.
        auto begun = connectors::Replay::begin(place.client, place.job, place.topic);
        if (!begun) return fail(err, begun.error());
        writer = std::move(*begun);
        view = DeadLetterView::open(place.client, place.topic, place.job);
    }
    if (!view) return fail(err, view.error());
    Replaying replaying(place, arguments, writer.get());
    std::optional<engine::PortError> problem;
    if (*view != nullptr) problem = replaying.run(**view, filter);
    out << replaying.report();
    if (problem) return fail(err, *problem);
    return replaying.refused_some() ? kExitFailed : kExitOk;
}

}  // namespace

int dlq(const DlqArguments& arguments, const config::Environment& environment, std::ostream& out,
        std::ostream& err) {
    const auto filter =
        LetterFilter::make(arguments.reason, arguments.from,
                           EventTime{std::chrono::microseconds{runtime::wall_now_us()}});
    if (!filter) return fail(err, filter.error(), kExitUsage);
    const auto place = find_place(arguments, environment, err);
    if (!place) return place.error();
    if (arguments.action == "replay") return replay(*place, arguments, *filter, out, err);
    const auto view = DeadLetterView::open(place->client, place->topic, place->job);
    if (!view) return fail(err, view.error());
    return arguments.action == "list" ? list(*place, arguments, *filter, view->get(), out, err)
                                      : show(*place, arguments, *filter, view->get(), out, err);
}

}  // namespace velo::server
