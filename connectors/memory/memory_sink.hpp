// Output that stays in memory, or is only counted: for tests, and for the engine without the world.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/byte_budget.hpp"
#include "connectors/epoch_counts.hpp"
#include "connectors/hand_over.hpp"
#include "engine/pipeline/sink.hpp"

namespace velo::connectors {

struct MemoryOutputRecord {
    std::optional<std::string> key;
    std::optional<std::string> value;  // nullopt: a tombstone.
    EpochId epoch;

    [[nodiscard]] bool operator==(const MemoryOutputRecord&) const = default;
};

/// What a memory sink has received and acknowledged.
struct MemoryOutput {
    std::vector<MemoryOutputRecord>
        records;  // Of one writer in the order it wrote; of several, as they were served.
    std::vector<engine::DeadLetter> dead_letters;
};

struct MemorySinkOptions {
    bool keeps_records = true;  // False: output is counted and forgotten where it was made.
    std::size_t budget_bytes = 16U << 20;  // Written and not served yet.
    int wake_descriptor = -1;              // Written when records wait for serve().
};

/// Thread:  the control thread; make_writer by any worker. It outlives its writers, `output` outlives it.
class MemorySink final : public engine::Sink {
public:
    MemorySink(MemorySinkOptions options, MemoryOutput& output);
    ~MemorySink() override;

    [[nodiscard]] std::optional<engine::PortError> open() override { return std::nullopt; }
    [[nodiscard]] std::unique_ptr<engine::SinkWriter> make_writer(int wake_descriptor) override;
    void serve() override;
    [[nodiscard]] bool acknowledged(EpochId epoch) override { return epochs_.is_settled(epoch); }
    void push() override { serve(); }
    [[nodiscard]] std::optional<engine::PortError> take_error() override { return std::nullopt; }
    [[nodiscard]] engine::SinkCounts counts() const noexcept override;
    [[nodiscard]] std::optional<engine::PortError> close() override;

private:
    class Writer;
    struct Parcel;
    struct Port;
    void adopt_ports();
    void keep(Parcel& parcel);

    const MemorySinkOptions options_;
    MemoryOutput& output_;
    ByteBudget budget_;
    EpochCounts epochs_;
    std::vector<std::unique_ptr<Port>> ports_;
    HandOver<Port> new_ports_;
    engine::SinkCounts counts_;
};

}  // namespace velo::connectors
