#include "server/http/tap_desk.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "config/utf8.hpp"
#include "engine/base/error.hpp"
#include "engine/base/time.hpp"
#include "engine/format/json_writer.hpp"
#include "server/record_text.hpp"

namespace velo::server {

namespace {

using engine::JsonWriter;
using runtime::TapPoint;
using runtime::TapSample;

constexpr std::size_t kMostKept = 4 * TapDesk::kMostPerTurn;
constexpr int kQuietTurns =
    75;  // After 15 s a comment shows that the stream lives, and whether the client does.

struct NamedPoint {
    std::string_view name;
    TapPoint point;
};
constexpr std::array kPoints{NamedPoint{"source", TapPoint::Source},
                             NamedPoint{"sink", TapPoint::Sink}, NamedPoint{"dlq", TapPoint::Dlq}};

bool is_named_like_a_secret(const std::string& header) {
    static constexpr std::array<std::string_view, 7> kWords{
        "authorization", "cookie", "credential", "password", "secret", "token", "api-key"};
    const std::string name = to_lower(header);
    return std::ranges::any_of(
        kWords, [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

// A character that was cut in two does not make a text anything else.
std::string_view whole_characters(std::string_view bytes, bool is_cut) {
    const auto bad = config::find_invalid_utf8(bytes);
    return bad && is_cut && *bad + 3 >= bytes.size() ? bytes.substr(0, *bad) : bytes;
}

void write_part(JsonWriter& json, const std::string& name, bool is_there, const std::string& bytes,
                std::size_t size) {
    if (!is_there) {
        json.name(name).null();
        return;
    }
    write_bytes(json, name, whole_characters(bytes, size > bytes.size()));
    if (size > bytes.size()) json.name(name + "_size").integer(static_cast<std::int64_t>(size));
}

std::string time_text(std::int64_t micros) {
    return rfc3339_text(EventTime{std::chrono::microseconds{micros}});
}

std::string event_text(std::string_view name, std::string_view data) {
    return "event: " + std::string(name) + "\ndata: " + std::string(data) + "\n\n";
}

}  // namespace

std::string_view tap_point_name(TapPoint point) noexcept {
    return std::ranges::find(kPoints, point, &NamedPoint::point)->name;
}

std::expected<TapPoint, std::string> tap_point_of(std::string_view name) {
    const auto found = std::ranges::find(kPoints, name, &NamedPoint::name);
    if (found != kPoints.end()) return found->point;
    return std::unexpected("there is no point '" + std::string(name) +
                           "' to look at; it can be source, sink, dlq");
}

std::string tap_sample_json(TapPoint point, const TapSample& sample) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().name("point").text(tap_point_name(point));
    json.name("at").text(time_text(sample.at_us));
    if (!sample.topic.empty()) {
        json.name("topic").text(sample.topic);
        json.name("partition").integer(std::int64_t{sample.partition});
        json.name("offset").integer(sample.offset);
    }
    if (sample.timestamp_us != engine::kNoTimestamp)
        json.name("timestamp").text(time_text(sample.timestamp_us));
    if (!sample.code.empty()) {
        json.name("stage").text(sample.stage).name("code").text(sample.code);
        write_bytes(json, "error", whole_characters(sample.error, true));
    }
    write_part(json, "key", sample.has_key, sample.key, sample.key_size);
    write_part(json, "value", sample.has_value, sample.value, sample.value_size);
    if (!sample.headers.empty()) {
        json.name("headers").begin_array();
        for (const auto& [name, value] : sample.headers) {
            json.begin_object();
            write_bytes(json, "name", whole_characters(name, true));
            if (!value) {
                json.name("value").null();
            } else {
                write_bytes(json, "value",
                            is_named_like_a_secret(name) ? "***" : whole_characters(*value, true));
            }
            json.end_object();
        }
        json.end_array();
    }
    json.end_object();
    return text;
}

/// Its place at the desk, kept as long as its stream.
class TapDesk::Looker {
public:
    Looker(TapDesk& desk, Place place, std::uint64_t limit)
        : desk_(desk), place_(std::move(place)), left_(limit), is_limited_(limit != 0) {
        next_ = desk_.enter(place_).next;
    }
    ~Looker() { desk_.leave(place_); }
    Looker(const Looker&) = delete;
    Looker& operator=(const Looker&) = delete;

    std::optional<std::string> turn() {
        if (is_over_) return std::nullopt;
        Shown& shown = desk_.shown_.at(place_);
        const auto state = desk_.serve(place_, shown);
        if (!state) {
            is_over_ = true;
            return event_text("gone", "{}");
        }
        std::string text;
        if (*state != state_) text += event_text("state", *state);
        state_ = *state;
        text += samples(shown);
        if (is_limited_ && left_ == 0) is_over_ = true;
        quiet_turns_ = text.empty() ? quiet_turns_ + 1 : 0;
        if (quiet_turns_ < kQuietTurns) return text;
        quiet_turns_ = 0;
        return ": nothing passes\n\n";
    }

private:
    // The latest of what has come since; what is more than fits a turn is passed over.
    std::string samples(const Shown& shown) {
        std::string text;
        const std::uint64_t first = shown.next - shown.last.size();
        next_ = std::max(next_, first);
        if (shown.next - next_ > kMostPerTurn) next_ = shown.next - kMostPerTurn;
        for (; next_ < shown.next && !(is_limited_ && left_ == 0); ++next_, --left_) {
            text += "id: " + std::to_string(next_ + 1) + "\n";
            text += event_text("sample", shown.last[next_ - first]);
        }
        return text;
    }

    TapDesk& desk_;
    const Place place_;
    std::uint64_t next_ = 0;
    std::uint64_t left_;
    const bool is_limited_;
    bool is_over_ = false;
    int quiet_turns_ = 0;
    std::string state_;
};

std::function<std::optional<std::string>()> TapDesk::look(std::string job, TapPoint point,
                                                          std::uint64_t limit) {
    auto looker = std::make_shared<Looker>(*this, Place{std::move(job), point}, limit);
    return [looker] { return looker->turn(); };
}

TapDesk::Shown& TapDesk::enter(const Place& place) {
    Shown& shown = shown_[place];
    ++shown.lookers;
    return shown;
}

void TapDesk::leave(const Place& place) {
    if (--shown_.at(place).lookers != 0) return;
    shown_.erase(place);
    static_cast<void>(jobs_.visit(place.first, [&](const Job& job) {
        for (runtime::PipelineCounters& pipeline : job.taps()) {
            runtime::TapLane* lane = pipeline.tap.lane();
            if (lane == nullptr) continue;
            lane->want(place.second, false);
            for (TapSample old; lane->pop(place.second, old);) {
            }
        }
    }));
}

std::optional<std::string> TapDesk::serve(const Place& place, Shown& shown) {
    std::vector<TapSample> came;
    std::string state;
    const bool is_there = jobs_.visit(place.first, [&](const Job& job) {
        // Asked for again each time: a job that has been started anew has other pipelines.
        for (runtime::PipelineCounters& pipeline : job.taps()) {
            runtime::TapLane& lane = pipeline.tap.open();
            lane.want(place.second, true);
            for (TapSample sample; lane.pop(place.second, sample);)
                came.push_back(std::move(sample));
        }
        JsonWriter json(state);
        json.begin_object().name("job").text(place.first);
        json.name("point").text(tap_point_name(place.second));
        json.name("state").text(runtime::job_state_name(job.counters().state.load()));
        json.name("trouble").text(job.trouble()).end_object();
    });
    if (!is_there) return std::nullopt;
    std::ranges::stable_sort(came, {}, &TapSample::at_us);
    // With many pipelines more may have come than anybody is shown: then some of each.
    const std::size_t stride = (came.size() + kMostPerTurn - 1) / kMostPerTurn;
    for (std::size_t i = 0; i < came.size(); i += stride) {
        shown.last.push_back(tap_sample_json(place.second, came[i]));
        ++shown.next;
        if (shown.last.size() > kMostKept) shown.last.pop_front();
    }
    return state;
}

}  // namespace velo::server
