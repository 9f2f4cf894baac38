#include "server/runtime/tap.hpp"

#include <thread>

#include <catch2/catch.hpp>

#include "engine/format/output.hpp"

using namespace velo;
using namespace velo::runtime;

namespace {

engine::OutputChunk chunk_of(std::size_t records) {
    engine::OutputChunk chunk;
    for (std::size_t i = 0; i < records; ++i) {
        const std::string value = std::to_string(i);
        chunk.records.push_back({.value_start = static_cast<std::uint32_t>(chunk.bytes.size()),
                                 .value_size = static_cast<std::uint32_t>(value.size())});
        chunk.bytes += value;
    }
    return chunk;
}

std::vector<std::string> values(TapLane& lane) {
    std::vector<std::string> result;
    for (TapSample sample; lane.pop(TapPoint::Sink, sample);) result.push_back(sample.value);
    return result;
}

}  // namespace

TEST_CASE("a slot has no lane until somebody looks, and none for points nobody looks at", "[tap]") {
    TapSlot slot;
    CHECK(slot.lane() == nullptr);
    CHECK(slot.wanted(TapPoint::Sink) == nullptr);
    slot.open().want(TapPoint::Sink, true);
    CHECK(slot.wanted(TapPoint::Sink) == slot.lane());
    CHECK(slot.wanted(TapPoint::Source) == nullptr);
    slot.open().want(TapPoint::Sink, false);
    CHECK(slot.wanted(TapPoint::Sink) == nullptr);
}

TEST_CASE("samples come from the whole batch, and no more than there is room for", "[tap]") {
    TapLane lane;
    tap_sink(lane, chunk_of(3));
    CHECK(values(lane) == std::vector<std::string>{"0", "1", "2"});
    tap_sink(lane, chunk_of(10 * TapLane::kSlots));
    const std::vector<std::string> spread = values(lane);
    REQUIRE(spread.size() == TapLane::kSlots);
    CHECK(spread[1] == "10");
    CHECK(spread.back() == "630");
    tap_sink(lane, chunk_of(40));
    tap_sink(lane, chunk_of(40));
    CHECK(values(lane).size() == TapLane::kSlots);
}

TEST_CASE("a tombstone and a long value are told from others", "[tap]") {
    TapLane lane;
    engine::OutputChunk chunk;
    chunk.bytes = "k" + std::string(5000, 'v');
    chunk.records.push_back({.key_start = 0, .key_size = 1});
    chunk.records.push_back({.value_start = 1, .value_size = 5000});
    tap_sink(lane, chunk);
    TapSample sample;
    REQUIRE(lane.pop(TapPoint::Sink, sample));
    CHECK(sample.key == "k");
    CHECK_FALSE(sample.has_value);
    REQUIRE(lane.pop(TapPoint::Sink, sample));
    CHECK_FALSE(sample.has_key);
    CHECK(sample.value.size() == TapSample::kMostBytes);
    CHECK(sample.value_size == 5000);
}

TEST_CASE("a looker and a worker need no lock", "[tap]") {
    TapSlot slot;
    std::jthread worker([&slot](const std::stop_token& stop) {
        const engine::OutputChunk chunk = chunk_of(100);
        while (!stop.stop_requested()) {
            if (TapLane* lane = slot.wanted(TapPoint::Sink)) tap_sink(*lane, chunk);
        }
    });
    for (std::size_t seen = 0; seen < 1000;) {
        slot.open().want(TapPoint::Sink, true);
        seen += values(slot.open()).size();
    }
    slot.open().want(TapPoint::Sink, false);
    worker.request_stop();
    CHECK(slot.lane() != nullptr);
}
