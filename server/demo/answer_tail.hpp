// The latest answers of a sink topic, read back from the broker as any consumer would read them.
#pragma once

#include <memory>
#include <string>

#include "engine/pipeline/source.hpp"
#include "server/runtime/wake.hpp"

namespace velo::server {

/// Thread: one.
class AnswerTail {
public:
    /// From the topic's end as it is now; the topic must be there.
    AnswerTail(const std::string& address, const std::string& topic);
    ~AnswerTail();
    AnswerTail(const AnswerTail&) = delete;
    AnswerTail& operator=(const AnswerTail&) = delete;

    /// The last answer that has come; empty before the first one. Does not wait.
    [[nodiscard]] const std::string& latest();

private:
    std::unique_ptr<engine::Source> source_;
    std::unique_ptr<engine::SourceReader> reader_;
    std::size_t partitions_ = 0;
    runtime::Wake wake_;  // Nobody waits here.
    engine::RawBatch batch_;
    std::string latest_;
};

}  // namespace velo::server
