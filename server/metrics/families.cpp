#include "server/metrics/families.hpp"

#include <prometheus/client_metric.h>

namespace velo::server {

namespace {

prometheus::ClientMetric labelled(const Labels& labels) {
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : labels) metric.label.push_back({name, value});
    return metric;
}

}  // namespace

void Family::add(const Labels& labels, double value) {
    prometheus::ClientMetric metric = labelled(labels);
    metric.counter.value = value;
    metric.gauge.value = value;
    family_.metric.push_back(std::move(metric));
}

void Family::add(const Labels& labels, const std::vector<const runtime::Latency*>& parts) {
    prometheus::ClientMetric metric = labelled(labels);
    std::array<std::uint64_t, kLatencyBounds.size() + 1> counts{};
    for (const runtime::Latency* part : parts) {
        for (std::size_t i = 0; i < runtime::Latency::kBuckets; ++i) {
            const std::uint64_t in_bucket = part->bucket(i);
            if (in_bucket == 0) continue;
            const double upper = static_cast<double>(runtime::Latency::upper_micros(i)) / 1e6;
            std::size_t bound = 0;
            while (bound < kLatencyBounds.size() && kLatencyBounds[bound] < upper) ++bound;
            counts[bound] += in_bucket;
        }
        metric.histogram.sample_sum += static_cast<double>(part->sum_ns()) / 1e9;
    }
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < kLatencyBounds.size(); ++i) {
        below += counts[i];
        metric.histogram.bucket.push_back({below, kLatencyBounds[i]});
    }
    metric.histogram.sample_count = below + counts.back();
    family_.metric.push_back(std::move(metric));
}

void Family::add(const Labels& labels, const std::vector<const runtime::Sizes*>& parts) {
    prometheus::ClientMetric metric = labelled(labels);
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < runtime::Sizes::kBuckets; ++i) {
        for (const runtime::Sizes* part : parts) below += part->bucket(i);
        const bool takes_all = i + 1 == runtime::Sizes::kBuckets;
        if (!takes_all)
            metric.histogram.bucket.push_back(
                {below, static_cast<double>(runtime::Sizes::upper(i))});
    }
    metric.histogram.sample_count = below;
    for (const runtime::Sizes* part : parts)
        metric.histogram.sample_sum += static_cast<double>(part->sum());
    family_.metric.push_back(std::move(metric));
}

}  // namespace velo::server
