// Metric families under construction: name, help and type stand together, once, where the metric is written.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>

#include "server/runtime/counters.hpp"

namespace velo::server {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// The bucket bounds of every latency histogram, in seconds.
inline constexpr std::array kLatencyBounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                           0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                           1.0,    2.5,     5.0,    10.0,  30.0};

/// One family: all series of one name.
class Family {
public:
    Family(std::string name, std::string help, prometheus::MetricType type) {
        family_.name = std::move(name);
        family_.help = std::move(help);
        family_.type = type;
    }
    void add(const Labels& labels, double value);
    /// A histogram from the sum of several distributions; bounds as kLatencyBounds.
    void add(const Labels& labels, const std::vector<const runtime::Latency*>& parts);
    /// A histogram of sizes, from the sum of several; bounds as runtime::Sizes.
    void add(const Labels& labels, const std::vector<const runtime::Sizes*>& parts);
    [[nodiscard]] prometheus::MetricFamily take() { return std::move(family_); }
    [[nodiscard]] bool empty() const { return family_.metric.empty(); }

private:
    prometheus::MetricFamily family_;
};

}  // namespace velo::server
