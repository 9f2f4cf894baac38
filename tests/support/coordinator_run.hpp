// Runs a coordinator over rows in memory.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/plan/binder.hpp"
#include "server/runtime/coordinator.hpp"
#include "tests/support/row_ports.hpp"

namespace velo::tests {

inline std::shared_ptr<const engine::Plan> plan_of(const std::string& sql,
                                                   Duration idle_after = std::chrono::seconds{30}) {
    engine::SourceDeclaration rows;
    rows.name = "rows";
    rows.schema = {
        {.name = "key", .type = engine::kString, .nullable = true, .path = {}, .time_unit = {}},
        {.name = "n", .type = engine::kBigint, .nullable = true, .path = {}, .time_unit = {}},
        {.name = "at", .type = engine::kTimestamp, .nullable = true, .path = {}, .time_unit = {}}};
    rows.event_time_column = "at";
    rows.idle_after = idle_after;
    engine::BindOptions options;
    options.sources = {rows};
    options.bounded = true;
    return std::make_shared<const engine::Plan>(engine::bind_query(sql, options));
}

inline std::string row(const std::string& key, int n, int at_ms) {
    return R"({"key":")" + key + R"(","n":)" + std::to_string(n) + R"(,"at":)" +
           std::to_string(at_ms) + "}";
}

/// Rows dealt to partitions otherwise than their keys: partition p has the rows i with i mod partitions = p, in order.
inline std::vector<std::vector<std::string>> rows_in(std::size_t partitions, int count) {
    std::vector<std::vector<std::string>> all(partitions);
    for (int i = 0; i < count; ++i) {
        all[static_cast<std::size_t>(i) % partitions].push_back(
            row("k" + std::to_string(i * 7 % 13), i, i * 10));
    }
    return all;
}

/// Runs a job in the background, or to its end.
class TestRun final : public runtime::RunListener {
public:
    TestRun(World& world, std::shared_ptr<const engine::Plan> plan,
            const runtime::RunOptions& options, std::uint32_t workers = 2)
        : TestRun({.source = std::make_unique<RowSource>(world),
                   .sink = std::make_unique<RowSink>(world),
                   .ledger = nullptr},
                  std::move(plan), options, workers) {}
    TestRun(runtime::Ports ports, std::shared_ptr<const engine::Plan> plan,
            const runtime::RunOptions& options, std::uint32_t workers = 2)
        : counters(options.pipelines) {
        for (std::uint32_t i = 0; i < workers; ++i)
            workers_.push_back(std::make_unique<runtime::Worker>());
        const runtime::Formats formats{.make_decoder = engine::make_json_decoder,
                                       .make_encoder = engine::make_json_encoder,
                                       .encode = {}};
        coordinator_ = std::make_unique<runtime::Coordinator>(
            std::move(plan), options, formats, std::move(ports), workers_, wake_, counters, *this);
        thread_ =
            std::jthread([this](const std::stop_token& stop) { result = coordinator_->run(stop); });
    }
    ~TestRun() override { stop(); }

    TestRun(const TestRun&) = delete;
    TestRun& operator=(const TestRun&) = delete;

    void stop() {
        thread_.request_stop();
        wake_.notify();
    }
    runtime::RunResult& wait() {
        if (thread_.joinable()) thread_.join();
        return result;
    }
    template <class Condition>
    void wait_until(Condition&& condition) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (!condition()) {
            REQUIRE(std::chrono::steady_clock::now() < deadline);
            std::this_thread::yield();
        }
    }

    runtime::JobCounters counters;
    runtime::RunResult result;

private:
    void state_changed(runtime::JobState) override {}
    void weather(const engine::PortError&) override {}

    runtime::Wake wake_;
    std::vector<std::unique_ptr<runtime::Worker>> workers_;
    std::unique_ptr<runtime::Coordinator> coordinator_;
    std::jthread thread_;
};

}  // namespace velo::tests
